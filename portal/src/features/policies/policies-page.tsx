import type { ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ROOT, at } from "../../api/addresses.ts";
import { dataOf } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { usePages, type Rows, type Whole } from "../../api/pages.ts";
import type { components } from "../../api/schema.d.ts";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/policies.ts";

type Policy = Whole<components["schemas"]["Policy"]>;

const COLUMNS: readonly Column<Policy>[] = [
  { id: "name", title: words.columns.name, cell: (row) => row.displayName },
  { id: "image", title: words.columns.image, cell: (row) => row.imageDisplayName },
  {
    id: "join",
    title: words.columns.join,
    cell: (row) => row.domainJoinConfigurations.map((each) => titleOf(each.domainJoinType ?? "")).join(", "),
  },
  { id: "groups", title: words.columns.groups, cell: (row) => String(row.assignments.length) },
  {
    id: "state",
    title: words.columns.state,
    cell: (row) => <StatusBadge status={row["@deskwright.paused"] ? "paused" : "active"} />,
  },
  { id: "changed", title: words.columns.changed, cell: (row) => moment(row.lastModifiedDateTime) },
];

/** Who gets a Cloud PC, and of what. */
export function PoliciesPage(): ReactElement {
  const { tenant = "" } = useParams();
  const list = usePolicies(tenant);
  const create = <Link to={`/t/${tenant}/wizards/create-provisioning-policy`}>{words.create}</Link>;
  return (
    <>
      <PageHeader title={words.title}>
        {create}
        <AsOf query={list} />
      </PageHeader>
      <ListView
        label={words.title}
        list={list}
        columns={COLUMNS}
        idOf={(row) => row.id}
        none={<EmptyState title={words.none} text={words.noneText} action={create} />}
      />
    </>
  );
}

function usePolicies(tenant: string): Rows<Policy> {
  const api = useApi();
  return usePages({
    key: ["policies", tenant],
    load: async (query) => {
      const page = await dataOf(
        api.GET(`${ROOT}/provisioningPolicies`, { params: { path: at(tenant), query: { ...query, $expand: "assignments" } } }),
      );
      return { ...page, value: page.value as Policy[] };
    },
  });
}
