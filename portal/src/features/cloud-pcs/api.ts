import type { Api } from "../../api/client.ts";
import { ROOT, at } from "../../api/addresses.ts";
import type { Found } from "../../api/read.ts";
import { sent, type Done } from "../../components/action.ts";
import type { Values } from "../../components/form/schema-form.tsx";

export type CloudPc = Found<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/cloudPCs/{id}">;
export type Timeline = Found<"/tenants/{tenant}/cloudPCs/{id}/timeline">;
export type RestorePoint =
  Found<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/cloudPCs/{id}/retrieveSnapshots()">["value"][number];
export type ServicePlan =
  Found<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/servicePlans">["value"][number];
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

/** How each action is sent: its name, as the service has it -> what sends it. */
export function sendersOf(api: Api, tenant: string, id: string): Readonly<Record<string, (values: Values) => Promise<Done>>> {
  const own = { params: { path: { tenant, id } } };
  const graph = { params: { path: { ...at(tenant), id } } };
  return {
    reboot: () => sent(api.POST(`${ROOT}/cloudPCs/{id}/reboot`, graph)),
    troubleshoot: () => sent(api.POST(`${ROOT}/cloudPCs/{id}/troubleshoot`, graph)),
    retry: () => sent(api.POST("/tenants/{tenant}/cloudPCs/{id}/retry", own)),
    reprovision: (values) =>
      sent(api.POST("/tenants/{tenant}/cloudPCs/{id}/reprovision", { ...own, body: values as never })),
    reprovisionBuildFirst: (values) =>
      sent(api.POST("/tenants/{tenant}/cloudPCs/{id}/reprovision", { ...own, body: { ...values, buildFirst: true } as never })),
    rename: (values) => sent(api.POST(`${ROOT}/cloudPCs/{id}/rename`, { ...graph, body: values as never })),
    resize: (values) => sent(api.POST(`${ROOT}/cloudPCs/{id}/resize`, { ...graph, body: values as never })),
    changeUserAccountType: (values) =>
      sent(api.POST(`${ROOT}/cloudPCs/{id}/changeUserAccountType`, { ...graph, body: values as never })),
    createSnapshot: () => sent(api.POST(`${ROOT}/cloudPCs/{id}/createSnapshot`, { ...graph, body: {} })),
    restore: (values) => sent(api.POST(`${ROOT}/cloudPCs/{id}/restore`, { ...graph, body: values as never })),
    rerunStep: (values) => sent(api.POST("/tenants/{tenant}/cloudPCs/{id}/rerunStep", { ...own, body: values as never })),
    extendGrace: (values) =>
      sent(api.POST("/tenants/{tenant}/cloudPCs/{id}/extendGrace", { ...own, body: values as never })),
    holdGrace: () => sent(api.POST("/tenants/{tenant}/cloudPCs/{id}/holdGrace", { ...own, body: { held: true } })),
    releaseGrace: () => sent(api.POST("/tenants/{tenant}/cloudPCs/{id}/holdGrace", { ...own, body: { held: false } })),
    endGracePeriod: () => sent(api.POST(`${ROOT}/cloudPCs/{id}/endGracePeriod`, graph)),
    confirmRemoval: () => sent(api.POST("/tenants/{tenant}/cloudPCs/{id}/confirmRemoval", own)),
  };
}
