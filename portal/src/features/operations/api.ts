import { useQuery } from "@tanstack/react-query";

import { dataOf } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { pace } from "../../api/live.ts";
import { usePages, type Rows } from "../../api/pages.ts";
import type { components } from "../../api/schema.d.ts";

export type Operation = components["schemas"]["Operation"];

export function runs(operation: Operation): boolean {
  return operation.status === "running" || operation.status === "notStarted";
}

export function useOperations(tenant: string): Rows<Operation> {
  const api = useApi();
  return usePages({
    key: ["operations", tenant],
    runs,
    load: (query) => dataOf(api.GET("/tenants/{tenant}/operations", { params: { path: { tenant }, query } })),
  });
}

export function useOperation(tenant: string, id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["operation", tenant, id],
    queryFn: () => dataOf(api.GET("/tenants/{tenant}/operations/{id}", { params: { path: { tenant, id } } })),
    refetchInterval: ({ state }) => pace(state.data !== undefined && runs(state.data)),
  });
}
