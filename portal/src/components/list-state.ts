/** What a list is asked for: pure, from what stands in the page's address. */

import type { Query } from "../api/read.ts";
import { words as listWords } from "../words/lists.ts";
import type { Order } from "./columns.ts";
import type { Choice } from "./form/fields.ts";

/** Where an address has the columns that are not shown: ids with commas between them. */
export const HIDDEN = "hidden";

/** One thing that a list can be filtered by. */
export interface Filter {
  /** Its place in the page's address. */
  readonly name: string;
  readonly title: string;
  /** The property that the service compares. */
  readonly property: string;
  readonly choices: readonly Choice[];
}

export interface ListState {
  readonly search: string;
  /** Name of a filter -> chosen value; what is not chosen is not in it. */
  readonly chosen: Readonly<Record<string, string>>;
  readonly order: Order | undefined;
  /** Ids of columns that are not shown. */
  readonly hidden: readonly string[];
}

/** Read the state of a list from an address. */
export function stateOf(address: URLSearchParams, filters: readonly Filter[]): ListState {
  const chosen = filters.flatMap(({ name }): [string, string][] => {
    const value = address.get(name);
    return value ? [[name, value]] : [];
  });
  return {
    search: address.get("search") ?? "",
    chosen: Object.fromEntries(chosen),
    order: orderOf(address.get("order") ?? ""),
    hidden: (address.get(HIDDEN) ?? "").split(",").filter((id) => id !== ""),
  };
}

/** Write an order as it stands in addresses: `displayName` or `displayName desc`. */
export function orderText({ by, descending }: Order): string {
  return descending ? `${by} desc` : by;
}

/** Read an order as `orderText` writes it; undefined for none. */
export function orderOf(text: string): Order | undefined {
  const [by, direction] = text.split(" ");
  return by ? { by, descending: direction === "desc" } : undefined;
}

/** Return the columns that an address does not hide; the first one, which names the row, is always there. */
export function shownOf<C extends { readonly id: string }>(
  columns: readonly C[],
  hidden: readonly string[],
): readonly C[] {
  return hidden.length === 0 ? columns : columns.filter(({ id }, place) => place === 0 || !hidden.includes(id));
}

/** Return the options that ask the service for what a list shows. */
export function queryOf({ search, chosen, order }: ListState, filters: readonly Filter[], fixed: Query = {}): Query {
  const conditions = filters.flatMap(({ name, property }) => {
    const value = chosen[name];
    return value === undefined ? [] : [`${property} eq ${quoted(value)}`];
  });
  if (fixed["$filter"] !== undefined) {
    conditions.push(`(${fixed["$filter"]})`);
  }
  return {
    ...fixed,
    ...(search === "" ? {} : { $search: words(search) }),
    ...(conditions.length === 0 ? {} : { $filter: conditions.join(" and ") }),
    ...(order === undefined ? {} : { $orderby: orderText(order) }),
  };
}

/** Say what a list is filtered by, as people read it, such as `Status: Failed`; nothing where it shows everything. */
export function inWords({ search, chosen }: ListState, filters: readonly Filter[]): readonly string[] {
  const said = filters.flatMap(({ name, title, choices }) => {
    const value = chosen[name];
    return value === undefined ? [] : [`${title}: ${choices.find((each) => each.value === value)?.title ?? value}`];
  });
  return search === "" ? said : [...said, `${listWords.search}: ${search}`];
}

/** Write a text as OData does: in single quotes, each of its own twice. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Put each word in double quotes, so that none of it has a meaning of its own. */
function words(search: string): string {
  return search
    .replaceAll('"', " ")
    .split(/\s+/)
    .filter((word) => word !== "")
    .map((word) => `"${word}"`)
    .join(" ");
}
