import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData, type QueryKey } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";

import { pace } from "./live.ts";
import { replaced, runningIds } from "./running-rows.ts";
import { PAGES, tellerOf } from "./subjects.ts";
import { isToldBy, useToldAt } from "./told.ts";

/** One page of a list, as all lists of the API answer it. */
export interface Page<Row> {
  readonly value: readonly Row[];
  readonly "@odata.nextLink"?: string;
  readonly "@odata.count"?: number;
}

/** A resource as it is without `$select`: nothing of it is left out. */
export type Whole<Resource> = Required<Resource>;

/** The query of one page: how many rows, and where it begins. */
export interface PageQuery {
  readonly $top: number;
  readonly $skiptoken?: string;
}

/** A list as far as it was read. */
export interface Rows<Row> {
  readonly rows: readonly Row[];
  readonly isPending: boolean;
  /** Why it could not be read; null when it could. */
  readonly error: Error | null;
  readonly dataUpdatedAt: number;
  readonly isRefetchError: boolean;
  /** How many there are, where the list was asked to count; null otherwise. */
  readonly count: number | null;
  /** Whether all pages were read. */
  readonly isWhole: boolean;
  /** Read the next page, if there is one and the last one could be read. */
  readonly more: () => void;
  /** Whether the next page is being read. */
  readonly isReadingMore: boolean;
  /** Why the next page could not be read; null when it could. */
  readonly moreError: Error | null;
  /** Read the next page once more, after it could not be read. */
  readonly moreAgain: () => void;
  /** Why the list was not read so far, while it is asked for again. */
  readonly failureReason: Error | null;
  readonly again: () => void;
}

interface Asked<Row> {
  readonly key: QueryKey;
  readonly load: (query: PageQuery) => Promise<Page<Row>>;
  /** Whether something happens to a row by itself: then the list is asked again soon. */
  readonly runs?: (row: Row) => boolean;
  readonly size?: number;
  /** Read single rows: of a long list only those that run are read often. Left out where it cannot be asked so. */
  readonly ofIds?: (ids: readonly string[]) => Promise<Page<Row>>;
}

const USUAL = 100;
const NEVER = (): boolean => false;

/**
 * Read a list page by page, and again while something in it runs: all of it, or where there are many pages the rows
 * that run; then all of it is read again as seldom as a list in which nothing runs.
 */
export function usePages<Row>({ key, load, runs = NEVER, size = USUAL, ofIds }: Asked<Row>): Rows<Row> {
  const isLong = (pages: readonly Page<Row>[] = []): boolean => ofIds !== undefined && pages.length > 1;
  const runsIn = (pages: readonly Page<Row>[] = []): boolean => pages.some((page) => page.value.some(runs));
  const teller = tellerOf(key);
  const toldAt = useToldAt(teller);
  const query = useInfiniteQuery({
    queryKey: pagesKey(key),
    queryFn: ({ pageParam }) => load({ $top: size, ...(pageParam ? { $skiptoken: pageParam } : {}) }),
    initialPageParam: "",
    getNextPageParam: (page) => nextToken(page),
    refetchInterval: ({ state }) =>
      pace({
        runs: !isLong(state.data?.pages) && runsIn(state.data?.pages),
        isTold: isToldBy(teller) && !(state.isInvalidated && isManyPages(state.data)),
      }),
    refetchOnWindowFocus: () => !isToldBy(teller),
    meta: { runs: (found) => runsIn((found as InfiniteData<Page<Row>>).pages) },
  });
  const { data, fetchNextPage, hasNextPage, isFetchingNextPage, isFetchNextPageError, refetch } = query;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.value) ?? [], [data]);
  const live = useRunningRows({ key, rows, runs, ...(isLong(data?.pages) && ofIds !== undefined ? { ofIds } : {}) });
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && !isFetchNextPageError) {
      void fetchNextPage();
    }
  }, [fetchNextPage, hasNextPage, isFetchingNextPage, isFetchNextPageError]);
  return {
    rows,
    isPending: query.isPending,
    error: data === undefined ? query.error : null,
    dataUpdatedAt: query.dataUpdatedAt === 0 ? 0 : Math.max(query.dataUpdatedAt, toldAt),
    isRefetchError: query.isRefetchError || live.isError,
    count: data?.pages[0]?.["@odata.count"] ?? null,
    isWhole: data !== undefined && !hasNextPage,
    more,
    isReadingMore: isFetchingNextPage,
    moreError: isFetchNextPageError && !isFetchingNextPage ? query.error : null,
    moreAgain: () => void fetchNextPage(),
    failureReason: query.failureReason,
    again: () => void refetch(),
  };
}

/** Read the rows of a list that run again and again, and put them in their places. Without *ofIds* nothing is read. */
function useRunningRows<Row>(
  given: Pick<Asked<Row>, "key" | "ofIds"> & Required<Pick<Asked<Row>, "runs">> & Pick<Rows<Row>, "rows">,
): { readonly isError: boolean } {
  const { key, rows, runs, ofIds } = given;
  const queries = useQueryClient();
  const ids = useMemo(() => (ofIds === undefined ? [] : runningIds(rows, runs)), [ofIds, rows, runs]);
  return useQuery({
    queryKey: ["running", key, ids],
    queryFn: async () => {
      const { value } = (await ofIds?.(ids)) ?? { value: [] };
      queries.setQueryData<InfiniteData<Page<Row>>>(
        pagesKey(key),
        (data) => data && { ...data, pages: replaced(data.pages, value) },
      );
      return null;
    },
    enabled: ids.length > 0,
    refetchInterval: () => pace({ runs: true, isTold: isToldBy(tellerOf(key)) }),
    gcTime: 0,
  });
}

/** Return the name of a list that is read page by page: the same address that is read once has an answer of its own. */
function pagesKey(key: QueryKey): QueryKey {
  return [PAGES, key];
}

/** Return whether an answer is a list of which more than one page was read. */
export function isManyPages(data: unknown): boolean {
  return ((data as Partial<InfiniteData<unknown>> | undefined)?.pages?.length ?? 0) > 1;
}

/** Return the `$skiptoken` of the next page, undefined on the last one. */
export function nextToken(page: Page<unknown>): string | undefined {
  const link = page["@odata.nextLink"];
  if (link === undefined) {
    return undefined;
  }
  return new URL(link, location.origin).searchParams.get("$skiptoken") ?? undefined;
}
