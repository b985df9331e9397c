import type { ReactElement } from "react";
import { Link } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { titleOf } from "../../api/errors.ts";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/audit.ts";
import { activityOf, whoOf } from "./who.ts";

const LISTED: Listed<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/auditEvents"> = {
  path: `${ROOT}/auditEvents`,
  words,
  idOf: (row) => row.id,
  isSearchable: true,
  csv: "audit",
  columns: (tenant) => [
    { id: "at", width: "170px", title: words.columns.at, cell: (row) => moment(row.activityDateTime) },
    {
      id: "what",
      title: words.columns.what,
      cell: (row) => <Link to={`/t/${tenant}/audit/${row.id}`}>{activityOf(row.displayName)}</Link>,
    },
    { id: "who", title: words.columns.who, cell: (row) => whoOf(row.actor) },
    {
      id: "result",
      width: "110px",
      title: words.columns.result,
      cell: (row) => <StatusBadge status={row.activityResult} />,
    },
    {
      id: "which",
      width: "140px",
      title: words.columns.which,
      cell: (row) => row.resources.map((each) => each.displayName ?? titleOf(each.type)).join(", "),
    },
  ],
};

/** Who changed what, and when. */
export function AuditPage(): ReactElement {
  return <ListPage listed={LISTED} />;
}
