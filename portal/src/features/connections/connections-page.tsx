import { useMemo, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import { titleOf } from "../../api/errors.ts";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ListView } from "../../components/list-view.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/connections.ts";
import { useConnections, type Connection } from "./api.ts";

/** The networks of Cloud PCs, and how they join the directory. */
export function ConnectionsPage(): ReactElement {
  const { tenant = "" } = useParams();
  const list = useConnections(tenant);
  const columns = useMemo(() => columnsOf(tenant), [tenant]);
  const create = <Link to={`/t/${tenant}/wizards/create-connection`}>{words.create}</Link>;
  return (
    <>
      <PageHeader title={words.title}>
        {create}
        <AsOf query={list} />
      </PageHeader>
      <ListView
        label={words.title}
        list={list}
        columns={columns}
        idOf={(row) => row.id}
        none={<EmptyState title={words.none} text={words.noneText} action={create} />}
      />
    </>
  );
}

function columnsOf(tenant: string): Column<Connection>[] {
  return [
    {
      id: "name",
      title: words.columns.name,
      cell: (row) => <Link to={`/t/${tenant}/connections/${row.id}`}>{row.displayName}</Link>,
    },
    { id: "join", title: words.columns.join, cell: (row) => titleOf(row.connectionType) },
    { id: "health", title: words.columns.health, cell: (row) => <StatusBadge status={row.healthCheckStatus} /> },
    {
      id: "network",
      title: words.columns.network,
      cell: (row) => row.virtualNetworkId?.split("/").at(-1) ?? words.hosted,
    },
    { id: "used", title: words.columns.used, cell: (row) => (row.inUse ? words.yes : words.no) },
  ];
}
