import type { ReactElement } from "react";

import { CardList } from "./card-list.tsx";
import type { RowsGiven } from "./columns.ts";
import { useIsNarrow } from "./row-behaviour.ts";
import { WideTable } from "./wide-table.tsx";

export type { Column, Order } from "./columns.ts";

/** A list of any length: a table, or cards in a narrow window. */
export function DataTable<Row>(given: RowsGiven<Row>): ReactElement {
  return useIsNarrow() ? <CardList {...given} /> : <WideTable {...given} />;
}
