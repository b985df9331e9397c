import { MessageBar, MessageBarBody, makeStyles, tokens } from "@fluentui/react-components";
import { useMemo, useState, type ReactElement } from "react";
import { Link } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import { useApi } from "../../api/context.tsx";
import { titleOf } from "../../api/errors.ts";
import { useList, type ListPath, type Query, type RowOf } from "../../api/read.ts";
import { ActionMenu } from "../../components/action-buttons.tsx";
import type { Column } from "../../components/data-table.tsx";
import { ListView } from "../../components/list-view.tsx";
import { moment } from "../../components/moments.ts";
import { useNews } from "../../components/news.tsx";
import { rowActions } from "../../components/row-actions.tsx";
import { Section } from "../../components/section.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { saidOf } from "../../components/supported.ts";
import type { Work } from "../../components/use-actions.tsx";
import { words as listWords } from "../../words/lists.ts";
import { words } from "../../words/spot-groups.ts";
import { hostActions, sessionActions } from "./actions.ts";
import { HostBadge } from "./host-badge.tsx";
import { HOST_COLORS, countsOf, placeOf } from "./host-state.ts";
import { useSupportedOfHost } from "./supported.ts";
import type { Decision, Member, Session, SessionHost } from "./types.ts";

interface OfGroup {
  readonly tenant: string;
  readonly group: string;
}
interface WithActions extends OfGroup {
  readonly begin: Work["begin"];
}

const useStyles = makeStyles({ notice: { marginBottom: tokens.spacingVerticalM } });

export const HOSTS_PATH = `${ROOT}/spotGroups/{id}/hosts` as const;
const NO_QUERY: Query = {};
const HOSTS: readonly Column<SessionHost>[] = [
  { id: "status", width: "120px", title: words.hostColumns.status, cell: (row) => <HostBadge host={row} /> },
  {
    id: "sessions",
    width: "90px",
    title: words.hostColumns.sessions,
    cell: (row) => String(row.activeSessions + row.disconnectedSessions),
  },
  { id: "version", width: "110px", title: words.hostColumns.version, cell: (row) => row.imageVersion },
  { id: "task", width: "90px", title: words.hostColumns.task, cell: (row) => (row.task ? titleOf(row.task) : "-") },
  { id: "why", title: words.hostColumns.why, cell: (row) => row.failure ?? row.pausedBecause ?? row.why ?? "-" },
];
const SESSIONS: readonly Column<Session>[] = [
  { id: "state", title: words.sessionColumns.state, cell: (row) => <StatusBadge status={row.state} /> },
  { id: "began", width: "120px", title: words.sessionColumns.began, cell: (row) => moment(row.beganDateTime) },
];
const MEMBERS: readonly Column<Member>[] = [
  { id: "user", title: words.memberColumns.user, cell: (row) => row.userPrincipalName },
  {
    id: "status",
    width: "120px",
    title: words.memberColumns.status,
    cell: (row) => <StatusBadge status={row.status} />,
  },
  { id: "since", width: "120px", title: words.memberColumns.since, cell: (row) => moment(row.firstSeenDateTime) },
  { id: "held", title: words.memberColumns.held, cell: (row) => row.heldBecause ?? "-" },
  {
    id: "signOff",
    width: "120px",
    title: words.memberColumns.signOff,
    cell: (row) => (row.signOffDateTime ? moment(row.signOffDateTime) : "-"),
  },
];
const DECISIONS: readonly Column<Decision>[] = [
  { id: "action", width: "110px", title: words.decisionColumns.action, cell: (row) => titleOf(row.action) },
  { id: "text", title: words.decisionColumns.text, cell: (row) => row.text },
];

/** The session hosts of a group. What may be done with one is asked when its menu is opened. */
export function Hosts({ tenant, group, begin }: WithActions): ReactElement {
  const columns = useMemo(
    (): Column<SessionHost>[] => [
      {
        id: "name",
        title: words.hostColumns.name,
        cell: (row) => <Link to={hostPage(tenant, group, row.id)}>{nameOf(row)}</Link>,
      },
      ...HOSTS,
      {
        id: "actions",
        title: listWords.actions,
        width: "80px",
        cell: (row) => <HostMenu tenant={tenant} group={group} host={row} begin={begin} />,
      },
    ],
    [tenant, group, begin],
  );
  return (
    <Part
      of={{ tenant, group }}
      path={HOSTS_PATH}
      title={words.hosts}
      none={words.noHosts}
      columns={columns}
      idOf={idOf}
      above={countsOf}
    />
  );
}

function HostMenu({ tenant, group, host, begin }: WithActions & { readonly host: SessionHost }): ReactElement {
  const api = useApi();
  const [isOpen, setOpen] = useState(false);
  const says = saidOf(useSupportedOfHost(tenant, group, host.id, isOpen));
  const actions = hostActions(api, tenant, group, host, says);
  return (
    <ActionMenu
      actions={actions}
      begin={begin}
      label={listWords.rowActions({ name: nameOf(host) })}
      isSmall
      onOpen={setOpen}
    />
  );
}

export function Sessions({ tenant, group, begin }: WithActions): ReactElement {
  const api = useApi();
  const names = useNames({ tenant, group });
  const columns = useMemo(
    (): Column<Session>[] => [
      {
        id: "user",
        title: words.sessionColumns.user,
        cell: (row) => row.userPrincipalName + (row.userId === null ? words.unknownUser : ""),
      },
      {
        id: "host",
        title: words.sessionColumns.host,
        cell: (row) => names.get(row.sessionHostId) ?? row.sessionHostId,
      },
      ...SESSIONS,
      rowActions<Session>(
        begin,
        ({ userPrincipalName }) => userPrincipalName,
        (row) => sessionActions(api, tenant, group, row),
      ),
    ],
    [api, tenant, group, begin, names],
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

/** What the engine has decided of a group; `host`: of one host only. */
export function Decisions({ tenant, group, host }: OfGroup & { readonly host?: string }): ReactElement {
  const names = useNames({ tenant, group });
  const columns = useMemo(
    (): Column<Decision>[] => [
      { id: "at", width: "170px", title: words.decisionColumns.at, cell: (row) => moment(row.decidedDateTime) },
      // A host that has been removed has no name any more.
      {
        id: "host",
        width: "150px",
        title: words.decisionColumns.host,
        cell: (row) => names.get(row.sessionHostId) ?? words.removedHost,
      },
      ...DECISIONS,
    ],
    [names],
  );
  return (
    <Part
      of={{ tenant, group }}
      path={`${ROOT}/spotGroups/{id}/decisions`}
      title={words.decisions}
      none={words.noDecisions}
      columns={columns}
      idOf={(row) => `${row.decidedDateTime}${row.sessionHostId}${row.action}`}
      query={host === undefined ? NO_QUERY : { $filter: `sessionHostId eq '${host}'` }}
    />
  );
}

/** Says which hosts do not work, on whatever part of the page somebody is. */
export function BrokenHosts(of: OfGroup): ReactElement | null {
  const styles = useStyles();
  const broken = useBroken(of);
  useNews(broken);
  return broken === "" ? null : (
    <MessageBar intent="error" layout="multiline" className={styles.notice}>
      <MessageBarBody>{broken}</MessageBarBody>
    </MessageBar>
  );
}

/** Say which hosts do not work; nothing where all do. */
function useBroken({ tenant, group }: OfGroup): string {
  const { rows } = useList(HOSTS_PATH, { tenant, id: group });
  const broken = rows.filter((host) => HOST_COLORS[placeOf(host)] === "danger");
  return broken.length === 0 ? "" : words.broken({ names: broken.map((host) => nameOf(host)).join(", ") });
}

/** Return the computer names of the hosts that there are, by id: the list is read once for all tables of a page. */
function useNames({ tenant, group }: OfGroup): ReadonlyMap<string, string> {
  const { rows } = useList(HOSTS_PATH, { tenant, id: group });
  return useMemo(() => new Map(rows.map((row) => [row.id, nameOf(row)])), [rows]);
}

interface PartGiven<P extends ListPath> {
  readonly of: OfGroup;
  readonly path: P;
  readonly title: string;
  readonly none: string;
  readonly columns: readonly Column<RowOf<P>>[];
  readonly idOf: (row: RowOf<P>) => string;
  readonly query?: Query;
  /** What is said of the rows as a whole. */
  readonly above?: (rows: readonly RowOf<P>[]) => string;
}

/** One list of a group. */
function Part<P extends ListPath>({
  of,
  path,
  title,
  none,
  columns,
  idOf: id,
  query = NO_QUERY,
  above,
}: PartGiven<P>): ReactElement {
  const list = useList(path, { tenant: of.tenant, id: of.group }, { query });
  return (
    <Section title={title}>
      {above !== undefined && list.rows.length > 0 && <p>{above(list.rows)}</p>}
      <ListView label={title} list={list} columns={columns} idOf={id} none={<p>{none}</p>} />
    </Section>
  );
}

function idOf(row: { readonly id: string }): string {
  return row.id;
}

function nameOf(host: SessionHost): string {
  return host.computerName ?? host.id;
}

function hostPage(tenant: string, group: string, host: string): string {
  return `/t/${tenant}/spot-groups/${group}/hosts/${host}`;
}
