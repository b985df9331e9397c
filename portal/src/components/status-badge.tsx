import { Badge } from "@fluentui/react-components";
import { createElement, type ReactElement } from "react";

import { titleOf } from "../api/errors.ts";
import { ownColorOf, type Color } from "./status-color.ts";
import { iconOf } from "./status-icon.ts";

const ONE_LINE = { whiteSpace: "nowrap" } as const;

interface Given {
  readonly status: string;
  /** Its words, where they are not those of the status. */
  readonly title?: string;
  /** Its color, where the same word means something else elsewhere. */
  readonly color?: Color;
}

/** A status in words; its icon and its color only repeat what they say. */
export function StatusBadge({
  status,
  title = titleOf(status),
  color = ownColorOf(status) ?? "informative",
}: Given): ReactElement {
  return (
    <Badge appearance="tint" style={ONE_LINE} color={color} icon={createElement(iconOf(status, color))}>
      {title}
    </Badge>
  );
}
