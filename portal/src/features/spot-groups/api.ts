import { useQuery } from "@tanstack/react-query";

import { ROOT, at } from "../../api/addresses.ts";
import { dataOf } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { LIVE } from "../../api/live.ts";
import { usePages, type Rows, type Whole } from "../../api/pages.ts";
import type { components } from "../../api/schema.d.ts";

export type SpotGroup = Whole<components["schemas"]["SpotGroup"]>;
export type SessionHost = Whole<components["schemas"]["SessionHost"]>;
export type Session = Whole<components["schemas"]["Session"]>;
export type Decision = Whole<components["schemas"]["Decision"]>;

/** Users come and go at any time: what is shown of a group is always asked again soon. */
const ALWAYS = (): boolean => true;

export function useSpotGroups(tenant: string): Rows<SpotGroup> {
  const api = useApi();
  return usePages({
    key: ["spotGroups", tenant],
    runs: ALWAYS,
    load: async (query) => {
      const page = await dataOf(api.GET(`${ROOT}/spotGroups`, { params: { path: at(tenant), query } }));
      return { ...page, value: page.value as SpotGroup[] };
    },
  });
}

export function useSpotGroup(tenant: string, id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["spotGroup", tenant, id],
    queryFn: async () =>
      (await dataOf(api.GET(`${ROOT}/spotGroups/{id}`, { params: { path: { ...at(tenant), id } } }))) as SpotGroup,
    refetchInterval: LIVE,
  });
}

export function useHosts(tenant: string, id: string): Rows<SessionHost> {
  const api = useApi();
  return usePages({
    key: ["spotGroup", tenant, id, "hosts"],
    runs: ALWAYS,
    load: async (query) => {
      const path = { ...at(tenant), id };
      const page = await dataOf(api.GET(`${ROOT}/spotGroups/{id}/hosts`, { params: { path, query } }));
      return { ...page, value: page.value as SessionHost[] };
    },
  });
}

export function useSessions(tenant: string, id: string): Rows<Session> {
  const api = useApi();
  return usePages({
    key: ["spotGroup", tenant, id, "sessions"],
    runs: ALWAYS,
    load: async (query) => {
      const path = { ...at(tenant), id };
      const page = await dataOf(api.GET(`${ROOT}/spotGroups/{id}/sessions`, { params: { path, query } }));
      return { ...page, value: page.value as Session[] };
    },
  });
}

export function useDecisions(tenant: string, id: string): Rows<Decision> {
  const api = useApi();
  return usePages({
    key: ["spotGroup", tenant, id, "decisions"],
    runs: ALWAYS,
    load: async (query) => {
      const path = { ...at(tenant), id };
      const page = await dataOf(api.GET(`${ROOT}/spotGroups/{id}/decisions`, { params: { path, query } }));
      return { ...page, value: page.value as Decision[] };
    },
  });
}
