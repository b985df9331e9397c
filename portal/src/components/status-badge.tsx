import { Badge, type BadgeProps } from "@fluentui/react-components";
import type { ReactElement } from "react";

import { titleOf } from "../api/errors.ts";

type Color = NonNullable<BadgeProps["color"]>;

const GOOD = new Set(["provisioned", "passed", "succeeded", "ready", "available", "healthy", "online", "success", "active", "entitled"]);
const BAD = new Set(["failed", "unhealthy", "deleting", "stopped", "failure", "clientError", "unavailable"]);
const CAUTION = new Set(["warning", "inGracePeriod", "provisionedWithWarnings", "limitedAvailability", "paused"]);

function colorOf(status: string): Color {
  if (GOOD.has(status)) {
    return "success";
  }
  if (BAD.has(status)) {
    return "danger";
  }
  return CAUTION.has(status) ? "warning" : "informative";
}

const ONE_LINE = { whiteSpace: "nowrap" } as const;

/** A status in words; its color only repeats what they say. */
export function StatusBadge({ status }: { readonly status: string }): ReactElement {
  return (
    <Badge appearance="tint" style={ONE_LINE} color={colorOf(status)}>
      {titleOf(status)}
    </Badge>
  );
}
