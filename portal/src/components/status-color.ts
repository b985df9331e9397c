/** The color of each status that the API has. Pure. */

import type { BadgeProps } from "@fluentui/react-components";

import type { components } from "../api/schema.d.ts";

type Schemas = components["schemas"];
export type Color = Extract<BadgeProps["color"], "success" | "danger" | "warning" | "informative">;
/** The schemas of statuses; the states of a session host are in `host-state.ts` of its pages. */
type Statuses = Extract<keyof Schemas, `${string}Status` | "Status">;
type Status = { [Name in Statuses]: Schemas[Name] extends string ? Schemas[Name] : never }[Statuses];

const STATUS_COLORS: Readonly<Record<Status, Color>> = {
  active: "success",
  approvalPending: "warning",
  available: "success",
  building: "informative",
  canceled: "informative",
  copying: "informative",
  creatingVm: "informative",
  customizing: "informative",
  deleting: "informative",
  delivered: "success",
  deprovisioning: "informative",
  ended: "success",
  entitled: "success",
  expired: "informative",
  failed: "danger",
  halted: "danger",
  inhibited: "informative",
  inGracePeriod: "warning",
  informational: "informative",
  kept: "success",
  leaving: "informative",
  limitedAvailability: "warning",
  notProvisioned: "informative",
  notStarted: "informative",
  observing: "informative",
  parked: "warning",
  passed: "success",
  paused: "warning",
  pending: "informative",
  pendingProvision: "informative",
  provisioned: "success",
  provisionedWithWarnings: "warning",
  provisioning: "informative",
  ready: "success",
  refused: "warning",
  removalHeld: "warning",
  removing: "informative",
  replicating: "informative",
  resizePendingLicense: "warning",
  resizing: "informative",
  restoring: "informative",
  resolved: "success",
  running: "informative",
  sealing: "informative",
  skipped: "informative",
  stopped: "danger",
  succeeded: "success",
  superseded: "informative",
  unavailable: "danger",
  undeliverable: "warning",
  validating: "informative",
  waiting: "informative",
  warning: "warning",
};

/** What is no enumeration of the API: Azure's and Graph's own words, and those of the portal. */
const OTHERS: Readonly<Record<string, Color>> = {
  Active: "success",
  clientError: "danger",
  disabled: "warning",
  failing: "danger",
  failure: "danger",
  healthy: "success",
  online: "success",
  success: "success",
  unhealthy: "danger",
};

/** Return the color of a status; undefined where it has none of its own. */
export function ownColorOf(status: string): Color | undefined {
  return (STATUS_COLORS as Readonly<Record<string, Color>>)[status] ?? OTHERS[status];
}
