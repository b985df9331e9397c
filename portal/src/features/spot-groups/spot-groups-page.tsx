import type { ReactElement } from "react";
import { Link } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { titleOf } from "../../api/errors.ts";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/spot-groups.ts";

const LISTED: Listed<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/spotGroups"> = {
  statusOf: ({ status }) => status,
  path: `${ROOT}/spotGroups`,
  words,
  idOf: (row) => row.id,
  // Users come and go at any time.
  isSearchable: true,
  csv: "spot-groups",
  create: { wizard: "create-spot-group", title: words.create },
  columns: (tenant) => [
    {
      id: "name",
      title: words.columns.name,
      sort: "displayName",
      cell: (row) => <Link to={`/t/${tenant}/spot-groups/${row.id}`}>{row.displayName}</Link>,
    },
    { id: "type", title: words.columns.type, sort: "licenseType", cell: (row) => titleOf(row.licenseType) },
    { id: "status", title: words.columns.status, sort: "status", cell: (row) => <StatusBadge status={row.status} /> },
    { id: "hosts", title: words.columns.hosts, cell: (row) => `${row.onlineHosts} / ${row.builtHosts}` },
    {
      id: "sessions",
      title: words.columns.sessions,
      sort: "activeSessions",
      cell: (row) => String(row.activeSessions),
    },
    { id: "image", title: words.columns.image, sort: "imageVersion", cell: (row) => row.imageVersion },
  ],
};

/** The Spot Groups of a tenant, with what runs now. */
export function SpotGroupsPage(): ReactElement {
  return <ListPage listed={LISTED} />;
}
