import { Caption1, MessageBar, MessageBarBody, makeStyles, tokens } from "@fluentui/react-components";
import { ArrowSync20Regular } from "@fluentui/react-icons/svg/arrow-sync";
import { BuildingMultiple20Regular } from "@fluentui/react-icons/svg/building-multiple";
import { Desktop20Regular } from "@fluentui/react-icons/svg/desktop";
import { ErrorCircle20Regular } from "@fluentui/react-icons/svg/error-circle";
import { Warning20Regular } from "@fluentui/react-icons/svg/warning";
import type { ReactElement } from "react";
import { Link } from "react-router";

import type { Api } from "../../api/client.ts";
import { useApi, useMay } from "../../api/context.tsx";
import { useOne, type Found, type RowOf } from "../../api/read.ts";
import { entered, sent, type Action } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { input } from "../../components/form/inputs.ts";
import { LinkButton } from "../../components/link-button.tsx";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { inTenant } from "../../components/operation-progress.tsx";
import type { Column } from "../../components/data-table.tsx";
import { NumberCards } from "../../components/number-card.tsx";
import { ShareBar } from "../../components/share-bar.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { pausedText } from "../../components/paused.ts";
import { useActions } from "../../components/use-actions.tsx";
import { words } from "../../words/tenants.ts";
import { ServiceCost } from "./service-cost.tsx";

type Overview = RowOf<"/cloudPcsOverview">;
type ServiceState = Found<"/pause">;

const useStyles = makeStyles({ cards: { marginBottom: tokens.spacingVerticalL } });

const LISTED: Listed<"/cloudPcsOverview"> = {
  path: "/cloudPcsOverview",
  words,
  idOf: (row) => row.id,
  nameOf: (row) => row.displayName,
  isSearchable: true,
  csv: "tenants",
  columns: () => COLUMNS,
};

const COLUMNS: readonly Column<Overview>[] = [
  {
    id: "name",
    width: "17%",
    title: words.columns.name,
    sort: "displayName",
    cell: (row) => (
      <>
        <Link to={`/t/${row.id}`}>{row.displayName}</Link>
        <Caption1 block>{row.id}</Caption1>
      </>
    ),
  },
  { id: "health", width: "140px", title: words.columns.health, cell: (row) => <Health row={row} /> },
  { id: "total", width: "18%", title: words.columns.total, sort: "total", cell: (row) => <CloudPcs row={row} /> },
  {
    id: "building",
    width: "80px",
    title: words.columns.building,
    sort: "building",
    cell: (row) => numberOf(row, row.building),
  },
  {
    id: "failed",
    width: "70px",
    title: words.columns.failed,
    sort: "failed",
    cell: (row) => numberOf(row, row.failed),
  },
  {
    id: "waiting",
    width: "110px",
    title: words.columns.waiting,
    sort: "waiting",
    cell: (row) => numberOf(row, row.waiting),
  },
  {
    id: "spot",
    width: "23%",
    title: words.columns.spot,
    cell: ({ spot }) =>
      spot.groups === 0
        ? "-"
        : words.spotOf({
            online: spot.onlineHosts,
            built: spot.builtHosts,
            sessions: spot.activeSessions + spot.disconnectedSessions,
          }),
  },
];

/** A tenant of which nothing was recorded yet has no numbers: none, and not 0. */
function numberOf({ lastRefreshedDateTime }: Overview, count: number): string {
  return lastRefreshedDateTime === null ? "-" : String(count);
}

function Health({ row }: { readonly row: Overview }): ReactElement {
  if (row.lastRefreshedDateTime === null) {
    return <StatusBadge status="pending" title={words.health.unknown} />;
  }
  return row.failed > 0 ? (
    <StatusBadge status="failed" title={words.health.failed} />
  ) : row.waiting > 0 ? (
    <StatusBadge status="warning" title={words.health.waits} />
  ) : (
    <StatusBadge status="healthy" title={words.health.well} />
  );
}

function CloudPcs({ row }: { readonly row: Overview }): ReactElement {
  const ready = row.statuses["provisioned"] ?? 0;
  return (
    <>
      {words.readyOf({ ready, total: row.total })}
      <ShareBar
        whole={row.total}
        parts={[
          { id: "ready", count: ready },
          { id: "failed", count: row.failed, look: "danger" },
          { id: "others", count: row.total - ready - row.failed, look: "quiet" },
        ]}
      />
    </>
  );
}

/** The list with the most first. */
function by(order: string): string {
  return `/tenants?order=${order}+desc`;
}

/** All customers together; only where all of them were read. */
function Together({ rows }: { readonly rows: readonly Overview[] }): ReactElement {
  const sum = (of: (row: Overview) => number): number => rows.reduce((total, row) => total + of(row), 0);
  return (
    <div className={useStyles().cards}>
      <NumberCards
        label={words.together}
        figures={[
          { id: "tenants", icon: BuildingMultiple20Regular, label: words.title, count: rows.length, to: "/tenants" },
          {
            id: "pcs",
            icon: Desktop20Regular,
            label: words.columns.total,
            count: sum(({ total }) => total),
            to: by("total"),
          },
          {
            id: "building",
            icon: ArrowSync20Regular,
            label: words.columns.building,
            count: sum(({ building }) => building),
            to: by("building"),
          },
          {
            id: "failed",
            icon: ErrorCircle20Regular,
            label: words.columns.failed,
            count: sum(({ failed }) => failed),
            to: by("failed"),
            color: "danger",
          },
          {
            id: "waiting",
            icon: Warning20Regular,
            label: words.columns.waiting,
            count: sum(({ waiting }) => waiting),
            to: by("waiting"),
            color: "warning",
          },
        ]}
      />
    </div>
  );
}

/** All tenants of the service, for those who provide it; and the pause of everything. */
export function TenantsPage(): ReactElement {
  const api = useApi();
  const work = useActions(inTenant(""));
  const maySee = useMay("service/read");
  const mayCheck = useMay("service/readHealth");
  const mayCreate = useMay("tenants/create");
  const state = useOne("/pause", {}, { enabled: maySee });
  const paused = state.data?.paused ?? null;
  return (
    <ListPage
      listed={LISTED}
      above={({ list }) => (
        <>
          {list.isWhole && list.rows.length > 1 && <Together rows={list.rows} />}
          {paused !== null && (
            <MessageBar intent="warning" layout="multiline">
              <MessageBarBody>
                {words.servicePaused} {pausedText(paused)}
              </MessageBarBody>
            </MessageBar>
          )}
          <ActionButtons actions={actionsOf(api, state.data)} begin={work.begin} />
          {work.view}
          {maySee && <ServiceCost />}
        </>
      )}
    >
      {mayCreate && (
        <LinkButton to="/tenants/new" isPrimary>
          {words.create}
        </LinkButton>
      )}
      {mayCheck && <LinkButton to="/service-health">{words.serviceHealth}</LinkButton>}
      {maySee && <LinkButton to="/audit">{words.serviceAudit}</LinkButton>}
    </ListPage>
  );
}

function actionsOf(api: Api, state: ServiceState | undefined): Action[] {
  const { fields, actions } = words;
  return [
    state?.paused
      ? { name: "resume", ...actions.resumeService, permission: "service/resume", run: () => sent(api.POST("/resume")) }
      : {
          name: "pause",
          ...actions.pauseService,
          permission: "service/pause",
          fields: [input("text", "reason", fields.reason, { optional: true, longest: 400 })],
          run: (values) => sent(api.POST("/pause", { body: entered(values) })),
        },
  ];
}
