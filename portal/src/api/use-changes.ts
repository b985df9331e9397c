import { useQuery, useQueryClient, type Query, type QueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { useApi } from "./context.tsx";
import { ApiError } from "./errors.ts";
import { AWAY_AFTER, tick } from "./live.ts";
import { isManyPages } from "./pages.ts";
import { read } from "./read.ts";
import { changedIn, subjectsOf, type Versions } from "./subjects.ts";
import { noteTold } from "./told.ts";

/** So many single things are asked for at once: more than a page has. */
const MOST = 10;
const SERVER_ERRORS = 500;
const SIGNS_OF_LIFE = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;

/** Ask in one request what has changed in a tenant, again and again, and read again only that. */
export function useChanges(tenant: string): void {
  const api = useApi();
  const queries = useQueryClient();
  const seen = useRef<Versions | null>(null);
  const lastSign = useRef<number | null>(null);
  const { refetch, dataUpdatedAt, isError } = useQuery({
    queryKey: ["changes", tenant],
    queryFn: async () => {
      const { versions } = await read(api, "/tenants/{tenant}/changes", { tenant }, ofPages(queries));
      const before = seen.current;
      seen.current = { ...before, ...versions };
      if (before !== null) {
        readAgain(queries, changedIn(before, versions));
      }
      return versions;
    },
    refetchInterval: ({ state }) => !isForbidden(state.error) && tick(isWaiting(queries), since(lastSign.current)),
    refetchOnWindowFocus: "always",
    retry: false,
    gcTime: 0,
  });
  useEffect(
    () => noteTold(tenant, isError || dataUpdatedAt === 0 ? null : dataUpdatedAt),
    [tenant, isError, dataUpdatedAt],
  );
  useEffect(() => () => noteTold(tenant, null), [tenant]);
  useEffect(() => {
    const onSign = (): void => {
      const wasAway = since(lastSign.current) >= AWAY_AFTER;
      lastSign.current = Date.now();
      if (wasAway) {
        void refetch();
      }
    };
    lastSign.current = Date.now();
    for (const sign of SIGNS_OF_LIFE) {
      addEventListener(sign, onSign, { passive: true });
    }
    return () => {
      for (const sign of SIGNS_OF_LIFE) {
        removeEventListener(sign, onSign);
      }
    };
  }, [refetch]);
}

/** Return the milliseconds since somebody did something; 0 for a page that has just been opened. */
function since(sign: number | null): number {
  return sign === null ? 0 : Date.now() - sign;
}

/** Return whether an error is that the caller may not ask at all. */
function isForbidden(error: Error | null): boolean {
  return error instanceof ApiError && error.status < SERVER_ERRORS;
}

function shown(queries: QueryClient): Query[] {
  return queries.getQueryCache().findAll({ type: "active" });
}

/** Name the single things of the page, whose changes are told apart from those of all others. */
function ofPages(queries: QueryClient): Readonly<Record<string, string>> {
  const single = new Set(
    shown(queries).flatMap(({ queryKey }) => subjectsOf(queryKey).filter((name) => name.includes("/"))),
  );
  return single.size === 0 ? {} : { of: [...single].slice(0, MOST).join(",") };
}

function isWaiting(queries: QueryClient): boolean {
  return shown(queries).some(({ meta, state }) => state.data !== undefined && (meta?.runs?.(state.data) ?? false));
}

/** Read again what has changed. A list of which many pages were read is only marked: it is read again within a minute. */
function readAgain(queries: QueryClient, changed: ReadonlySet<string>): void {
  const isChanged = ({ queryKey }: Query): boolean => subjectsOf(queryKey).some((name) => changed.has(name));
  void queries.invalidateQueries({ predicate: (query) => isChanged(query) && !isManyPages(query.state.data) });
  void queries.invalidateQueries({
    predicate: (query) => isChanged(query) && isManyPages(query.state.data),
    refetchType: "none",
  });
}
