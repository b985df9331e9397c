import { Caption1 } from "@fluentui/react-components";
import { Options20Regular } from "@fluentui/react-icons/svg/options";
import { useMemo, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import type { RowOf } from "../../api/read.ts";
import { sent, type Action } from "../../components/action.ts";
import type { Column } from "../../components/data-table.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { rowActions } from "../../components/row-actions.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import type { Color } from "../../components/status-color.ts";
import { useActions } from "../../components/use-actions.tsx";
import { sentence } from "../../words/sentence.ts";
import { words } from "../../words/reclaim.ts";

const PATH = `${ROOT}/reports/idleCloudPcs` as const;
type Row = RowOf<typeof PATH>;

const COLORS: Readonly<Record<Row["verdict"], Color>> = {
  idle: "warning",
  inUse: "success",
  notApplicable: "informative",
  unreadable: "warning",
  onLeave: "informative",
};
const LISTED: Listed<typeof PATH> = {
  path: PATH,
  words,
  idOf: (row) => row.id,
  columns: columnsOf,
  isSearchable: true,
  csv: "idle-cloud-pcs",
};

/** Which Cloud PCs nobody uses, as the rules of their policies judge, and what happens next to each. */
export function IdlePage(): ReactElement {
  const { tenant = "" } = useParams();
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const { begin } = work;
  const columns = useMemo(
    () => [
      ...columnsOf(tenant),
      rowActions<Row>(
        begin,
        (row) => [row.userPrincipalName, row.managedDeviceName].filter(Boolean).join(", "),
        (row) => actionsOf(api, tenant, row),
      ),
    ],
    [api, begin, tenant],
  );
  return (
    <ListPage listed={LISTED} columns={columns} above={() => work.view}>
      <LinkButton to={`/t/${tenant}/reclaim-rules`} icon={Options20Regular}>
        {words.rules}
      </LinkButton>
    </ListPage>
  );
}

function columnsOf(tenant: string): Column<Row>[] {
  const { idleColumns } = words;
  return [
    {
      id: "user",
      width: "22%",
      title: idleColumns.user,
      sort: "userPrincipalName",
      cell: (row) => (
        <>
          <Link to={`/t/${tenant}/cloud-pcs/${row.id}`}>{row.userPrincipalName}</Link>
          {row.managedDeviceName ? <Caption1 block>{row.managedDeviceName}</Caption1> : null}
        </>
      ),
    },
    {
      id: "verdict",
      width: "120px",
      title: idleColumns.verdict,
      cell: ({ verdict }) => <StatusBadge status={verdict} title={words.verdicts[verdict]} color={COLORS[verdict]} />,
    },
    { id: "policy", title: idleColumns.policy, cell: (row) => row.provisioningPolicyName ?? "-" },
    {
      id: "days",
      title: idleColumns.days,
      sort: "observedIdleDays",
      cell: (row) => words.ofDays({ days: row.observedIdleDays, limit: row.idleDays }),
    },
    { id: "last", width: "120px", title: idleColumns.last, cell: (row) => moment(row.lastUsedDateTime) },
    { id: "next", width: "24%", title: idleColumns.next, cell: nextOf },
  ];
}

/** Write how far the case of a Cloud PC is, and why the verdict is so. */
function nextOf(row: Row): string {
  const state = row.state === null ? "" : words.states[row.state];
  const grace = row.state === "noticed" ? words.proposedFrom({ moment: moment(row.proposedFromDateTime) }) : "";
  return [state, grace, sentence(row.waits ?? row.reason)].filter(Boolean).join(" ");
}

function actionsOf(api: Api, tenant: string, row: Row): Action[] {
  return [
    {
      name: "dismiss",
      ...words.actions.dismiss,
      permission: "reclaimCases/dismiss",
      of: { [words.idleColumns.user]: row.userPrincipalName, [words.computer]: row.managedDeviceName },
      why: row.state === null ? words.noCase : row.state === "dismissed" ? words.isKept : null,
      run: () =>
        sent(api.POST("/tenants/{tenant}/reclaimCases/{id}/dismiss", { params: { path: { tenant, id: row.id } } })),
    },
  ];
}
