import type { ReactElement } from "react";
import { Link, useParams } from "react-router";

import { useApi } from "../../api/context.tsx";
import { useOne, type RowOf } from "../../api/read.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import type { Column } from "../../components/data-table.tsx";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { words } from "../../words/notice-endpoints.ts";
import { create, createMail, createUsers } from "./actions.ts";

const PATH = "/tenants/{tenant}/noticeEndpoints" as const;
type Row = RowOf<typeof PATH>;

const LISTED: Listed<typeof PATH> = { path: PATH, words, idOf: (row) => row.id, columns: columnsOf };

/** Where the service tells what happens. */
export function NoticeEndpointsPage(): ReactElement {
  const { tenant = "" } = useParams();
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const types = useOne("/tenants/{tenant}/eventTypes", { tenant }, { isFixed: true }).data?.value ?? [];
  return (
    <ListPage
      listed={LISTED}
      above={() => (
        <>
          <ActionButtons
            actions={[create(api, tenant, types), createMail(api, tenant, types), createUsers(api, tenant, types)]}
            begin={work.begin}
          />
          {work.view}
        </>
      )}
    />
  );
}

function columnsOf(tenant: string): Column<Row>[] {
  return [
    {
      id: "name",
      width: "22%",
      title: words.columns.name,
      cell: (row) => <Link to={`/t/${tenant}/notice-endpoints/${row.id}`}>{row.displayName}</Link>,
    },
    { id: "kind", title: words.columns.kind, cell: (row) => words.kinds[row.kind] },
    { id: "address", width: "22%", title: words.columns.address, cell: addressOf },
    { id: "status", title: words.columns.status, cell: ({ status }) => <StatusBadge status={status} /> },
    { id: "events", title: words.columns.events, cell: ({ eventTypes }) => eventsOf(eventTypes) },
    {
      id: "success",
      width: "120px",
      title: words.columns.success,
      cell: (row) => (row.lastSuccessDateTime ? moment(row.lastSuccessDateTime) : "-"),
    },
    { id: "failures", width: "90px", title: words.columns.failures, cell: (row) => String(row.failures) },
  ];
}

function addressOf({ address, mail }: Row): string {
  return mail === null ? address : mail.receivers.join(", ");
}

function eventsOf(types: readonly string[]): string {
  return types.length === 0 ? words.allEvents : words.countEvents({ count: types.length });
}
