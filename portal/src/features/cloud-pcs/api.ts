import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { ROOT, at } from "../../api/addresses.ts";
import { dataOf } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { pace } from "../../api/live.ts";
import { usePages, type Rows, type Whole } from "../../api/pages.ts";
import type { components } from "../../api/schema.d.ts";

export type CloudPc = Whole<components["schemas"]["CloudPc"]>;
export type Timeline = components["schemas"]["Timeline"];

const PAGE = 200;

/** The statuses in which something happens by itself. */
const RUNNING: ReadonlySet<string> = new Set([
  "pendingProvision",
  "provisioning",
  "resizing",
  "restoring",
  "deprovisioning",
]);

/** The Cloud PCs of a tenant; asked again while one of those that are shown is being built. */
export function useCloudPcs(tenant: string, filter: string): Rows<CloudPc> {
  const api = useApi();
  return usePages({
    key: ["cloudPCs", tenant, filter],
    size: PAGE,
    runs: ({ status }) => RUNNING.has(status),
    load: async (page) => {
      const query = { ...page, ...(filter ? { $filter: filter } : {}) };
      const found = await dataOf(api.GET(`${ROOT}/cloudPCs`, { params: { path: at(tenant), query } }));
      return { ...found, value: found.value as CloudPc[] };
    },
  });
}

export function useCloudPc(tenant: string, id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["cloudPC", tenant, id],
    queryFn: async () => {
      const path = { ...at(tenant), id };
      return (await dataOf(api.GET(`${ROOT}/cloudPCs/{id}`, { params: { path } }))) as CloudPc;
    },
    refetchInterval: ({ state }) => pace(state.data !== undefined && RUNNING.has(state.data.status)),
  });
}

export function useTimeline(tenant: string, id: string, running: boolean) {
  const api = useApi();
  return useQuery({
    queryKey: ["timeline", tenant, id],
    queryFn: () => dataOf(api.GET("/tenants/{tenant}/cloudPCs/{id}/timeline", { params: { path: { tenant, id } } })),
    refetchInterval: pace(running),
  });
}

/** Restart a Cloud PC. The answer is empty; its operation shows the steps. */
export function useReboot(tenant: string, id: string) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const { response } = await api.POST(`${ROOT}/cloudPCs/{id}/reboot`, {
        params: { path: { ...at(tenant), id } },
      });
      return response.headers.get("Operation-Location");
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["cloudPC", tenant, id] }),
  });
}
