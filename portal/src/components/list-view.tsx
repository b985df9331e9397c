import type { ReactElement, ReactNode } from "react";

import type { Rows } from "../api/pages.ts";
import { words } from "../words/shell.ts";
import { DataTable, type Column, type Order } from "./data-table.tsx";
import { ErrorNotice } from "./error-notice.tsx";
import { Loading } from "./loading.tsx";
import type { Selection } from "./selection.ts";

/** What is selected in a list. */
export interface Selecting {
  readonly selection: Selection;
  readonly onSelect: (selection: Selection) => void;
}

interface Given<Row> {
  readonly label: string;
  readonly list: Rows<Row>;
  readonly columns: readonly Column<Row>[];
  readonly idOf: (row: Row) => string;
  /** What people call a row; its id when left out. */
  readonly nameOf?: (row: Row) => string;
  /** What is shown when there are no rows. */
  readonly none: ReactNode;
  readonly order?: Order | undefined;
  readonly onOrder?: (order: Order) => void;
  readonly selecting?: Selecting | undefined;
}

/** A list in each of its states: being read, not readable, empty, full. */
export function ListView<Row>({ label, list, columns, idOf, none, ...more }: Given<Row>): ReactElement {
  if (list.isPending) {
    return <Loading why={list.failureReason} />;
  }
  if (list.error !== null) {
    return <ErrorNotice error={list.error} again={list.again} />;
  }
  if (list.rows.length === 0) {
    return <>{none}</>;
  }
  return (
    <>
      <DataTable label={label} rows={list.rows} columns={columns} idOf={idOf} onEnd={list.more} {...more} />
      {list.isReadingMore && <output>{words.loadingMore}</output>}
      {list.moreError !== null && <ErrorNotice error={list.moreError} again={list.moreAgain} />}
    </>
  );
}
