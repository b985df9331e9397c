import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { dataOf } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { pace } from "../../api/live.ts";
import { nextToken } from "../../api/pages.ts";
import type { components } from "../../api/schema.d.ts";

export type Operation = components["schemas"]["Operation"];

const PAGE = 100;

export function runs(operation: Operation): boolean {
  return operation.status === "running" || operation.status === "notStarted";
}

export function useOperations(tenant: string) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ["operations", tenant],
    queryFn: ({ pageParam }) =>
      dataOf(
        api.GET("/tenants/{tenant}/operations", {
          params: { path: { tenant }, query: { $top: PAGE, ...(pageParam ? { $skiptoken: pageParam } : {}) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => nextToken(page),
    refetchInterval: ({ state }) => pace(state.data?.pages.some((page) => page.value.some(runs)) ?? false),
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
