import { useMemo, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import { titleOf } from "../../api/errors.ts";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ListView } from "../../components/list-view.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/spot-groups.ts";
import { useSpotGroups, type SpotGroup } from "./api.ts";

/** The pools of desktops. */
export function SpotGroupsPage(): ReactElement {
  const { tenant = "" } = useParams();
  const list = useSpotGroups(tenant);
  const columns = useMemo(() => columnsOf(tenant), [tenant]);
  const create = <Link to={`/t/${tenant}/wizards/create-spot-group`}>{words.create}</Link>;
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

function columnsOf(tenant: string): Column<SpotGroup>[] {
  return [
    {
      id: "name",
      title: words.columns.name,
      cell: (row) => <Link to={`/t/${tenant}/spot-groups/${row.id}`}>{row.displayName}</Link>,
    },
    { id: "type", title: words.columns.type, cell: (row) => titleOf(row.licenseType) },
    { id: "status", title: words.columns.status, cell: (row) => <StatusBadge status={row.status} /> },
    { id: "hosts", title: words.columns.hosts, cell: (row) => `${row.onlineHosts} / ${row.builtHosts}` },
    { id: "sessions", title: words.columns.sessions, cell: (row) => String(row.activeSessions) },
    { id: "image", title: words.columns.image, cell: (row) => row.imageVersion },
  ];
}
