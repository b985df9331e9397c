import type { ReactElement } from "react";
import { useParams } from "react-router";

import { ROOT, at } from "../../api/addresses.ts";
import { dataOf } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { usePages, type Rows, type Whole } from "../../api/pages.ts";
import type { components } from "../../api/schema.d.ts";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/audit.ts";

type AuditEvent = Whole<components["schemas"]["AuditEvent"]>;

const COLUMNS: readonly Column<AuditEvent>[] = [
  { id: "at", title: words.columns.at, cell: (row) => moment(row.activityDateTime) },
  { id: "what", title: words.columns.what, cell: (row) => row.displayName },
  {
    id: "who",
    title: words.columns.who,
    cell: (row) => row.actor.userPrincipalName ?? row.actor.applicationDisplayName ?? row.actor.userId,
  },
  { id: "result", title: words.columns.result, cell: (row) => <StatusBadge status={row.activityResult} /> },
  {
    id: "which",
    title: words.columns.which,
    cell: (row) => row.resources.map((each) => each.type).join(", "),
  },
];

/** Who changed what, and when. */
export function AuditPage(): ReactElement {
  const { tenant = "" } = useParams();
  const list = useEvents(tenant);
  return (
    <>
      <PageHeader title={words.title}>
        <AsOf query={list} />
      </PageHeader>
      <ListView
        label={words.title}
        list={list}
        columns={COLUMNS}
        idOf={(row) => row.id}
        none={<EmptyState title={words.none} text={words.noneText} />}
      />
    </>
  );
}

function useEvents(tenant: string): Rows<AuditEvent> {
  const api = useApi();
  return usePages({
    key: ["auditEvents", tenant],
    load: async (query) => {
      const page = await dataOf(api.GET(`${ROOT}/auditEvents`, { params: { path: at(tenant), query } }));
      return { ...page, value: page.value as AuditEvent[] };
    },
  });
}
