/** What is selected in a list, and what a click makes of it: pure. A page of rows that is read changes none of it. */

import type { Query } from "../api/read.ts";

/** What a list is filtered by, as the service is asked; its order says nothing of which rows there are. */
interface Filtered {
  readonly $filter?: string;
  readonly $search?: string;
}

/** Rows that were clicked: they stay selected whatever the list shows. */
interface Picked {
  readonly kind: "picked";
  readonly ids: ReadonlySet<string>;
}

/** Everything that a filter finds, as it was at the click, without the rows that somebody has unselected. */
interface Everything {
  readonly kind: "everything";
  readonly of: Filtered;
  readonly except: ReadonlySet<string>;
}

export type Selection = Picked | Everything;

export const NOTHING: Selection = { kind: "picked", ids: new Set() };

/** Select all that *query* finds. */
export function everythingOf(query: Query): Selection {
  return { kind: "everything", of: filteredBy(query), except: new Set() };
}

function filteredBy({ $filter, $search }: Query): Filtered {
  return { ...($filter === undefined ? {} : { $filter }), ...($search === undefined ? {} : { $search }) };
}

/**
 * Return what is still selected when the list is asked for *query*. Rows that were clicked stay. Everything that another
 * filter found is cleared: nobody could see of a row whether it is among that.
 */
export function keptFor(selection: Selection, query: Query): Selection {
  if (selection.kind === "picked") {
    return selection;
  }
  const { $filter, $search } = selection.of;
  return $filter === query.$filter && $search === query.$search ? selection : NOTHING;
}

export function isChosen(selection: Selection, id: string): boolean {
  return selection.kind === "picked" ? selection.ids.has(id) : !selection.except.has(id);
}

/** Return whether nothing is selected for certain; of everything that a filter finds only the service knows. */
export function isNothing(selection: Selection): boolean {
  return selection.kind === "picked" && selection.ids.size === 0;
}

/** Return how many of the rows that were clicked are not among *shown*. */
export function hiddenOf(selection: Selection, shown: readonly string[]): number {
  return selection.kind === "picked" ? withOrWithout(selection.ids, shown, false).size : 0;
}

/** Return whether every row of *shown* is selected, some are ("mixed"), or none. */
export function stateOfAll(selection: Selection, shown: readonly string[]): boolean | "mixed" {
  const selected = shown.filter((id) => isChosen(selection, id)).length;
  if (selected === 0) {
    return false;
  }
  return selected === shown.length ? true : "mixed";
}

/** Select all rows of *shown*; where they all are, unselect them. */
export function toggleAll(selection: Selection, shown: readonly string[]): Selection {
  return changed(selection, shown, stateOfAll(selection, shown) !== true);
}

/** Select or unselect the row at *index* of *shown*; all between it and *from*, a row that is shown, become what it becomes. */
export function toggleRow(
  selection: Selection,
  shown: readonly string[],
  index: number,
  from: string | null,
): Selection {
  const other = from === null ? -1 : shown.indexOf(from);
  const [first, last] = other < 0 ? [index, index] : [Math.min(other, index), Math.max(other, index)];
  return changed(selection, shown.slice(first, last + 1), !isChosen(selection, shown[index] ?? ""));
}

function changed(selection: Selection, ids: readonly string[], isWanted: boolean): Selection {
  return selection.kind === "picked"
    ? { ...selection, ids: withOrWithout(selection.ids, ids, isWanted) }
    : { ...selection, except: withOrWithout(selection.except, ids, !isWanted) };
}

function withOrWithout(set: ReadonlySet<string>, ids: readonly string[], isIn: boolean): ReadonlySet<string> {
  if (isIn) {
    return new Set([...set, ...ids]);
  }
  const gone = new Set(ids);
  return new Set([...set].filter((id) => !gone.has(id)));
}
