import { useMemo, type ReactElement } from "react";
import { useParams } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { useList, useOne } from "../../api/read.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { AsOf } from "../../components/as-of.tsx";
import type { Column } from "../../components/data-table.tsx";
import { ListView } from "../../components/list-view.tsx";
import { inTenant } from "../../components/operation-progress.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { firstNames } from "../../components/principals.ts";
import { rowActions } from "../../components/row-actions.tsx";
import { Section } from "../../components/section.tsx";
import { useActions, type Work } from "../../components/use-actions.tsx";
import { words } from "../../words/roles.ts";
import {
  ASSIGNMENTS,
  ROLES,
  assign,
  define,
  permissionsOf,
  roleActions,
  takeBack,
  type Assignment,
  type Role,
} from "./actions.ts";
import { choicesOf, placesOf, type Things } from "./scopes.ts";

/** The role whose permissions are all that a role of a tenant can have. */
const ADMINISTRATOR = "CloudPC.Administrator";
/** Names change seldom, and all of them are offered. */
const ALL = { query: { $top: "1000", $select: "id,displayName" }, isSlow: true } as const;

/** The roles that a tenant defines, and who has them. */
export function RolesPage(): ReactElement {
  const { tenant = "" } = useParams();
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const roles = useList(ROLES, { tenant });
  const assignments = useList(ASSIGNMENTS, { tenant }, { query: { $expand: "principals" } });
  const { things, isRead } = useThings(tenant);
  const { begin } = work;
  const { rows } = roles;
  const columns = useMemo(() => columnsOf(api, tenant, rows, things, begin), [api, begin, rows, tenant, things]);
  return (
    <>
      <PageHeader title={words.title} about={words.about}>
        <AsOf query={roles} />
      </PageHeader>
      {work.view}
      <Section title={words.definitions}>
        <ActionButtons actions={[define(api, tenant, giveableOf(rows))]} begin={begin} />
        <ListView
          label={words.definitions}
          list={roles}
          columns={columns.roles}
          idOf={(row) => row.id}
          none={<p>{words.noDefinitions}</p>}
        />
      </Section>
      <Section title={words.assignments}>
        {isRead && <ActionButtons actions={[assign(api, tenant, rows, things)]} begin={begin} />}
        <ListView
          label={words.assignments}
          list={assignments}
          columns={columns.assignments}
          idOf={(row) => row.id}
          none={<p>{words.noAssignments}</p>}
        />
      </Section>
    </>
  );
}

function giveableOf(roles: readonly Role[]): readonly string[] {
  return roles.filter(({ id }) => id === ADMINISTRATOR).flatMap((role) => permissionsOf(role));
}

/** What a role can be limited to, and whether it was read: a form that is open has no other choices later. */
function useThings(tenant: string): { readonly things: Things; readonly isRead: boolean } {
  const policies = useOne(`${ROOT}/provisioningPolicies`, { tenant }, ALL);
  const groups = useOne(`${ROOT}/spotGroups`, { tenant }, ALL);
  const sites = useOne("/tenants/{tenant}/sites", { tenant }, ALL);
  const things = useMemo(
    () => ({
      provisioningPolicies: choicesOf(policies.data?.value),
      spotGroups: choicesOf(groups.data?.value),
      sites: choicesOf(sites.data?.value),
    }),
    [policies.data, groups.data, sites.data],
  );
  return { things, isRead: !policies.isPending && !groups.isPending && !sites.isPending };
}

function columnsOf(api: Api, tenant: string, rows: readonly Role[], things: Things, begin: Work["begin"]) {
  const nameOf = (role: string): string => rows.find(({ id }) => id === role)?.displayName ?? role;
  const roles: Column<Role>[] = [
    { id: "name", title: words.columns.name, cell: (row) => row.displayName },
    { id: "kind", width: "150px", title: words.columns.kind, cell: (row) => kindOf(row) },
    { id: "description", title: words.columns.description, cell: (row) => row.description || "-" },
    {
      id: "permissions",
      width: "150px",
      title: words.columns.permissions,
      cell: (row) => words.permissionsOf({ count: permissionsOf(row).length }),
    },
    rowActions(
      begin,
      ({ displayName }) => displayName,
      (row) => roleActions(api, tenant, row, giveableOf(rows)),
    ),
  ];
  const assignments: Column<Assignment>[] = [
    { id: "name", title: words.assignmentColumns.name, cell: (row) => row.displayName },
    { id: "role", title: words.assignmentColumns.role, cell: (row) => nameOf(row.roleDefinitionId) },
    {
      id: "who",
      title: words.assignmentColumns.who,
      cell: (row) => firstNames(row.principals),
    },
    {
      id: "where",
      title: words.assignmentColumns.where,
      cell: (row) => placesOf(row.appScopeIds, things),
    },
    { id: "description", title: words.assignmentColumns.description, cell: (row) => row.description || "-" },
    rowActions(
      begin,
      ({ displayName }) => displayName,
      (row) => [takeBack(api, tenant, row, nameOf(row.roleDefinitionId), placesOf(row.appScopeIds, things))],
    ),
  ];
  return { roles, assignments };
}

function kindOf({ isBuiltIn }: Role): string {
  return isBuiltIn ? words.kinds.builtIn : words.kinds.own;
}
