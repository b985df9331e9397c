import { useMemo, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import { titleOf } from "../../api/errors.ts";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/operations.ts";
import { useOperations, type Operation } from "./api.ts";

/** Everything that took or takes a while. */
export function OperationsPage(): ReactElement {
  const { tenant = "" } = useParams();
  const list = useOperations(tenant);
  const columns = useMemo(() => columnsOf(tenant), [tenant]);
  return (
    <>
      <PageHeader title={words.title}>
        <AsOf query={list} />
      </PageHeader>
      <ListView
        label={words.title}
        list={list}
        columns={columns}
        idOf={(row) => row.id}
        none={<EmptyState title={words.none} text={words.noneText} />}
      />
    </>
  );
}

function columnsOf(tenant: string): Column<Operation>[] {
  return [
    {
      id: "kind",
      title: words.columns.kind,
      cell: (row) => <Link to={`/t/${tenant}/operations/${row.id}`}>{titleOf(row.kind)}</Link>,
    },
    { id: "status", title: words.columns.status, cell: (row) => <StatusBadge status={row.status} /> },
    { id: "percent", title: words.columns.percent, cell: (row) => `${row.percentComplete} %` },
    { id: "by", title: words.columns.by, cell: (row) => row.requestedBy },
    { id: "created", title: words.columns.created, cell: (row) => moment(row.createdDateTime) },
  ];
}
