import { Caption1, MessageBar, MessageBarBody } from "@fluentui/react-components";
import { useMemo, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import type { Api } from "../../api/client.ts";
import { useApi, useMay } from "../../api/context.tsx";
import { useOne, type RowOf } from "../../api/read.ts";
import { sent, type Action } from "../../components/action.ts";
import type { Column } from "../../components/data-table.tsx";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { rowActions } from "../../components/row-actions.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { words } from "../../words/deleted-cloud-pcs.ts";
import { sentence } from "../../words/sentence.ts";

const PATH = "/tenants/{tenant}/deletedCloudPCs";
type Deleted = RowOf<typeof PATH>;

const LISTED: Listed<typeof PATH> = {
  path: PATH,
  words,
  idOf: (row) => row.id,
  nameOf: (row) => row.displayName,
  isSearchable: true,
  csv: "deleted-cloud-pcs",
  runs: (row) => row.status !== "kept",
  columns: (tenant) => columnsOf(tenant),
};

function columnsOf(tenant: string): readonly Column<Deleted>[] {
  return [
    { id: "name", width: "14%", title: words.columns.name, sort: "displayName", cell: (row) => row.displayName },
    {
      id: "user",
      width: "20%",
      title: words.columns.user,
      sort: "userPrincipalName",
      cell: (row) => <User tenant={tenant} row={row} />,
    },
    { id: "computer", title: words.columns.computer, sort: "managedDeviceName", cell: (row) => row.managedDeviceName },
    { id: "plan", title: words.columns.plan, sort: "servicePlanName", cell: (row) => row.servicePlanName },
    { id: "status", width: "130px", title: words.columns.status, sort: "status", cell: (row) => <Status row={row} /> },
    {
      id: "deleted",
      width: "120px",
      title: words.columns.deleted,
      sort: "deletedDateTime",
      cell: (row) => (row.deletedDateTime ? moment(row.deletedDateTime) : "-"),
    },
    {
      id: "until",
      width: "120px",
      title: words.columns.until,
      sort: "expirationDateTime",
      cell: (row) => moment(row.expirationDateTime),
    },
    {
      id: "size",
      width: "80px",
      title: words.columns.size,
      sort: "diskSizeInGB",
      cell: (row) => words.gigabytes({ count: row.diskSizeInGB }),
    },
  ];
}

/** The user, and the way to the Cloud PCs that they have now. */
function User({ tenant, row }: { readonly tenant: string; readonly row: Deleted }): ReactElement {
  const { userPrincipalName: user } = row;
  return (
    <Link to={`/t/${tenant}/cloud-pcs?search=${encodeURIComponent(user)}`} aria-label={words.cloudPcsOf({ user })}>
      {user}
    </Link>
  );
}

function Status({ row }: { readonly row: Deleted }): ReactElement {
  return (
    <>
      <StatusBadge status={row.status} title={words.statuses[row.status]} />
      {row.problem ? <Caption1 block>{sentence(row.problem)}</Caption1> : null}
    </>
  );
}

/** Machines that were removed, and whose disks can still be used. */
export function DeletedCloudPcsPage(): ReactElement {
  const { tenant = "" } = useParams();
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const { begin } = work;
  const columns = useMemo(
    () => [
      ...columnsOf(tenant),
      rowActions<Deleted>(
        begin,
        ({ displayName }) => displayName,
        (row) => [removal(api, tenant, row)],
      ),
    ],
    [api, begin, tenant],
  );
  return (
    <ListPage
      listed={LISTED}
      columns={columns}
      above={({ list }) => (
        <>
          <Setting tenant={tenant} />
          {list.rows.length > 0 && <p>{words.how}</p>}
          {work.view}
        </>
      )}
    />
  );
}

/** For how long disks are kept, and where that is changed. */
function Setting({ tenant }: { readonly tenant: string }): ReactElement | null {
  const days = useOne("/tenants/{tenant}", { tenant }).data?.settings.deletedCloudPcsKeptInDays;
  const mayChange = useMay("wizards/save");
  return days === undefined ? null : (
    <MessageBar layout="multiline">
      <MessageBarBody>
        {words.keptFor({ days })}{" "}
        {mayChange && <Link to={`/t/${tenant}/wizards/edit-tenant`}>{words.changeSetting}</Link>}
      </MessageBarBody>
    </MessageBar>
  );
}

function removal(api: Api, tenant: string, row: Deleted): Action {
  const { facts } = words;
  return {
    name: "delete",
    ...words.actions.delete,
    permission: "deletedCloudPCs/delete",
    why: row.status === "copying" ? words.notYet : row.status === "removing" ? words.removing : null,
    of: {
      [facts.user]: row.userPrincipalName,
      [facts.computer]: row.managedDeviceName,
      [facts.plan]: row.servicePlanName,
      [facts.until]: moment(row.expirationDateTime),
    },
    typed: row.managedDeviceName,
    run: () => sent(api.DELETE("/tenants/{tenant}/deletedCloudPCs/{id}", { params: { path: { tenant, id: row.id } } })),
  };
}
