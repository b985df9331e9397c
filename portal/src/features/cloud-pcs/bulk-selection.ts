/** Which Cloud PCs a bulk action is sent for, and how that is said. Pure. */

import type { components } from "../../api/schema.d.ts";
import { hiddenOf, type Selection } from "../../components/selection.ts";
import { words } from "../../words/cloud-pcs.ts";

type BulkForm = components["schemas"]["BulkForm"];
export type Targets = Pick<Partial<BulkForm>, "cloudPcIds"> | Pick<Partial<BulkForm>, "filter" | "excludeCloudPcIds">;

/** Return what is sent: the ids that were clicked, or the filter of the click without its exceptions. */
export function targetsOf(selection: Selection): Targets {
  if (selection.kind === "picked") {
    return { cloudPcIds: [...selection.ids] };
  }
  const { $filter: where, $search: search } = selection.of;
  const filter = { ...(where === undefined ? {} : { where }), ...(search === undefined ? {} : { search }) };
  return { filter: filter as NonNullable<BulkForm["filter"]>, excludeCloudPcIds: [...selection.except] };
}

/**
 * Say what is selected. *matching*: how many the filter finds; *filter*: the filter in words; *shown*: the rows of the
 * list, of which rows that were clicked before another filter was chosen are not.
 */
export function sentenceOf(
  selection: Selection,
  matching: number,
  filter: readonly string[],
  shown: readonly string[],
): string {
  if (selection.kind === "everything") {
    const said = { count: matching, except: selection.except.size };
    return filter.length === 0 ? words.bulk.all(said) : words.bulk.allWith({ ...said, filter: filter.join(", ") });
  }
  return words.bulk.selected({ count: selection.ids.size, hidden: hiddenOf(selection, shown) });
}
