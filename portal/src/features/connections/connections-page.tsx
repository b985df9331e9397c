import type { ReactElement } from "react";
import { Link } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { titleOf } from "../../api/errors.ts";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/connections.ts";

const LISTED: Listed<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/onPremisesConnections"> = {
  statusOf: ({ healthCheckStatus }) => healthCheckStatus,
  path: `${ROOT}/onPremisesConnections`,
  words,
  // In use is returned with $select only, as in Graph.
  query: { $select: "id,displayName,connectionType,healthCheckStatus,virtualNetworkId,inUse" },
  idOf: (row) => row.id,
  runs: ({ healthCheckStatus }) => healthCheckStatus === "running" || healthCheckStatus === "pending",
  isSearchable: true,
  csv: "connections",
  create: { wizard: "create-connection", title: words.create },
  columns: (tenant) => [
    {
      id: "name",
      title: words.columns.name,
      sort: "displayName",
      cell: (row) => <Link to={`/t/${tenant}/connections/${row.id}`}>{row.displayName}</Link>,
    },
    { id: "join", title: words.columns.join, sort: "connectionType", cell: (row) => titleOf(row.connectionType) },
    {
      id: "health",
      title: words.columns.health,
      sort: "healthCheckStatus",
      cell: (row) => <StatusBadge status={row.healthCheckStatus} />,
    },
    {
      id: "network",
      title: words.columns.network,
      cell: (row) => row.virtualNetworkId?.split("/").at(-1) ?? words.hosted,
    },
    { id: "used", title: words.columns.used, cell: (row) => (row.inUse ? words.yes : words.no) },
  ],
};

/** The networks of Cloud PCs, and how they join the directory. */
export function ConnectionsPage(): ReactElement {
  return <ListPage listed={LISTED} />;
}
