/** Which writes of the service change which answers: what is told of needs no reading in between. Pure. */
import type { QueryKey } from "@tanstack/react-query";

import { ROOT } from "./addresses.ts";
import type { ReadPath } from "./read.ts";

/** The kinds of things, as `changes` names them. */
type Subject =
  | "tenant"
  | "sites"
  | "cloudPCs"
  | "provisioningPolicies"
  | "onPremisesConnections"
  | "deviceImages"
  | "userSettings"
  | "imageSets"
  | "spotGroups"
  | "members"
  | "hosts"
  | "releases"
  | "decisions"
  | "operations"
  | "bulkActions"
  | "orphans"
  | "auditEvents"
  | "powerSchedules"
  | "maintenanceWindows"
  | "alertRecords"
  | "noticeEndpoints"
  | "cost"
  | "usage";

const CONFIGURATION = ["tenant", "sites", "provisioningPolicies", "onPremisesConnections", "deviceImages"] as const;
const OF_GROUP = ["spotGroups", "releases", "hosts", "members"] as const;

/**
 * The subjects of each answer. `{id}` behind one: only the thing whose page it is. What is not here comes from Azure or
 * from a directory, of whose changes nobody tells: it is read again every minute.
 */
const SUBJECTS: Partial<Record<ReadPath, readonly (Subject | "cloudPCs/{id}" | "operations/{id}")[]>> = {
  "/tenants/{tenant}": ["tenant"],
  "/tenants/{tenant}/sites": ["sites"],
  "/tenants/{tenant}/summary": ["cloudPCs", "usage", "orphans", ...OF_GROUP, ...CONFIGURATION],
  "/tenants/{tenant}/operations": ["operations"],
  "/tenants/{tenant}/operations/{id}": ["operations/{id}"],
  "/tenants/{tenant}/bulkActions": ["bulkActions"],
  "/tenants/{tenant}/bulkActions/{id}": ["bulkActions"],
  "/tenants/{tenant}/removals": ["cloudPCs"],
  "/tenants/{tenant}/orphans": ["orphans"],
  "/tenants/{tenant}/cloudPCs/{id}/timeline": ["cloudPCs/{id}"],
  "/tenants/{tenant}/cloudPCs/{id}/supportedActions": [
    "cloudPCs/{id}",
    "tenant",
    "provisioningPolicies",
    "powerSchedules",
  ],
  [`${ROOT}/cloudPCs`]: ["cloudPCs"],
  [`${ROOT}/cloudPCs/{id}`]: ["cloudPCs/{id}", ...CONFIGURATION],
  [`${ROOT}/provisioningPolicies`]: CONFIGURATION,
  [`${ROOT}/provisioningPolicies/{id}`]: CONFIGURATION,
  [`${ROOT}/onPremisesConnections`]: CONFIGURATION,
  [`${ROOT}/onPremisesConnections/{id}`]: CONFIGURATION,
  [`${ROOT}/deviceImages`]: CONFIGURATION,
  [`${ROOT}/deviceImages/{id}`]: CONFIGURATION,
  [`${ROOT}/reports/usage`]: ["usage"],
  [`${ROOT}/spotGroups/{id}/usage`]: ["usage"],
  [`${ROOT}/powerSchedules`]: ["powerSchedules"],
  [`${ROOT}/userSettings`]: ["userSettings"],
  [`${ROOT}/maintenanceWindows`]: ["maintenanceWindows"],
  [`${ROOT}/reports/fleetUse`]: ["usage"],
  [`${ROOT}/reports/policyUse`]: ["usage"],
  [`${ROOT}/reports/cloudPcUse`]: ["usage"],
  [`${ROOT}/cloudPCs/{id}/usage`]: ["usage"],
  [`${ROOT}/cloudPCs/{id}/usageTimeline`]: ["usage"],
  [`${ROOT}/reports/idleCloudPcs`]: ["usage"],
  "/tenants/{tenant}/reclaimRules": ["usage"],
  "/tenants/{tenant}/rateCard": ["cost"],
  "/tenants/{tenant}/budgets": ["cost"],
  "/tenants/{tenant}/noticeEndpoints": ["noticeEndpoints"],
  "/tenants/{tenant}/noticeEndpoints/{id}": ["noticeEndpoints"],
  "/tenants/{tenant}/{version}/deviceManagement/monitoring/alertRecords": ["alertRecords"],
  "/tenants/{tenant}/{version}/deviceManagement/monitoring/alertRules": ["alertRecords"],
  [`${ROOT}/auditEvents`]: ["auditEvents"],
  [`${ROOT}/auditEvents/{id}`]: ["auditEvents"],
  [`${ROOT}/imageSets`]: ["imageSets", ...OF_GROUP],
  [`${ROOT}/imageSets/{id}`]: ["imageSets", ...OF_GROUP],
  [`${ROOT}/imageSets/{id}/versions`]: ["imageSets", ...OF_GROUP],
  [`${ROOT}/imageSets/{id}/versions/{number}`]: ["imageSets", ...OF_GROUP],
  [`${ROOT}/imageSets/{id}/versions/{number}/supportedActions`]: ["imageSets", ...OF_GROUP],
  [`${ROOT}/spotGroups`]: [...OF_GROUP, ...CONFIGURATION],
  [`${ROOT}/spotGroups/{id}`]: [...OF_GROUP, ...CONFIGURATION],
  [`${ROOT}/spotGroups/{id}/supportedActions`]: [...OF_GROUP, "tenant"],
  [`${ROOT}/spotGroups/{id}/hosts`]: ["hosts"],
  [`${ROOT}/spotGroups/{id}/hosts/{host}`]: ["hosts"],
  [`${ROOT}/spotGroups/{id}/hosts/{host}/supportedActions`]: OF_GROUP,
  [`${ROOT}/spotGroups/{id}/members`]: ["members"],
  [`${ROOT}/spotGroups/{id}/decisions`]: ["decisions"],
  [`${ROOT}/spotGroups/{id}/history`]: ["releases"],
};
/** Azure alone knows them, but they begin and end with what is written here, too. */
const ALSO: Partial<Record<ReadPath, readonly Subject[]>> = {
  [`${ROOT}/spotGroups/{id}/sessions`]: ["hosts", "members"],
};

/** The first word of a query that reads pages of a list. */
export const PAGES = "pages";
/** The first word of a query that has the name of another one behind it. */
const WITHIN: ReadonlySet<unknown> = new Set([PAGES, "running"]);

/** A query of the portal, as the hooks of `read.ts` name it: its address, and the parts of that. */
function partsOf(key: QueryKey): readonly [string, Readonly<Record<string, string>>] | null {
  const [first, second] = WITHIN.has(key[0]) && Array.isArray(key[1]) ? (key[1] as readonly unknown[]) : key;
  return typeof first === "string" && typeof second === "object" && second !== null
    ? [first, second as Readonly<Record<string, string>>]
    : null;
}

/** Return the names of the subjects that change a query's answer, such as `cloudPCs` or `cloudPCs/{an id}`. */
export function subjectsOf(key: QueryKey): readonly string[] {
  const parts = partsOf(key);
  if (parts === null) {
    return [];
  }
  const [path, place] = parts;
  const found = SUBJECTS[path as ReadPath] ?? ALSO[path as ReadPath] ?? [];
  return found.map((each) => each.replace("{id}", place["id"] ?? ""));
}

/** Return the tenant that tells of every change of a query's answer; null where nobody tells of all. */
export function tellerOf(key: QueryKey): string | null {
  const parts = partsOf(key);
  return parts !== null && parts[0] in SUBJECTS ? (parts[1]["tenant"] ?? null) : null;
}

function kindOf(name: string): string {
  return name.split("/")[0] ?? name;
}

/** The version of each subject. */
export type Versions = Readonly<Record<string, string>>;

/**
 * Return the subjects that have changed between two answers. A single thing that nobody asked for before has changed
 * if anything of its kind has: its page may have been read before that.
 */
export function changedIn(before: Versions, now: Versions): ReadonlySet<string> {
  const isChanged = (name: string): boolean =>
    before[name] === undefined ? before[kindOf(name)] !== now[kindOf(name)] : before[name] !== now[name];
  return new Set(Object.keys(now).filter(isChanged));
}
