/** The places of the portal: what the navigation names, with their icons, and which of them a page belongs to. */

import { AlertOn20Regular } from "@fluentui/react-icons/svg/alert-on";
import { BinRecycle20Regular } from "@fluentui/react-icons/svg/bin-recycle";
import { Broom20Regular } from "@fluentui/react-icons/svg/broom";
import { Building20Regular } from "@fluentui/react-icons/svg/building";
import { BuildingMultiple20Regular } from "@fluentui/react-icons/svg/building-multiple";
import { Certificate20Regular } from "@fluentui/react-icons/svg/certificate";
import { CloudFlow20Regular } from "@fluentui/react-icons/svg/cloud-flow";
import { Desktop20Regular } from "@fluentui/react-icons/svg/desktop";
import { DataUsage20Regular } from "@fluentui/react-icons/svg/data-usage";
import { DocumentSettings20Regular } from "@fluentui/react-icons/svg/document-settings";
import { Flash20Regular } from "@fluentui/react-icons/svg/flash";
import { HeartPulse20Regular } from "@fluentui/react-icons/svg/heart-pulse";
import { History20Regular } from "@fluentui/react-icons/svg/history";
import { Home20Regular } from "@fluentui/react-icons/svg/home";
import { Image20Regular } from "@fluentui/react-icons/svg/image";
import { ImageMultiple20Regular } from "@fluentui/react-icons/svg/image-multiple";
import { Megaphone20Regular } from "@fluentui/react-icons/svg/megaphone";
import { Money20Regular } from "@fluentui/react-icons/svg/money";
import { People20Regular } from "@fluentui/react-icons/svg/people";
import { PersonKey20Regular } from "@fluentui/react-icons/svg/person-key";
import { PersonSettings20Regular } from "@fluentui/react-icons/svg/person-settings";
import { PersonSupport20Regular } from "@fluentui/react-icons/svg/person-support";
import { PlugConnected20Regular } from "@fluentui/react-icons/svg/plug-connected";
import { Power20Regular } from "@fluentui/react-icons/svg/power";
import { Pulse20Regular } from "@fluentui/react-icons/svg/pulse";
import { Script20Regular } from "@fluentui/react-icons/svg/script";
import { ServerMultiple20Regular } from "@fluentui/react-icons/svg/server-multiple";
import { ShieldPerson20Regular } from "@fluentui/react-icons/svg/shield-person";
import { Sleep20Regular } from "@fluentui/react-icons/svg/sleep";
import { TaskListLtr20Regular } from "@fluentui/react-icons/svg/task-list-ltr";
import { Wallet20Regular } from "@fluentui/react-icons/svg/wallet";
import { WindowWrench20Regular } from "@fluentui/react-icons/svg/window-wrench";
import type { FluentIcon } from "@fluentui/react-icons";

import { words } from "../words/shell.ts";

export interface Destination {
  /** The address below the tenant's, or below `/portal` for those of no tenant. */
  readonly path: string;
  readonly title: string;
  readonly icon: FluentIcon;
}

export interface Group {
  readonly title: string;
  readonly links: readonly Destination[];
}

const { nav, groups } = words;

export const GROUPS: readonly Group[] = [
  {
    title: groups.desktops,
    links: [
      { path: "", title: nav.home, icon: Home20Regular },
      { path: "/cloud-pcs", title: nav.cloudPcs, icon: Desktop20Regular },
      { path: "/policies", title: nav.policies, icon: DocumentSettings20Regular },
      { path: "/connections", title: nav.connections, icon: PlugConnected20Regular },
      { path: "/power-schedules", title: nav.powerSchedules, icon: Power20Regular },
      { path: "/maintenance-windows", title: nav.maintenanceWindows, icon: WindowWrench20Regular },
      { path: "/warm-pools", title: nav.warmPools, icon: Flash20Regular },
      { path: "/scripts", title: nav.scripts, icon: Script20Regular },
      { path: "/images", title: nav.images, icon: Image20Regular },
      { path: "/users", title: nav.users, icon: People20Regular },
    ],
  },
  {
    title: groups.spot,
    links: [
      { path: "/spot-groups", title: nav.spotGroups, icon: ServerMultiple20Regular },
      { path: "/image-sets", title: nav.imageSets, icon: ImageMultiple20Regular },
    ],
  },
  {
    title: groups.work,
    links: [
      { path: "/alerts", title: nav.alerts, icon: AlertOn20Regular },
      { path: "/operations", title: nav.operations, icon: Pulse20Regular },
      { path: "/bulk-actions", title: nav.bulkActions, icon: TaskListLtr20Regular },
      { path: "/removals", title: nav.removals, icon: Broom20Regular },
      { path: "/deleted-cloud-pcs", title: nav.deletedCloudPcs, icon: BinRecycle20Regular },
      { path: "/audit", title: nav.audit, icon: History20Regular },
    ],
  },
  {
    title: groups.administration,
    links: [
      { path: "/tenant-health", title: nav.health, icon: HeartPulse20Regular },
      { path: "/cost", title: nav.cost, icon: Money20Regular },
      { path: "/budgets", title: nav.budgets, icon: Wallet20Regular },
      { path: "/use", title: nav.use, icon: DataUsage20Regular },
      { path: "/idle", title: nav.idle, icon: Sleep20Regular },
      { path: "/notice-endpoints", title: nav.noticeEndpoints, icon: Megaphone20Regular },
      { path: "/licenses", title: nav.licenses, icon: Certificate20Regular },
      { path: "/user-settings", title: nav.userSettings, icon: PersonSettings20Regular },
      { path: "/administrators", title: nav.administrators, icon: ShieldPerson20Regular },
      { path: "/roles", title: nav.roles, icon: PersonKey20Regular },
      { path: "/support-access", title: nav.supportAccess, icon: PersonSupport20Regular },
      { path: "/tenant", title: nav.tenant, icon: Building20Regular },
    ],
  },
];

export const TENANTS: Destination = { path: "/tenants", title: nav.tenants, icon: BuildingMultiple20Regular };
export const MY: Destination = { path: "/my", title: nav.my, icon: CloudFlow20Regular };
const ELSEWHERE: readonly Destination[] = [
  TENANTS,
  MY,
  { path: "/audit", title: nav.audit, icon: History20Regular },
  { path: "/service-health", title: nav.health, icon: HeartPulse20Regular },
];

/** Pages that have no link of their own in the navigation: the place that they belong to. */
const WITHIN: Readonly<Record<string, string>> = {
  readiness: "/tenant",
  leaving: "/tenant",
  "alert-rules": "/alerts",
  "reclaim-rules": "/idle",
};
/** What the name of a wizard ends with: the place of what it makes. */
const MADE: readonly (readonly [string, string])[] = [
  ["connection", "/connections"],
  ["device-image", "/images"],
  ["provisioning-policy", "/policies"],
  ["image-set", "/image-sets"],
  ["image-version", "/image-sets"],
  ["spot-group", "/spot-groups"],
  ["user-setting", "/user-settings"],
];

/** The place that a page belongs to, and its address; null where the page is the place itself. */
export interface Belonging {
  readonly place: Destination;
  readonly above: string | null;
}

/** Return where a page belongs, from its address below `/portal`; null where it belongs nowhere. */
export function belongingOf(pathname: string): Belonging | null {
  const [first = "", second = "", third = "", ...rest] = pathname.split("/").filter((part) => part !== "");
  if (first !== "t") {
    const place = ELSEWHERE.find(({ path }) => path === `/${first}`);
    return place === undefined ? null : { place, above: second === "" ? null : place.path };
  }
  const path = third === "wizards" ? madeBy(rest[0] ?? "") : (WITHIN[third] ?? (third === "" ? "" : `/${third}`));
  const place = GROUPS.flatMap(({ links }) => links).find((each) => each.path === path);
  const isItself = `/t/${second}${path}` === pathname.replace(/\/$/, "");
  return place === undefined ? null : { place, above: isItself ? null : `/t/${second}${path}` };
}

function madeBy(wizard: string): string {
  return MADE.find(([ending]) => wizard.endsWith(ending))?.[1] ?? "/tenant";
}
