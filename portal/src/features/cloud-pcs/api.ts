import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { dataOf } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { pace } from "../../api/live.ts";
import { nextToken, type Page, type Whole } from "../../api/pages.ts";
import type { components } from "../../api/schema.d.ts";

export type CloudPc = Whole<components["schemas"]["CloudPc"]>;
export type Timeline = components["schemas"]["Timeline"];

const PAGE = 200;
const ROOT = "/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint" as const;

/** The statuses in which something happens by itself. */
const RUNNING: ReadonlySet<string> = new Set([
  "pendingProvision",
  "provisioning",
  "resizing",
  "restoring",
  "deprovisioning",
]);

export interface Wanted {
  readonly filter: string;
  readonly search: string;
  readonly orderBy: string;
}

/** The Cloud PCs of a tenant, page by page; asked again while one of those that are shown is being built. */
export function useCloudPcs(tenant: string, wanted: Wanted) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ["cloudPCs", tenant, wanted],
    queryFn: async ({ pageParam }) => {
      const page = await dataOf(
        api.GET(`${ROOT}/cloudPCs`, {
          params: {
            path: { tenant, version: "v1.0" },
            query: {
              $top: PAGE,
              ...(pageParam ? { $skiptoken: pageParam } : {}),
              ...(wanted.filter ? { $filter: wanted.filter } : {}),
            },
          },
        }),
      );
      return { ...page, value: page.value as CloudPc[] } satisfies Page<CloudPc>;
    },
    initialPageParam: "",
    getNextPageParam: (page) => nextToken(page),
    refetchInterval: ({ state }) =>
      pace(state.data?.pages.some((page) => page.value.some(({ status }) => RUNNING.has(status))) ?? false),
  });
}

export function useCloudPc(tenant: string, id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["cloudPC", tenant, id],
    queryFn: async () => {
      const path = { tenant, version: "v1.0", id } as const;
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
        params: { path: { tenant, version: "v1.0", id } },
      });
      return response.headers.get("Operation-Location");
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["cloudPC", tenant, id] }),
  });
}
