import type { ReactElement } from "react";

import { DataTable, type Column } from "../../components/data-table.tsx";
import { moment } from "../../components/moments.ts";
import { words } from "../../words/cloud-pcs.ts";
import { sentence } from "../../words/sentence.ts";
import type { Stretch } from "./day.tsx";

const COLUMNS: readonly Column<Stretch>[] = [
  {
    id: "from",
    width: "130px",
    title: words.stretchColumns.from,
    cell: (row) => moment(row.intervalStartDateTime),
  },
  { id: "to", width: "130px", title: words.stretchColumns.to, cell: (row) => moment(row.intervalEndDateTime) },
  { id: "state", title: words.stretchColumns.state, cell: ({ state }) => words.useStates[state] },
  { id: "by", title: words.stretchColumns.by, cell: ({ changedBy }) => (changedBy ? words.actors[changedBy] : "-") },
  { id: "why", width: "34%", title: words.stretchColumns.why, cell: ({ reason }) => sentence(reason) || "-" },
];

/** The stretches of a day as a table, the latest first. */
export function StretchTable({ stretches }: { readonly stretches: readonly Stretch[] }): ReactElement {
  return (
    <DataTable
      label={words.day}
      rows={stretches.toReversed()}
      columns={COLUMNS}
      idOf={(row) => row.intervalStartDateTime}
    />
  );
}
