/** The icons of the actions on a Cloud PC, as administrators and its user see them. Pure. */

import { ArrowClockwise20Regular } from "@fluentui/react-icons/svg/arrow-clockwise";
import { ArrowCounterclockwise20Regular } from "@fluentui/react-icons/svg/arrow-counterclockwise";
import { ArrowReset20Regular } from "@fluentui/react-icons/svg/arrow-reset";
import { Camera20Regular } from "@fluentui/react-icons/svg/camera";
import { Checkmark20Regular } from "@fluentui/react-icons/svg/checkmark";
import { Clock20Regular } from "@fluentui/react-icons/svg/clock";
import { Delete20Regular } from "@fluentui/react-icons/svg/delete";
import { Pause20Regular } from "@fluentui/react-icons/svg/pause";
import { PersonSettings20Regular } from "@fluentui/react-icons/svg/person-settings";
import { Play20Regular } from "@fluentui/react-icons/svg/play";
import { Power20Regular } from "@fluentui/react-icons/svg/power";
import { RecordStop20Regular } from "@fluentui/react-icons/svg/record-stop";
import { Rename20Regular } from "@fluentui/react-icons/svg/rename";
import { Resize20Regular } from "@fluentui/react-icons/svg/resize";
import { Stethoscope20Regular } from "@fluentui/react-icons/svg/stethoscope";
import type { FluentIcon } from "@fluentui/react-icons";

import type { ACTIONS } from "../api/actions.ts";

type Name = keyof typeof ACTIONS.cloudPCs | "releaseGrace";

export const CLOUD_PC_ICONS: Readonly<Partial<Record<Name, FluentIcon>>> = {
  applySettings: ArrowClockwise20Regular,
  changeUserAccountType: PersonSettings20Regular,
  confirmRemoval: Checkmark20Regular,
  createSnapshot: Camera20Regular,
  endGracePeriod: Delete20Regular,
  extendGrace: Clock20Regular,
  handOver: ArrowReset20Regular,
  holdGrace: Pause20Regular,
  moveToPolicy: ArrowReset20Regular,
  powerOff: RecordStop20Regular,
  powerOn: Play20Regular,
  reboot: Power20Regular,
  releaseGrace: Play20Regular,
  rename: Rename20Regular,
  reprovision: ArrowReset20Regular,
  reprovisionBuildFirst: ArrowReset20Regular,
  rerunStep: ArrowClockwise20Regular,
  resize: Resize20Regular,
  restore: ArrowCounterclockwise20Regular,
  retry: ArrowClockwise20Regular,
  start: Play20Regular,
  stop: RecordStop20Regular,
  troubleshoot: Stethoscope20Regular,
  undelete: ArrowCounterclockwise20Regular,
};
