import { Suspense, lazy, type ReactElement } from "react";

import type { RowsGiven } from "./columns.ts";
import { Loading } from "./loading.tsx";
import { useIsNarrow } from "./row-behaviour.ts";
import { WideTable } from "./wide-table.tsx";

export type { Column, Order } from "./columns.ts";

type Cards = <Row>(given: RowsGiven<Row>) => ReactElement;
/** Loaded in narrow windows only. A lazy component has no parameter of type: that of the rows is lost, and given back. */
// oxlint-disable-next-line deskwright/no-blind-assertion
const CardList = lazy(async () => ({ default: (await import("./card-list.tsx")).CardList })) as unknown as Cards;

/** A list of any length: a table, or cards in a narrow window. */
export function DataTable<Row>(given: RowsGiven<Row>): ReactElement {
  if (!useIsNarrow()) {
    return <WideTable {...given} />;
  }
  return (
    <Suspense fallback={<Loading />}>
      <CardList {...given} />
    </Suspense>
  );
}
