/** The icons of actions, by their names: the same action looks the same on every page. Pure. */

import { Add20Regular } from "@fluentui/react-icons/svg/add";
import { ArrowClockwise20Regular } from "@fluentui/react-icons/svg/arrow-clockwise";
import { ArrowExit20Regular } from "@fluentui/react-icons/svg/arrow-exit";
import { ArrowSync20Regular } from "@fluentui/react-icons/svg/arrow-sync";
import { Chat20Regular } from "@fluentui/react-icons/svg/chat";
import { Checkmark20Regular } from "@fluentui/react-icons/svg/checkmark";
import { Delete20Regular } from "@fluentui/react-icons/svg/delete";
import { Dismiss20Regular } from "@fluentui/react-icons/svg/dismiss";
import { Edit20Regular } from "@fluentui/react-icons/svg/edit";
import { Pause20Regular } from "@fluentui/react-icons/svg/pause";
import { PeopleAdd20Regular } from "@fluentui/react-icons/svg/people-add";
import { Play20Regular } from "@fluentui/react-icons/svg/play";
import { Power20Regular } from "@fluentui/react-icons/svg/power";
import { Rename20Regular } from "@fluentui/react-icons/svg/rename";
import { SubtractCircle20Regular } from "@fluentui/react-icons/svg/subtract-circle";
import type { FluentIcon } from "@fluentui/react-icons";

const ICONS: Readonly<Record<string, FluentIcon>> = {
  assign: PeopleAdd20Regular,
  cancel: Dismiss20Regular,
  check: ArrowSync20Regular,
  confirm: Checkmark20Regular,
  confirmRemovals: Checkmark20Regular,
  create: Add20Regular,
  delete: Delete20Regular,
  drain: ArrowExit20Regular,
  edit: Edit20Regular,
  exclude: SubtractCircle20Regular,
  include: Add20Regular,
  logOff: ArrowExit20Regular,
  message: Chat20Regular,
  pause: Pause20Regular,
  reboot: Power20Regular,
  remove: Delete20Regular,
  rename: Rename20Regular,
  restart: Power20Regular,
  resume: Play20Regular,
  retry: ArrowClockwise20Regular,
  scan: ArrowSync20Regular,
  undrain: Play20Regular,
};

/** Return the icon of an action; undefined where it has none. */
export function actionIcon(name: string): FluentIcon | undefined {
  return ICONS[name];
}
