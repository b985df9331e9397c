import type { Found, RowOf } from "../../api/read.ts";

export type CloudPc = Found<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/cloudPCs/{id}">;
export type Timeline = Found<"/tenants/{tenant}/cloudPCs/{id}/timeline">;
export type RestorePoint =
  Found<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/cloudPCs/{id}/retrieveSnapshots()">["value"][number];
export type NamedPolicy = Pick<
  Found<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/provisioningPolicies">["value"][number],
  "id" | "displayName"
>;
export type ServicePlan =
  Found<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/servicePlans">["value"][number];
/** A removed machine whose disk is kept. */
export type DeletedCloudPc = RowOf<"/tenants/{tenant}/deletedCloudPCs">;
export type Supported = Found<"/tenants/{tenant}/cloudPCs/{id}/supportedActions">["value"][number];

/** The statuses in which something happens by itself. */
const RUNNING: ReadonlySet<string> = new Set([
  "pendingProvision",
  "provisioning",
  "resizing",
  "restoring",
  "deprovisioning",
]);

export function isRunning({ status }: { readonly status?: string }): boolean {
  return status !== undefined && RUNNING.has(status);
}
