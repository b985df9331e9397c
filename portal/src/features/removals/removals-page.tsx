import { Subtitle1 } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { useParams } from "react-router";

import { dataOf } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { usePages, type Rows } from "../../api/pages.ts";
import type { components } from "../../api/schema.d.ts";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/removals.ts";

type PendingRemoval = components["schemas"]["PendingRemoval"];
type Orphan = components["schemas"]["Orphan"];

const REMOVALS: readonly Column<PendingRemoval>[] = [
  { id: "user", title: words.removalColumns.user, cell: (row) => row.userPrincipalName },
  { id: "status", title: words.removalColumns.status, cell: (row) => <StatusBadge status={row.status} /> },
  { id: "why", title: words.removalColumns.why, cell: (row) => row.why ?? "-" },
  { id: "seen", title: words.removalColumns.seen, cell: (row) => moment(row.seenAt) },
];
const ORPHANS: readonly Column<Orphan>[] = [
  { id: "type", title: words.orphanColumns.type, cell: (row) => titleOf(row.type) },
  { id: "name", title: words.orphanColumns.name, cell: (row) => row.name },
  { id: "why", title: words.orphanColumns.why, cell: (row) => row.why },
  { id: "advice", title: words.orphanColumns.advice, cell: (row) => row.advice },
  { id: "since", title: words.orphanColumns.since, cell: (row) => moment(row.since) },
];

/** What would be removed if somebody confirmed it, and what was left behind. */
export function RemovalsPage(): ReactElement {
  const { tenant = "" } = useParams();
  const [removals, orphans] = [useRemovals(tenant), useOrphans(tenant)];
  return (
    <>
      <PageHeader title={words.title}>
        <AsOf query={removals} />
      </PageHeader>
      <Subtitle1 as="h2">{words.removals}</Subtitle1>
      <ListView
        label={words.removals}
        list={removals}
        columns={REMOVALS}
        idOf={(row) => row.cloudPcId}
        none={<p>{words.noRemovals}</p>}
      />
      <Subtitle1 as="h2">{words.orphans}</Subtitle1>
      <ListView
        label={words.orphans}
        list={orphans}
        columns={ORPHANS}
        idOf={(row) => row.id}
        none={<p>{words.noOrphans}</p>}
      />
    </>
  );
}

function useRemovals(tenant: string): Rows<PendingRemoval> {
  const api = useApi();
  return usePages({
    key: ["removals", tenant],
    load: (query) => dataOf(api.GET("/tenants/{tenant}/removals", { params: { path: { tenant }, query } })),
  });
}

function useOrphans(tenant: string): Rows<Orphan> {
  const api = useApi();
  return usePages({
    key: ["orphans", tenant],
    load: (query) => dataOf(api.GET("/tenants/{tenant}/orphans", { params: { path: { tenant }, query } })),
  });
}
