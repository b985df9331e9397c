import { Link } from "react-router";

import type { RowOf } from "../../api/read.ts";
import type { Column } from "../../components/data-table.tsx";
import { moment } from "../../components/moments.ts";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/image-sets.ts";

export type ImageVersion =
  RowOf<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/imageSets/{id}/versions">;

const RESTS: ReadonlySet<string> = new Set(["available", "failed", "customizing"]);

/** Whether something happens to a version by itself. */
export function isWorked({ status, running }: Pick<ImageVersion, "status" | "running">): boolean {
  return !RESTS.has(status) || running !== null;
}

export function versionColumns(tenant: string, set: string): Column<ImageVersion>[] {
  return [
    {
      id: "version",
      title: words.versionColumns.version,
      cell: (row) => <Link to={`/t/${tenant}/image-sets/${set}/versions/${row.version}`}>{row.version}</Link>,
    },
    { id: "status", title: words.versionColumns.status, cell: (row) => <StatusBadge status={row.status} /> },
    { id: "source", title: words.versionColumns.source, cell: (row) => row.sourceName },
    { id: "costs", title: words.versionColumns.costs, cell: (row) => costsOf(row) },
    {
      id: "proved",
      title: words.versionColumns.proved,
      cell: (row) => (row.validated ? words.proved : words.notProved),
    },
    { id: "used", title: words.versionColumns.used, cell: (row) => String(row.usedBy.length) },
    {
      id: "changed",
      width: "120px",
      title: words.versionColumns.changed,
      cell: (row) => moment(row.lastModifiedDateTime),
    },
  ];
}

/** What a version costs at most, and whether it goes. */
function costsOf({ cost, isRetired }: ImageVersion): string {
  const said = cost.copies
    ? words.costs({ copies: cost.copies, dollars: Math.ceil(cost.dollarsAMonth ?? 0) })
    : words.costsNothing;
  return isRetired ? `${said} ${words.retired}` : said;
}
