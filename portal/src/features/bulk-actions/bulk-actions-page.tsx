import type { ReactElement } from "react";
import { useParams } from "react-router";

import { dataOf } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { usePages, type Rows } from "../../api/pages.ts";
import type { components } from "../../api/schema.d.ts";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/bulk-actions.ts";

type BulkAction = components["schemas"]["BulkAction"];

const COLUMNS: readonly Column<BulkAction>[] = [
  { id: "action", title: words.columns.action, cell: (row) => titleOf(row.action) },
  { id: "status", title: words.columns.status, cell: (row) => <StatusBadge status={row.status} /> },
  { id: "percent", title: words.columns.percent, cell: (row) => `${row.percentComplete} %` },
  { id: "total", title: words.columns.total, cell: (row) => String(row.total) },
  { id: "by", title: words.columns.by, cell: (row) => row.requestedBy },
  { id: "created", title: words.columns.created, cell: (row) => moment(row.createdDateTime) },
];

/** What was done with many Cloud PCs at once. */
export function BulkActionsPage(): ReactElement {
  const { tenant = "" } = useParams();
  const list = useBulkActions(tenant);
  return (
    <>
      <PageHeader title={words.title}>
        <AsOf query={list} />
      </PageHeader>
      <ListView
        label={words.title}
        list={list}
        columns={COLUMNS}
        idOf={(row) => row.id}
        none={<EmptyState title={words.none} text={words.noneText} />}
      />
    </>
  );
}

function useBulkActions(tenant: string): Rows<BulkAction> {
  const api = useApi();
  return usePages({
    key: ["bulkActions", tenant],
    runs: ({ status }) => status === "running",
    load: (query) => dataOf(api.GET("/tenants/{tenant}/bulkActions", { params: { path: { tenant }, query } })),
  });
}
