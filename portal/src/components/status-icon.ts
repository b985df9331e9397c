/** The icon of each status: what it says beside its colour. Pure. */

import { ArrowSync16Regular } from "@fluentui/react-icons/svg/arrow-sync";
import { CheckmarkCircle16Filled } from "@fluentui/react-icons/svg/checkmark-circle";
import { CircleHint16Regular } from "@fluentui/react-icons/svg/circle-hint";
import { Clock16Regular } from "@fluentui/react-icons/svg/clock";
import { ErrorCircle16Filled } from "@fluentui/react-icons/svg/error-circle";
import { PauseCircle16Regular } from "@fluentui/react-icons/svg/pause-circle";
import { RecordStop16Regular } from "@fluentui/react-icons/svg/record-stop";
import { SubtractCircle16Regular } from "@fluentui/react-icons/svg/subtract-circle";
import { Warning16Filled } from "@fluentui/react-icons/svg/warning";
import type { FluentIcon } from "@fluentui/react-icons";

import type { Color } from "./status-color.ts";

const BY_COLOR: Readonly<Record<Color, FluentIcon>> = {
  success: CheckmarkCircle16Filled,
  danger: ErrorCircle16Filled,
  warning: Warning16Filled,
  informative: CircleHint16Regular,
};

/** Those that say more than their colour does: something happens by itself, waits, is off or is left out. */
const OWN: readonly (readonly [FluentIcon, readonly string[]])[] = [
  [
    ArrowSync16Regular,
    [
      "building",
      "creatingVm",
      "customizing",
      "deleting",
      "deprovisioning",
      "leaving",
      "provisioning",
      "removing",
      "replicating",
      "resizing",
      "restoring",
      "running",
      "sealing",
      "starting",
      "stopping",
      "validating",
    ],
  ],
  [
    Clock16Regular,
    [
      "notStarted",
      "parked",
      "pending",
      "pendingProvision",
      "inGracePeriod",
      "resizePendingLicense",
      "removalHeld",
      "waiting",
    ],
  ],
  [PauseCircle16Regular, ["paused"]],
  [RecordStop16Regular, ["stopped", "hibernated", "shutDown"]],
  [SubtractCircle16Regular, ["canceled", "skipped", "superseded", "draining", "closed"]],
];
const BY_STATUS: ReadonlyMap<string, FluentIcon> = new Map(
  OWN.flatMap(([icon, names]) => names.map((name) => [name, icon] as const)),
);

/** Return the icon of a status that is shown in a colour: that which is well or has failed looks so, whatever its word is. */
export function iconOf(status: string, color: Color): FluentIcon {
  const own = color === "success" || color === "danger" ? undefined : BY_STATUS.get(status);
  return own ?? BY_COLOR[color];
}
