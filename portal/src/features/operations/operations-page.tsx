import type { ReactElement } from "react";
import { Link } from "react-router";

import { titleOf } from "../../api/errors.ts";
import { runs } from "../../api/operation.ts";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/operations.ts";

const STATUSES = ["running", "succeeded", "failed", "notStarted", "canceled"];
const LISTED: Listed<"/tenants/{tenant}/operations"> = {
  statusOf: ({ status }) => status,
  path: "/tenants/{tenant}/operations",
  words,
  idOf: (row) => row.id,
  runs,
  isById: true,
  isSearchable: true,
  csv: "operations",
  filters: [
    {
      name: "status",
      title: words.columns.status,
      property: "status",
      choices: STATUSES.map((value) => ({ value, title: titleOf(value) })),
    },
  ],
  columns: (tenant) => [
    {
      id: "kind",
      title: words.columns.kind,
      sort: "kind",
      cell: (row) => <Link to={`/t/${tenant}/operations/${row.id}`}>{titleOf(row.kind)}</Link>,
    },
    { id: "status", title: words.columns.status, sort: "status", cell: (row) => <StatusBadge status={row.status} /> },
    { id: "of", title: words.columns.of, cell: (row) => row.resourceDisplayName ?? "-" },
    { id: "percent", title: words.columns.percent, cell: (row) => `${row.percentComplete} %` },
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

/** Everything that took or takes a while. */
export function OperationsPage(): ReactElement {
  return <ListPage listed={LISTED} />;
}
