import type { ReactElement } from "react";

import { titleOf } from "../../api/errors.ts";
import { DataTable, type Column } from "../../components/data-table.tsx";
import { moment } from "../../components/moments.ts";
import { words } from "../../words/cloud-pcs.ts";
import type { RestorePoint } from "./api.ts";

const COLUMNS: readonly Column<RestorePoint>[] = [
  {
    id: "created",
    width: "120px",
    title: words.restorePointColumns.created,
    cell: (row) => moment(row.createdDateTime),
  },
  { id: "type", title: words.restorePointColumns.type, cell: (row) => titleOf(row.snapshotType) },
  {
    id: "expires",
    width: "120px",
    title: words.restorePointColumns.expires,
    cell: (row) => moment(row.expirationDateTime),
  },
  {
    id: "restored",
    width: "120px",
    title: words.restorePointColumns.restored,
    cell: (row) => moment(row.lastRestoredDateTime),
  },
];

/** The moments to which a Cloud PC can be restored. */
export function RestorePoints({ points }: { readonly points: readonly RestorePoint[] }): ReactElement {
  if (points.length === 0) {
    return <p>{words.noRestorePoints}</p>;
  }
  return <DataTable label={words.restorePoints} rows={points} columns={COLUMNS} idOf={(row) => row.id} />;
}
