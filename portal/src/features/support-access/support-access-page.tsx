import { MessageBar, MessageBarBody } from "@fluentui/react-components";
import { useMemo, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import type { Api } from "../../api/client.ts";
import { useApi, useMay, useMe } from "../../api/context.tsx";
import { useOne, type RowOf } from "../../api/read.ts";
import { sent, type Action } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import type { Column } from "../../components/data-table.tsx";
import type { Choice } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { everyName, firstNames } from "../../components/principals.ts";
import { rowActions } from "../../components/row-actions.tsx";
import { StatusBadge } from "../../components/status-badge.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { words } from "../../words/support-access.ts";

const PATH = "/tenants/{tenant}/supportAccess" as const;
const ROLES = "/tenants/{tenant}/{version}/roleManagement/cloudPC/roleDefinitions" as const;
/** From the actions below. */
const APART = { marginBottom: "12px" } as const;
type Access = RowOf<typeof PATH>;
type NameOf = (role: string) => string;

const LISTED: Listed<typeof PATH> = {
  path: PATH,
  words,
  idOf: (row) => row.id,
  nameOf: (row) => row.reason,
  columns: () => [],
  isSearchable: true,
  csv: "support-access",
};

function columnsOf(nameOf: NameOf): readonly Column<Access>[] {
  const { columns } = words;
  return [
    { id: "reason", title: columns.reason, cell: (row) => row.reason },
    {
      id: "status",
      width: "170px",
      title: columns.status,
      sort: "status",
      cell: (row) => <StatusBadge status={row.status} title={words.statuses[row.status]} />,
    },
    { id: "role", title: columns.role, cell: (row) => nameOf(row.roleDefinitionId) },
    { id: "who", title: columns.who, cell: (row) => firstNames(whoOf(row)) },
    { id: "until", title: columns.until, sort: "endDateTime", cell: (row) => untilOf(row) },
    { id: "requestedBy", title: columns.requestedBy, sort: "requestedBy", cell: (row) => row.requestedBy },
    { id: "approvedBy", title: columns.approvedBy, sort: "approvedBy", cell: (row) => row.approvedBy ?? "-" },
  ];
}

/** Return the people, and the groups marked as such. */
function whoOf({ principals, groupIds }: Access): Access["principals"] {
  return principals.map((each) =>
    groupIds.includes(each.id) ? { ...each, displayName: words.group({ name: each.displayName ?? each.id }) } : each,
  );
}

function untilOf({ endDateTime }: Access): string {
  return endDateTime ? moment(endDateTime) : "-";
}

/** Access of the provider's people: what was asked for, is active, or is over. */
export function SupportAccessPage(): ReactElement {
  const { tenant = "" } = useParams();
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const { begin } = work;
  const asked = useOne(ROLES, { tenant });
  const known = asked.data?.value;
  const columns = useMemo(() => {
    const nameOf: NameOf = (role) => known?.find(({ id }) => id === role)?.displayName ?? role;
    return [
      ...columnsOf(nameOf),
      rowActions<Access>(
        begin,
        ({ reason }) => reason,
        (row) => actionsOf(api, tenant, row, nameOf),
      ),
    ];
  }, [api, begin, known, tenant]);
  const roles = (known ?? []).map(({ id, displayName = id }) => ({ value: id, title: displayName }));
  return (
    <ListPage
      listed={LISTED}
      columns={columns}
      above={() => (
        <>
          <ProviderAccess tenant={tenant} />
          {asked.isPending ? null : <Create tenant={tenant} roles={roles} begin={begin} />}
          {work.view}
        </>
      )}
    />
  );
}

/** Whether the provider needs support access at all, and where that is changed. */
function ProviderAccess({ tenant }: { readonly tenant: string }): ReactElement | null {
  const chosen = useOne("/tenants/{tenant}", { tenant }).data?.settings.providerAccess;
  const mayChange = useMay("wizards/save");
  return chosen === undefined ? null : (
    <MessageBar layout="multiline" style={APART}>
      <MessageBarBody>
        {words.providerAccess[chosen]}{" "}
        {mayChange && <Link to={`/t/${tenant}/wizards/edit-tenant`}>{words.change}</Link>}
      </MessageBarBody>
    </MessageBar>
  );
}

interface CreateGiven {
  readonly tenant: string;
  readonly roles: readonly Choice[];
  readonly begin: (action: Action) => void;
}

/** Whoever may consent gives it at once; the provider's people ask for it, for themselves to begin with. */
function Create({ tenant, roles, begin }: CreateGiven): ReactElement | null {
  const api = useApi();
  const me = useMe().data;
  const mayApprove = useMay("supportAccess/approve");
  const directory = useOne("/tenants/{tenant}", { tenant }).data?.entraTenantId;
  const isGuest = me?.directoryId !== directory;
  const isGiven = mayApprove && !isGuest;
  const { fields, actions } = words;
  if (me === undefined || directory === undefined) {
    return null; // nobody knows yet on whose side they are
  }
  const action: Action = {
    name: "create",
    ...(isGiven ? actions.give : actions.request),
    permission: "supportAccess/create",
    fields: [
      input("text", "reason", fields.reason, { help: fields.reasonHelp, longest: 500 }),
      input("one", "roleDefinitionId", fields.role, { help: fields.roleHelp, choices: roles }),
      input("lines", "principalIds", fields.who, { help: fields.whoHelp, ...(isGuest ? { value: [me.id] } : {}) }),
      input("moment", "endDateTime", fields.until, { help: fields.untilHelp }),
    ],
    run: async ({ reason, roleDefinitionId, principalIds, endDateTime }) => {
      await api.POST(PATH, {
        params: { path: { tenant } },
        body: {
          reason: String(reason),
          roleDefinitionId: String(roleDefinitionId),
          principalIds: [...((principalIds ?? []) as readonly string[])],
          endDateTime: String(endDateTime),
        },
      });
      return {};
    },
  };
  return <ActionButtons actions={[action]} begin={begin} />;
}

function actionsOf(api: Api, tenant: string, row: Access, nameOf: NameOf): Action[] {
  const place = { params: { path: { tenant, id: row.id } } };
  const { facts, columns } = words;
  const of = {
    [columns.reason]: row.reason,
    [facts.role]: nameOf(row.roleDefinitionId),
    [facts.who]: everyName(whoOf(row)),
    ...(row.groupIds.length > 0 ? { [facts.groups]: words.groupsText } : {}),
    [facts.until]: untilOf(row),
    [facts.requestedBy]: row.requestedBy,
  };
  return [
    {
      name: "approve",
      ...words.actions.approve,
      permission: "supportAccess/approve",
      why: row.status === "approvalPending" ? null : words.noPending,
      of,
      run: () => sent(api.POST(`${PATH}/{id}/approve`, place)),
    },
    {
      name: "end",
      ...words.actions.end,
      permission: "supportAccess/delete",
      why: row.status === "expired" ? words.over : null,
      of,
      run: () => sent(api.DELETE(`${PATH}/{id}`, place)),
    },
  ];
}
