import type { Action } from "./action.ts";
import { ActionMenu } from "./action-buttons.tsx";
import type { Column } from "./data-table.tsx";
import type { Work } from "./use-actions.tsx";
import { words } from "../words/lists.ts";

/** A column with a menu of what can be done with each row. */
export function rowActions<Row>(
  begin: Work["begin"],
  nameOf: (row: Row) => string,
  actionsOf: (row: Row) => readonly Action[],
): Column<Row> {
  return {
    id: "actions",
    title: words.actions,
    width: "80px",
    cell: (row) => (
      <ActionMenu actions={actionsOf(row)} begin={begin} label={words.rowActions({ name: nameOf(row) })} isSmall />
    ),
  };
}
