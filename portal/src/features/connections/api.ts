import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { ROOT, at } from "../../api/addresses.ts";
import { dataOf } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { pace } from "../../api/live.ts";
import { usePages, type Rows, type Whole } from "../../api/pages.ts";
import type { components } from "../../api/schema.d.ts";

export type Connection = Whole<components["schemas"]["Connection"]>;

function isChecked({ healthCheckStatus }: Connection): boolean {
  return healthCheckStatus === "running" || healthCheckStatus === "pending";
}

export function useConnections(tenant: string): Rows<Connection> {
  const api = useApi();
  return usePages({
    key: ["connections", tenant],
    runs: isChecked,
    load: async (query) => {
      const asked = api.GET(`${ROOT}/onPremisesConnections`, { params: { path: at(tenant), query } });
      const page = await dataOf(asked);
      return { ...page, value: page.value as Connection[] };
    },
  });
}

export function useConnection(tenant: string, id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["connection", tenant, id],
    queryFn: async () => {
      const asked = api.GET(`${ROOT}/onPremisesConnections/{id}`, { params: { path: { ...at(tenant), id } } });
      return (await dataOf(asked)) as Connection;
    },
    refetchInterval: ({ state }) => pace(state.data !== undefined && isChecked(state.data)),
  });
}

/** Have the health checks made now. */
export function useCheck(tenant: string, id: string) {
  const api = useApi();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () =>
      api.POST(`${ROOT}/onPremisesConnections/{id}/runHealthChecks`, { params: { path: { ...at(tenant), id } } }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["connection", tenant, id] }),
  });
}
