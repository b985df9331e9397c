import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";

import { dataOf, type Api } from "./client.ts";
import { useApi } from "./context.tsx";
import { WHOLE, pace } from "./live.ts";
import { nextToken, usePages, type Page, type Rows, type Whole } from "./pages.ts";
import type { paths } from "./schema.d.ts";
import { tellerOf } from "./subjects.ts";
import { isToldBy, useToldAt } from "./told.ts";

type Json<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { "application/json": infer Answer } } } };
}
  ? Answer
  : never;

/** The addresses that answer a GET with JSON. */
export type ReadPath = { [P in keyof paths]: [Json<P>] extends [never] ? never : P }[keyof paths];
/** The addresses of lists. */
export type ListPath = {
  [P in ReadPath]: Json<P> extends { value: readonly unknown[]; "@odata.nextLink"?: string } ? P : never;
}[ReadPath];
/** What one address answers. */
export type Found<P extends ReadPath> = Whole<Json<P>>;
/** One row of a list. */
export type RowOf<P extends ListPath> = Json<P> extends { value: readonly (infer Row)[] } ? Whole<Row> : never;
/** The parts of an address: `{ tenant: "contoso", id: "..." }`. */
export type Place = Readonly<Record<string, string>>;
/** Options behind the `?`, such as `$filter`. */
export type Query = Readonly<Record<string, string>>;

const VERSION = { version: "v1.0" };

/** How a GET of openapi-fetch looks when the address is known only by its type. */
type Ask = (path: string, init: unknown) => Promise<{ data?: unknown }>;

function askOf(api: Api): Ask {
  // The client wants an address that is known when it is compiled; `ReadPath` has only those that it has.
  // oxlint-disable-next-line deskwright/no-blind-assertion
  return api.GET as unknown as Ask;
}

/** Read one address once. */
export function read<P extends ReadPath>(api: Api, path: P, place: Place, query: Query = {}): Promise<Found<P>> {
  const ask = askOf(api);
  return dataOf(ask(path, { params: { path: { ...VERSION, ...place }, query } })) as Promise<Found<P>>;
}

/** Read one page of a list. */
async function readPage<P extends ListPath>(api: Api, path: P, place: Place, query: Query): Promise<Page<RowOf<P>>> {
  const found: unknown = await read(api, path, place, query); // an address of lists answers a page
  return found as Page<RowOf<P>>;
}

/** Read all pages of a list. */
export async function readAll<P extends ListPath>(api: Api, path: P, place: Place): Promise<RowOf<P>[]> {
  const found: RowOf<P>[] = [];
  let next: string | undefined = "";
  while (next !== undefined) {
    // A page says where the next one begins.
    // oxlint-disable-next-line no-await-in-loop
    const page: Page<RowOf<P>> = await readPage(api, path, place, {
      $top: "100",
      ...(next === "" ? {} : { $skiptoken: next }),
    });
    found.push(...page.value);
    next = nextToken(page);
  }
  return found;
}

/** Read all of a list as a CSV file: what the query chooses, every page. */
export async function readCsv(api: Api, path: ListPath, place: Place, query: Query): Promise<Blob> {
  const ask = askOf(api);
  const params = { path: { ...VERSION, ...place }, query };
  const { data } = await ask(path, { params, headers: { Accept: "text/csv" }, parseAs: "blob" });
  return data as Blob;
}

interface OneOptions<P extends ReadPath> {
  readonly query?: Query;
  /** Whether something happens by itself: then it is read again soon. */
  readonly runs?: (found: Found<P>) => boolean;
  readonly enabled?: boolean;
  /** It never changes: it is read once. */
  readonly isFixed?: boolean;
  /** It changes seldom, and nobody tells of it. */
  readonly isSlow?: boolean;
  /** What was found before stays until there is something else, such as while somebody types. */
  readonly isKept?: boolean;
}

/** Read one thing, and again while something in it runs. */
export function useOne<P extends ReadPath>(
  path: P,
  place: Place,
  { query = {}, runs, enabled = true, isFixed = false, isSlow = false, isKept = false }: OneOptions<P> = {},
): UseQueryResult<Found<P>> {
  const api = useApi();
  const key = [path, place, query];
  const teller = tellerOf(key);
  const toldAt = useToldAt(teller);
  const runsIn = (found: Found<P> | undefined): boolean => runs !== undefined && found !== undefined && runs(found);
  const found = useQuery({
    queryKey: key,
    queryFn: () => read(api, path, place, query),
    refetchInterval: ({ state }) =>
      isFixed ? false : isSlow ? WHOLE : pace({ runs: runsIn(state.data), isTold: isToldBy(teller) }),
    refetchOnWindowFocus: () => !isToldBy(teller),
    meta: { runs: (data) => runsIn(data as Found<P>) },
    ...(isFixed ? { staleTime: "static" as const } : {}),
    ...(isKept ? { placeholderData: keepPreviousData } : {}),
    enabled,
  });
  return found.dataUpdatedAt === 0 ? found : { ...found, dataUpdatedAt: Math.max(found.dataUpdatedAt, toldAt) };
}

interface ListOptions<Row> {
  readonly query?: Query;
  /** Whether something happens to a row by itself: then the list is read again soon. */
  readonly runs?: ((row: Row) => boolean) | undefined;
  readonly size?: number;
  /** Whether rows can be asked for by their ids. */
  readonly isById?: boolean;
}

/** Read a list page by page. */
export function useList<P extends ListPath>(
  path: P,
  place: Place,
  { query = {}, runs, size, isById = false }: ListOptions<RowOf<P>> = {},
): Rows<RowOf<P>> {
  const api = useApi();
  const pageOf = (options: Query): Promise<Page<RowOf<P>>> => readPage(api, path, place, options);
  const { $select } = query;
  return usePages<RowOf<P>>({
    key: [path, place, query],
    load: ({ $top, $skiptoken }) =>
      pageOf({ ...query, $top: String($top), ...($skiptoken === undefined ? {} : { $skiptoken }) }),
    ...(isById
      ? {
          ofIds: (ids) =>
            pageOf({
              $filter: `id in (${ids.map((id) => `'${id}'`).join(",")})`,
              ...($select === undefined ? {} : { $select }),
            }),
        }
      : {}),
    ...(runs === undefined ? {} : { runs }),
    ...(size === undefined ? {} : { size }),
  });
}
