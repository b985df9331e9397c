/** The icons of actions, by their names: the same action looks the same on every page. Pure. */

import { Add20Regular } from "@fluentui/react-icons/svg/add";
import { ArrowClockwise20Regular } from "@fluentui/react-icons/svg/arrow-clockwise";
import { ArrowCounterclockwise20Regular } from "@fluentui/react-icons/svg/arrow-counterclockwise";
import { ArrowExit20Regular } from "@fluentui/react-icons/svg/arrow-exit";
import { ArrowReset20Regular } from "@fluentui/react-icons/svg/arrow-reset";
import { ArrowSync20Regular } from "@fluentui/react-icons/svg/arrow-sync";
import { Camera20Regular } from "@fluentui/react-icons/svg/camera";
import { Chat20Regular } from "@fluentui/react-icons/svg/chat";
import { Checkmark20Regular } from "@fluentui/react-icons/svg/checkmark";
import { Clock20Regular } from "@fluentui/react-icons/svg/clock";
import { Delete20Regular } from "@fluentui/react-icons/svg/delete";
import { Dismiss20Regular } from "@fluentui/react-icons/svg/dismiss";
import { Edit20Regular } from "@fluentui/react-icons/svg/edit";
import { Key20Regular } from "@fluentui/react-icons/svg/key";
import { LockClosed20Regular } from "@fluentui/react-icons/svg/lock-closed";
import { NoteAdd20Regular } from "@fluentui/react-icons/svg/note-add";
import { Pause20Regular } from "@fluentui/react-icons/svg/pause";
import { PeopleAdd20Regular } from "@fluentui/react-icons/svg/people-add";
import { PersonSettings20Regular } from "@fluentui/react-icons/svg/person-settings";
import { Play20Regular } from "@fluentui/react-icons/svg/play";
import { PlugConnected20Regular } from "@fluentui/react-icons/svg/plug-connected";
import { PlugDisconnected20Regular } from "@fluentui/react-icons/svg/plug-disconnected";
import { Power20Regular } from "@fluentui/react-icons/svg/power";
import { Rename20Regular } from "@fluentui/react-icons/svg/rename";
import { Resize20Regular } from "@fluentui/react-icons/svg/resize";
import { Stethoscope20Regular } from "@fluentui/react-icons/svg/stethoscope";
import { SubtractCircle20Regular } from "@fluentui/react-icons/svg/subtract-circle";
import type { FluentIcon } from "@fluentui/react-icons";

const ICONS: Readonly<Record<string, FluentIcon>> = {
  assign: PeopleAdd20Regular,
  cancel: Dismiss20Regular,
  changeUserAccountType: PersonSettings20Regular,
  check: ArrowSync20Regular,
  confirm: Checkmark20Regular,
  confirmRemoval: Checkmark20Regular,
  confirmRemovals: Checkmark20Regular,
  connect: PlugConnected20Regular,
  create: Add20Regular,
  createSnapshot: Camera20Regular,
  delete: Delete20Regular,
  disconnect: PlugDisconnected20Regular,
  drain: ArrowExit20Regular,
  edit: Edit20Regular,
  endGracePeriod: Delete20Regular,
  exclude: SubtractCircle20Regular,
  extendGrace: Clock20Regular,
  holdGrace: Pause20Regular,
  include: Add20Regular,
  logOff: ArrowExit20Regular,
  note: NoteAdd20Regular,
  message: Chat20Regular,
  password: Key20Regular,
  pause: Pause20Regular,
  reboot: Power20Regular,
  releaseGrace: Play20Regular,
  remove: Delete20Regular,
  rename: Rename20Regular,
  reprovision: ArrowReset20Regular,
  reprovisionBuildFirst: ArrowReset20Regular,
  rerunStep: ArrowClockwise20Regular,
  resize: Resize20Regular,
  restart: Power20Regular,
  restore: ArrowCounterclockwise20Regular,
  resume: Play20Regular,
  retry: ArrowClockwise20Regular,
  scan: ArrowSync20Regular,
  seal: LockClosed20Regular,
  troubleshoot: Stethoscope20Regular,
  undrain: Play20Regular,
};

/** Return the icon of an action; undefined where it has none. */
export function actionIcon(name: string): FluentIcon | undefined {
  return ICONS[name];
}
