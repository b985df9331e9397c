import { useMemo, type ReactElement } from "react";

import { ROOT } from "../../api/addresses.ts";
import { useApi } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { useList, type ListPath, type RowOf } from "../../api/read.ts";
import type { Column } from "../../components/data-table.tsx";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { rowActions } from "../../components/row-actions.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import type { Work } from "../../components/use-actions.tsx";
import { words } from "../../words/spot-groups.ts";
import { hostActions, sessionActions } from "./actions.ts";
import type { Decision, Member, Session, SessionHost } from "./types.ts";

interface OfGroup {
  readonly tenant: string;
  readonly group: string;
}
interface WithActions extends OfGroup {
  readonly begin: Work["begin"];
}

const HOSTS: readonly Column<SessionHost>[] = [
  { id: "name", title: words.hostColumns.name, cell: (row) => row.computerName ?? row.id },
  { id: "status", width: "120px", title: words.hostColumns.status, cell: (row) => <StatusBadge status={row.status} /> },
  { id: "sessions", width: "90px", title: words.hostColumns.sessions, cell: (row) => String(row.activeSessions) },
  { id: "version", width: "110px", title: words.hostColumns.version, cell: (row) => row.imageVersion },
  { id: "task", width: "90px", title: words.hostColumns.task, cell: (row) => (row.task ? titleOf(row.task) : "-") },
  { id: "why", title: words.hostColumns.why, cell: (row) => row.failure ?? row.why ?? "-" },
];
const SESSIONS: readonly Column<Session>[] = [
  { id: "user", title: words.sessionColumns.user, cell: (row) => row.userPrincipalName },
  { id: "state", title: words.sessionColumns.state, cell: (row) => <StatusBadge status={row.state} /> },
  { id: "began", title: words.sessionColumns.began, cell: (row) => moment(row.beganDateTime) },
];
const MEMBERS: readonly Column<Member>[] = [
  { id: "user", title: words.memberColumns.user, cell: (row) => row.userPrincipalName },
  { id: "status", width: "120px", title: words.memberColumns.status, cell: (row) => <StatusBadge status={row.status} /> },
  { id: "since", title: words.memberColumns.since, cell: (row) => moment(row.firstSeenDateTime) },
  { id: "held", title: words.memberColumns.held, cell: (row) => row.heldBecause ?? "-" },
];
const DECISIONS: readonly Column<Decision>[] = [
  { id: "at", width: "170px", title: words.decisionColumns.at, cell: (row) => moment(row.decidedDateTime) },
  { id: "action", width: "110px", title: words.decisionColumns.action, cell: (row) => titleOf(row.action) },
  { id: "text", title: words.decisionColumns.text, cell: (row) => row.text },
];

export function Hosts({ tenant, group, begin }: WithActions): ReactElement {
  const api = useApi();
  const columns = useMemo(
    () => [...HOSTS, rowActions<SessionHost>(begin, hostName, (row) => hostActions(api, tenant, group, row))],
    [api, tenant, group, begin],
  );
  return <Part of={{ tenant, group }} path={`${ROOT}/spotGroups/{id}/hosts`} title={words.hosts} none={words.noHosts} columns={columns} idOf={idOf} />;
}

export function Sessions({ tenant, group, begin }: WithActions): ReactElement {
  const api = useApi();
  const columns = useMemo(
    () => [
      ...SESSIONS,
      rowActions<Session>(begin, ({ userPrincipalName }) => userPrincipalName, (row) => sessionActions(api, tenant, group, row)),
    ],
    [api, tenant, group, begin],
  );
  return (
    <Part
      of={{ tenant, group }}
      path={`${ROOT}/spotGroups/{id}/sessions`}
      title={words.sessions}
      none={words.noSessions}
      columns={columns}
      idOf={idOf}
    />
  );
}

export function Members({ tenant, group }: OfGroup): ReactElement {
  return (
    <Part
      of={{ tenant, group }}
      path={`${ROOT}/spotGroups/{id}/members`}
      title={words.members}
      none={words.noMembers}
      columns={MEMBERS}
      idOf={idOf}
    />
  );
}

export function Decisions({ tenant, group }: OfGroup): ReactElement {
  return (
    <Part
      of={{ tenant, group }}
      path={`${ROOT}/spotGroups/{id}/decisions`}
      title={words.decisions}
      none={words.noDecisions}
      columns={DECISIONS}
      idOf={(row) => `${row.decidedDateTime}${row.sessionHostId}${row.action}`}
    />
  );
}

interface PartGiven<P extends ListPath> {
  readonly of: OfGroup;
  readonly path: P;
  readonly title: string;
  readonly none: string;
  readonly columns: readonly Column<RowOf<P>>[];
  readonly idOf: (row: RowOf<P>) => string;
}

/** One list of a group. Users come and go at any time: it is always read again soon. */
function Part<P extends ListPath>({ of, path, title, none, columns, idOf: id }: PartGiven<P>): ReactElement {
  const list = useList(path, { tenant: of.tenant, id: of.group }, { runs: () => true });
  return (
    <Section title={title}>
      <ListView label={title} list={list} columns={columns} idOf={id} none={<p>{none}</p>} />
    </Section>
  );
}

function idOf(row: { readonly id: string }): string {
  return row.id;
}

function hostName(row: SessionHost): string {
  return row.computerName ?? row.id;
}
