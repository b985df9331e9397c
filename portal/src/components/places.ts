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
import { Resize20Regular } from "@fluentui/react-icons/svg/resize";
import { Script20Regular } from "@fluentui/react-icons/svg/script";
import { ServerMultiple20Regular } from "@fluentui/react-icons/svg/server-multiple";
import { ShieldPerson20Regular } from "@fluentui/react-icons/svg/shield-person";
import { Sleep20Regular } from "@fluentui/react-icons/svg/sleep";
import { TaskListLtr20Regular } from "@fluentui/react-icons/svg/task-list-ltr";
import { Wallet20Regular } from "@fluentui/react-icons/svg/wallet";
import { WindowWrench20Regular } from "@fluentui/react-icons/svg/window-wrench";
import type { FluentIcon } from "@fluentui/react-icons";

import { ROOT } from "../api/addresses.ts";
import type { Me } from "../api/context.tsx";
import { opens } from "../api/opens.ts";
import type { ReadPath } from "../api/read.ts";
import { words } from "../words/shell.ts";

export interface Destination {
  /** The address below the tenant's, or below `/portal` for those of no tenant. */
  readonly path: string;
  readonly title: string;
  readonly icon: FluentIcon;
}

/** A place of a tenant. */
interface Place extends Destination {
  /** What it cannot do without. */
  readonly reads: ReadPath;
}

export interface Group {
  readonly title: string;
  readonly links: readonly Place[];
}

const { nav, groups } = words;

export const GROUPS: readonly Group[] = [
  {
    title: groups.desktops,
    links: [
      { path: "", reads: "/tenants/{tenant}/summary", title: nav.home, icon: Home20Regular },
      { path: "/cloud-pcs", reads: `${ROOT}/cloudPCs`, title: nav.cloudPcs, icon: Desktop20Regular },
      {
        path: "/policies",
        reads: `${ROOT}/provisioningPolicies`,
        title: nav.policies,
        icon: DocumentSettings20Regular,
      },
      {
        path: "/connections",
        reads: `${ROOT}/onPremisesConnections`,
        title: nav.connections,
        icon: PlugConnected20Regular,
      },
      { path: "/power-schedules", reads: `${ROOT}/powerSchedules`, title: nav.powerSchedules, icon: Power20Regular },
      {
        path: "/maintenance-windows",
        reads: `${ROOT}/maintenanceWindows`,
        title: nav.maintenanceWindows,
        icon: WindowWrench20Regular,
      },
      { path: "/warm-pools", reads: "/tenants/{tenant}/pools", title: nav.warmPools, icon: Flash20Regular },
      { path: "/scripts", reads: `${ROOT}/deviceManagementScripts`, title: nav.scripts, icon: Script20Regular },
      { path: "/images", reads: `${ROOT}/deviceImages`, title: nav.images, icon: Image20Regular },
      { path: "/users", reads: "/tenants/{tenant}/explain", title: nav.users, icon: People20Regular },
    ],
  },
  {
    title: groups.spot,
    links: [
      { path: "/spot-groups", reads: `${ROOT}/spotGroups`, title: nav.spotGroups, icon: ServerMultiple20Regular },
      { path: "/image-sets", reads: `${ROOT}/imageSets`, title: nav.imageSets, icon: ImageMultiple20Regular },
    ],
  },
  {
    title: groups.work,
    links: [
      {
        path: "/alerts",
        reads: "/tenants/{tenant}/{version}/deviceManagement/monitoring/alertRecords",
        title: nav.alerts,
        icon: AlertOn20Regular,
      },
      { path: "/operations", reads: "/tenants/{tenant}/operations", title: nav.operations, icon: Pulse20Regular },
      {
        path: "/bulk-actions",
        reads: "/tenants/{tenant}/bulkActions",
        title: nav.bulkActions,
        icon: TaskListLtr20Regular,
      },
      { path: "/removals", reads: "/tenants/{tenant}/removals", title: nav.removals, icon: Broom20Regular },
      {
        path: "/deleted-cloud-pcs",
        reads: "/tenants/{tenant}/deletedCloudPCs",
        title: nav.deletedCloudPcs,
        icon: BinRecycle20Regular,
      },
      { path: "/audit", reads: `${ROOT}/auditEvents`, title: nav.audit, icon: History20Regular },
    ],
  },
  {
    title: groups.administration,
    links: [
      { path: "/tenant-health", reads: "/tenants/{tenant}/health", title: nav.health, icon: HeartPulse20Regular },
      { path: "/cost", reads: `${ROOT}/reports/cost`, title: nav.cost, icon: Money20Regular },
      { path: "/budgets", reads: "/tenants/{tenant}/budgets", title: nav.budgets, icon: Wallet20Regular },
      { path: "/use", reads: `${ROOT}/reports/cloudPcUse`, title: nav.use, icon: DataUsage20Regular },
      { path: "/size-advice", reads: `${ROOT}/reports/sizeAdvice`, title: nav.sizeAdvice, icon: Resize20Regular },
      { path: "/idle", reads: `${ROOT}/reports/idleCloudPcs`, title: nav.idle, icon: Sleep20Regular },
      {
        path: "/notice-endpoints",
        reads: "/tenants/{tenant}/noticeEndpoints",
        title: nav.noticeEndpoints,
        icon: Megaphone20Regular,
      },
      { path: "/licenses", reads: "/tenants/{tenant}/licenses", title: nav.licenses, icon: Certificate20Regular },
      { path: "/user-settings", reads: `${ROOT}/userSettings`, title: nav.userSettings, icon: PersonSettings20Regular },
      {
        path: "/administrators",
        reads: "/tenants/{tenant}/roleAssignments",
        title: nav.administrators,
        icon: ShieldPerson20Regular,
      },
      {
        path: "/roles",
        reads: "/tenants/{tenant}/{version}/roleManagement/cloudPC/roleDefinitions",
        title: nav.roles,
        icon: PersonKey20Regular,
      },
      {
        path: "/support-access",
        reads: "/tenants/{tenant}/supportAccess",
        title: nav.supportAccess,
        icon: PersonSupport20Regular,
      },
      { path: "/tenant", reads: "/tenants/{tenant}", title: nav.tenant, icon: Building20Regular },
    ],
  },
];

/** Return the places of a tenant that somebody may see. */
export function openGroups(me: Me | undefined, tenant: string): readonly Group[] {
  return GROUPS.map(({ title, links }) => ({
    title,
    links: links.filter(({ reads }) => opens(me, tenant, reads)),
  })).filter(({ links }) => links.length > 0);
}

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
