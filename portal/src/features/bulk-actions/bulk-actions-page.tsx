import type { ReactElement } from "react";
import { Link } from "react-router";

import { titleOf } from "../../api/errors.ts";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/bulk-actions.ts";

const LISTED: Listed<"/tenants/{tenant}/bulkActions"> = {
  statusOf: ({ status }) => status,
  path: "/tenants/{tenant}/bulkActions",
  words,
  idOf: (row) => row.id,
  runs: ({ status }) => status === "running",
  isSearchable: true,
  csv: "bulk-actions",
  columns: (tenant) => [
    {
      id: "action",
      title: words.columns.action,
      sort: "action",
      cell: (row) => <Link to={`/t/${tenant}/bulk-actions/${row.id}`}>{titleOf(row.action)}</Link>,
    },
    { id: "status", title: words.columns.status, sort: "status", cell: (row) => <StatusBadge status={row.status} /> },
    { id: "percent", title: words.columns.percent, cell: (row) => `${row.percentComplete} %` },
    { id: "total", title: words.columns.total, cell: (row) => String(row.total) },
    { id: "by", title: words.columns.by, sort: "requestedBy", cell: (row) => row.requestedBy },
    {
      id: "created",
      width: "120px",
      title: words.columns.created,
      sort: "createdDateTime",
      cell: (row) => moment(row.createdDateTime),
    },
  ],
};

/** What was done with many Cloud PCs at once. */
export function BulkActionsPage(): ReactElement {
  return <ListPage listed={LISTED} />;
}
