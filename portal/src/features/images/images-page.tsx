import type { ReactElement } from "react";
import { Link } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { StatusBadge } from "../../components/status-badge.tsx";
import { regionNames } from "../../components/region-names.ts";
import { words } from "../../words/images.ts";

const LISTED: Listed<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/deviceImages"> = {
  statusOf: ({ status }) => status,
  path: `${ROOT}/deviceImages`,
  words,
  idOf: (row) => row.id,
  runs: ({ status }) => status === "pending",
  isSearchable: true,
  csv: "images",
  create: { wizard: "create-device-image", title: words.create },
  columns: (tenant) => [
    {
      id: "name",
      title: words.columns.name,
      sort: "displayName",
      cell: (row) => <Link to={`/t/${tenant}/images/${row.id}`}>{row.displayName}</Link>,
    },
    { id: "version", title: words.columns.version, sort: "version", cell: (row) => row.version },
    { id: "system", title: words.columns.system, sort: "operatingSystem", cell: (row) => row.operatingSystem },
    { id: "status", title: words.columns.status, sort: "status", cell: (row) => <StatusBadge status={row.status} /> },
    { id: "regions", title: words.columns.regions, cell: (row) => regionNames(row["@deskwright.regions"]) },
    {
      id: "changed",
      width: "120px",
      title: words.columns.changed,
      sort: "lastModifiedDateTime",
      cell: (row) => moment(row.lastModifiedDateTime),
    },
  ],
};

/** The device images that policies can use. */
export function ImagesPage(): ReactElement {
  return <ListPage listed={LISTED} />;
}
