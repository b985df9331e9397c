import { useMemo, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import type { Api } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { useOpens } from "../../api/opens.ts";
import { useList, useOne, type RowOf } from "../../api/read.ts";
import { sent, type Action } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { rowActions } from "../../components/row-actions.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { useActions, type Work } from "../../components/use-actions.tsx";
import { words } from "../../words/removals.ts";

type PendingRemoval = RowOf<"/tenants/{tenant}/removals">;
type Orphan = RowOf<"/tenants/{tenant}/orphans">;

/** What would be removed if somebody confirmed it, and what was left behind. */
export function RemovalsPage(): ReactElement {
  const { tenant = "" } = useParams();
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const removals = useList("/tenants/{tenant}/removals", { tenant });
  const { begin } = work;
  const columns = useMemo(() => columnsOf(api, tenant, begin), [api, tenant, begin]);
  const isWhole = useOpens("/tenants/{tenant}/orphans", tenant);
  return (
    <>
      <PageHeader title={words.title} about={words.about}>
        <AsOf query={removals} />
      </PageHeader>
      {work.view}
      <Section title={words.removals}>
        <ListView
          label={words.removals}
          list={removals}
          columns={columns.removals}
          idOf={(row) => row.cloudPcId}
          none={<p>{words.noRemovals}</p>}
        />
      </Section>
      {isWhole && <Orphans tenant={tenant} columns={columns.orphans} begin={begin} />}
    </>
  );
}

interface OrphansGiven {
  readonly tenant: string;
  readonly columns: ReturnType<typeof columnsOf>["orphans"];
  readonly begin: (action: Action) => void;
}

/** What the last scan has found in the whole tenant: what is missing, and what belongs to nobody. */
function Orphans({ tenant, columns, begin }: OrphansGiven): ReactElement {
  const api = useApi();
  const orphans = useList("/tenants/{tenant}/orphans", { tenant });
  const scanned = useOne("/tenants/{tenant}/orphans", { tenant }, { query: { $top: "1" } });
  const missing = scanned.data?.scan?.missing ?? [];
  return (
    <>
      {missing.length > 0 && (
        <Section title={words.missing}>
          <ul>
            {missing.map(({ type, resourceId, neededBy, advice }) => (
              <li key={resourceId}>
                {titleOf(type)} {words.missingLine({ name: resourceId.split("/").at(-1) ?? "", needed: neededBy })}{" "}
                {advice}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title={words.orphans}>
        <ActionButtons actions={[scan(api, tenant)]} begin={begin} />
        <ListView
          label={words.orphans}
          list={orphans}
          columns={columns}
          idOf={(row) => row.id}
          none={<p>{words.noOrphans}</p>}
        />
      </Section>
    </>
  );
}

function scan(api: Api, tenant: string): Action {
  return {
    name: "scan",
    ...words.actions.scan,
    permission: "orphans/scan",
    run: () => sent(api.POST("/tenants/{tenant}/orphans/scan", { params: { path: { tenant } } })),
  };
}

function columnsOf(api: Api, tenant: string, begin: Work["begin"]) {
  const removals: Column<PendingRemoval>[] = [
    {
      id: "user",
      title: words.removalColumns.user,
      cell: (row) => <Link to={`/t/${tenant}/cloud-pcs/${row.cloudPcId}`}>{row.userPrincipalName}</Link>,
    },
    {
      id: "status",
      width: "130px",
      title: words.removalColumns.status,
      cell: (row) => <StatusBadge status={row.status} />,
    },
    { id: "why", title: words.removalColumns.why, cell: (row) => row.why || "-" },
    { id: "seen", width: "160px", title: words.removalColumns.seen, cell: (row) => moment(row.seenAt) },
    rowActions(
      begin,
      ({ userPrincipalName }) => userPrincipalName,
      ({ cloudPcId: id }) => [
        {
          name: "confirm",
          ...words.actions.confirm,
          permission: "cloudPCs/confirmRemoval",
          run: () =>
            sent(api.POST("/tenants/{tenant}/cloudPCs/{id}/confirmRemoval", { params: { path: { tenant, id } } })),
        },
      ],
    ),
  ];
  const orphans: Column<Orphan>[] = [
    { id: "type", width: "140px", title: words.orphanColumns.type, cell: (row) => titleOf(row.type) },
    { id: "name", title: words.orphanColumns.name, cell: (row) => row.name },
    { id: "why", title: words.orphanColumns.why, cell: (row) => row.why },
    { id: "advice", title: words.orphanColumns.advice, cell: (row) => row.advice },
    { id: "since", width: "160px", title: words.orphanColumns.since, cell: (row) => moment(row.since) },
    rowActions(
      begin,
      ({ name }) => name,
      ({ id, name, removable }) => [
        {
          name: "remove",
          ...words.actions.remove,
          permission: "orphans/remove",
          why: removable ? null : words.notRemovable,
          typed: name,
          run: () => sent(api.POST("/tenants/{tenant}/orphans/{id}/remove", { params: { path: { tenant, id } } })),
        },
      ],
    ),
  ];
  return { removals, orphans };
}
