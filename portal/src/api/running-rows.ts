/** The rows of a long list that run: which are asked for, and where their new state goes. Pure. */

import type { Page } from "./pages.ts";

/** So many ids fit into the address of one request. */
const MOST = 50;

/** Return the ids of the first rows that run; rows without an id cannot be asked for. */
export function runningIds<Row>(rows: readonly Row[], runs: (row: Row) => boolean): string[] {
  return rows
    .filter(runs)
    .slice(0, MOST)
    .flatMap((row) => idOf(row) ?? []);
}

/** Return pages in which rows are as *fresh* has them; those that it lacks stay as they are. */
export function replaced<Row>(pages: readonly Page<Row>[], fresh: readonly Row[]): Page<Row>[] {
  const byId = new Map(fresh.map((row) => [idOf(row), row]));
  return pages.map((page) => ({ ...page, value: page.value.map((row) => byId.get(idOf(row)) ?? row) }));
}

function idOf(row: unknown): string | undefined {
  return (row as { readonly id?: string }).id;
}
