/** Which Cloud PCs a bulk action is sent for. Pure. */

import type { components } from "../../api/schema.d.ts";
import type { Query } from "../../api/read.ts";

type BulkForm = components["schemas"]["BulkForm"];
export type Targets = Pick<Partial<BulkForm>, "cloudPcIds"> | Pick<Partial<BulkForm>, "filter" | "excludeCloudPcIds">;

/** What a list shows is chosen by: the same texts, without those that nobody has selected of what is on the page. */
export function everything(query: Query, shown: readonly string[], selected: ReadonlySet<string>): Targets {
  const { $filter: where, $search: search } = query;
  const filter = { ...(where === undefined ? {} : { where }), ...(search === undefined ? {} : { search }) };
  return { filter: filter as never, excludeCloudPcIds: shown.filter((id) => !selected.has(id)) };
}
