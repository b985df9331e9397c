import type { ReactElement } from "react";
import { Link } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { titleOf } from "../../api/errors.ts";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/policies.ts";

const LISTED: Listed<"/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/provisioningPolicies"> = {
  statusOf: (row) => (row["@deskwright.paused"] ? "paused" : "active"),
  path: `${ROOT}/provisioningPolicies`,
  words,
  query: { $expand: "assignments" },
  idOf: (row) => row.id,
  isSearchable: true,
  csv: "provisioning-policies",
  create: { wizard: "create-provisioning-policy", title: words.create },
  columns: (tenant) => [
    {
      id: "name",
      title: words.columns.name,
      sort: "displayName",
      cell: (row) => <Link to={`/t/${tenant}/policies/${row.id}`}>{row.displayName}</Link>,
    },
    { id: "image", title: words.columns.image, sort: "imageDisplayName", cell: (row) => row.imageDisplayName },
    {
      id: "join",
      title: words.columns.join,
      cell: (row) =>
        [...new Set(row.domainJoinConfigurations.map((each) => titleOf(each.domainJoinType ?? "")))].join(", "),
    },
    { id: "groups", title: words.columns.groups, cell: (row) => String(row.assignments.length) },
    {
      id: "state",
      title: words.columns.state,
      cell: (row) => <StatusBadge status={row["@deskwright.paused"] ? "paused" : "active"} />,
    },
    {
      id: "changed",
      width: "120px",
      title: words.columns.changed,
      sort: "lastModifiedDateTime",
      cell: (row) => moment(row.lastModifiedDateTime),
    },
  ],
};

/** Who gets a Cloud PC, and of what. */
export function PoliciesPage(): ReactElement {
  return <ListPage listed={LISTED} />;
}
