import { Subtitle1 } from "@fluentui/react-components";
import type { ReactElement } from "react";
import { useParams } from "react-router";

import { titleOf } from "../../api/errors.ts";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { ErrorNotice } from "../../components/error-notice.tsx";
import { Facts } from "../../components/facts.tsx";
import { ListView } from "../../components/list-view.tsx";
import { Loading } from "../../components/loading.tsx";
import { moment } from "../../components/moments.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { words } from "../../words/spot-groups.ts";
import {
  useDecisions,
  useHosts,
  useSessions,
  useSpotGroup,
  type Decision,
  type Session,
  type SessionHost,
} from "./api.ts";

const HOSTS: readonly Column<SessionHost>[] = [
  { id: "name", title: words.hostColumns.name, cell: (row) => row.computerName ?? row.id },
  { id: "status", title: words.hostColumns.status, cell: (row) => <StatusBadge status={row.status} /> },
  { id: "sessions", title: words.hostColumns.sessions, cell: (row) => String(row.activeSessions) },
  { id: "version", title: words.hostColumns.version, cell: (row) => row.imageVersion },
  { id: "task", title: words.hostColumns.task, cell: (row) => (row.task ? titleOf(row.task) : "-") },
  { id: "why", title: words.hostColumns.why, cell: (row) => row.failure ?? row.why ?? "-" },
];
const SESSIONS: readonly Column<Session>[] = [
  { id: "user", title: words.sessionColumns.user, cell: (row) => row.userPrincipalName },
  { id: "state", title: words.sessionColumns.state, cell: (row) => <StatusBadge status={row.state} /> },
  { id: "began", title: words.sessionColumns.began, cell: (row) => moment(row.beganDateTime) },
];
const DECISIONS: readonly Column<Decision>[] = [
  { id: "at", title: words.decisionColumns.at, cell: (row) => moment(row.decidedDateTime) },
  { id: "action", title: words.decisionColumns.action, cell: (row) => titleOf(row.action) },
  { id: "text", title: words.decisionColumns.text, cell: (row) => row.text },
];

/** One Spot Group: its state, its hosts and sessions, and why the engine did what it did. */
export function SpotGroupPage(): ReactElement {
  const { tenant = "", id = "" } = useParams();
  const query = useSpotGroup(tenant, id);
  const [hosts, sessions, decisions] = [useHosts(tenant, id), useSessions(tenant, id), useDecisions(tenant, id)];
  if (query.isPending) {
    return <Loading />;
  }
  if (query.data === undefined) {
    return <ErrorNotice error={query.error} again={() => void query.refetch()} />;
  }
  const group = query.data;
  return (
    <>
      <PageHeader title={group.displayName}>
        <StatusBadge status={group.status} />
        <AsOf query={query} />
      </PageHeader>
      <Facts
        facts={{
          reason: group.statusDetail,
          desktops: titleOf(group.licenseType),
          quantity: group.quantity,
          usersPerHost: group.usersPerHost,
          imageVersion: group.imageVersion,
          site: group.siteId,
          profiles: group.profilePath,
          poolDrift: group.poolDrift.length > 0 ? group.poolDrift : null,
          startOnConnect: group.cannotStartOnConnect,
        }}
      />
      <Subtitle1 as="h2">{words.hosts}</Subtitle1>
      <ListView label={words.hosts} list={hosts} columns={HOSTS} idOf={idOf} none={<p>{words.noHosts}</p>} />
      <Subtitle1 as="h2">{words.sessions}</Subtitle1>
      <ListView label={words.sessions} list={sessions} columns={SESSIONS} idOf={idOf} none={<p>{words.noSessions}</p>} />
      <Subtitle1 as="h2">{words.decisions}</Subtitle1>
      <ListView
        label={words.decisions}
        list={decisions}
        columns={DECISIONS}
        idOf={(row) => `${row.decidedDateTime}${row.sessionHostId}${row.action}`}
        none={<p>{words.noDecisions}</p>}
      />
    </>
  );
}

function idOf(row: { readonly id: string }): string {
  return row.id;
}
