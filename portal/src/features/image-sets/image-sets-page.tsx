import type { ReactElement } from "react";
import { Link } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { titleOf } from "../../api/errors.ts";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { words } from "../../words/image-sets.ts";

const LISTED: Listed<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/imageSets"> = {
  path: `${ROOT}/imageSets`,
  words,
  idOf: (row) => row.id,
  isSearchable: true,
  csv: "image-sets",
  create: { wizard: "create-image-set", title: words.create },
  columns: (tenant) => [
    {
      id: "name",
      title: words.columns.name,
      sort: "displayName",
      cell: (row) => <Link to={`/t/${tenant}/image-sets/${row.id}`}>{row.displayName}</Link>,
    },
    { id: "type", title: words.columns.type, sort: "hostPoolType", cell: (row) => titleOf(row.hostPoolType) },
    { id: "source", title: words.columns.source, sort: "sourceName", cell: (row) => row.sourceName },
    { id: "where", title: words.columns.where, cell: (row) => (row.isGlobal ? words.global : row.siteId) },
    { id: "used", title: words.columns.used, cell: (row) => String(row.usedBy.length) },
    {
      id: "changed",
      width: "120px",
      title: words.columns.changed,
      sort: "lastModifiedDateTime",
      cell: (row) => moment(row.lastModifiedDateTime),
    },
  ],
};

/** The image sets of Spot Groups. */
export function ImageSetsPage(): ReactElement {
  return <ListPage listed={LISTED} />;
}
