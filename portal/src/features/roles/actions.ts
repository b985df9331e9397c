/** What can be done with the roles of a tenant, and with their assignments. */

import { at } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import { titleOf } from "../../api/errors.ts";
import type { RowOf } from "../../api/read.ts";
import type { components } from "../../api/schema.d.ts";
import { sent, type Action } from "../../components/action.ts";
import type { Field, Json } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { everyName } from "../../components/principals.ts";
import { words } from "../../words/roles.ts";
import { byResource, permissionsIn } from "./permissions.ts";
import { KINDS, scopesIn, type Things } from "./scopes.ts";

export const ROLES = "/tenants/{tenant}/{version}/roleManagement/cloudPC/roleDefinitions" as const;
export const ASSIGNMENTS = "/tenants/{tenant}/{version}/roleManagement/cloudPC/roleAssignments" as const;
export type Role = RowOf<typeof ROLES>;
export type Assignment = RowOf<typeof ASSIGNMENTS>;

const { fields, facts } = words;

export function permissionsOf({ rolePermissions }: Role): string[] {
  return rolePermissions.flatMap((each) => each.allowedResourceActions);
}

/** Return the fields of a role. *giveable*: the permissions that it may have. */
function fieldsOf(giveable: readonly string[], row?: Role): Field[] {
  const inner = Object.entries(byResource(giveable)).map(([resource, verbs]) =>
    input("several", resource, titleOf(resource), {
      optional: true,
      choices: verbs.map((value) => ({ value, title: titleOf(value) })),
    }),
  );
  const value = (row ? byResource(permissionsOf(row)) : {}) as Json;
  return [
    input("text", "displayName", fields.name, { longest: 120, ...(row ? { value: row.displayName } : {}) }),
    input("text", "description", fields.description, {
      optional: true,
      longest: 1000,
      ...(row ? { value: row.description } : {}),
    }),
    { ...input("group", "permissions", fields.permissions, { help: fields.permissionsHelp, value }), fields: inner },
  ];
}

function bodyOf({ displayName, description, permissions }: Values): components["schemas"]["RoleDefinitionBody"] {
  return {
    displayName: String(displayName),
    description: String(description ?? ""),
    rolePermissions: [{ allowedResourceActions: permissionsIn(permissions) }],
  };
}

export function define(api: Api, tenant: string, giveable: readonly string[]): Action {
  return {
    name: "create",
    ...words.actions.define,
    permission: "roleDefinitions/create",
    fields: fieldsOf(giveable),
    run: async (values) => {
      await api.POST(ROLES, { params: { path: at(tenant) }, body: bodyOf(values) });
      return {};
    },
  };
}

export function roleActions(api: Api, tenant: string, row: Role, giveable: readonly string[]): Action[] {
  const place = { params: { path: { ...at(tenant), id: row.id } } };
  const why = row.isBuiltIn ? words.builtIn : null;
  return [
    {
      name: "edit",
      ...words.actions.edit,
      permission: "roleDefinitions/update",
      why,
      fields: fieldsOf(giveable, row),
      run: (values) => sent(api.PATCH(`${ROLES}/{id}`, { ...place, body: bodyOf(values) })),
    },
    {
      name: "delete",
      ...words.actions.delete,
      permission: "roleDefinitions/delete",
      why,
      typed: row.displayName,
      run: () => sent(api.DELETE(`${ROLES}/{id}`, place)),
    },
  ];
}

/** *things*: what a role can be limited to. */
export function assign(api: Api, tenant: string, roles: readonly Role[], things: Things): Action {
  return {
    name: "assign",
    ...words.actions.assign,
    permission: "roleAssignments/create",
    fields: [
      input("text", "displayName", fields.name, { longest: 120 }),
      input("one", "roleDefinitionId", fields.role, {
        choices: roles.map(({ id, displayName }) => ({ value: id, title: displayName })),
      }),
      input("directoryPrincipals", "principalIds", fields.who),
      {
        ...input("group", "scopes", fields.scopes, { help: fields.scopesHelp, value: {} }),
        fields: KINDS.map((kind) =>
          input("several", kind, fields.kinds[kind], { optional: true, choices: things[kind] }),
        ),
      },
      input("text", "description", fields.description, { optional: true, longest: 1000 }),
    ],
    run: async ({ displayName, roleDefinitionId, principalIds, scopes, description }) => {
      const appScopeIds = scopesIn(scopes);
      await api.POST(ASSIGNMENTS, {
        params: { path: at(tenant) },
        body: {
          displayName: String(displayName),
          description: String(description ?? ""),
          roleDefinitionId: String(roleDefinitionId),
          principalIds: [...((principalIds ?? []) as readonly string[])],
          directoryScopeIds: appScopeIds.length === 0 ? ["/"] : [],
          appScopeIds,
        },
      });
      return {};
    },
  };
}

export function takeBack(api: Api, tenant: string, row: Assignment, role: string, where: string): Action {
  return {
    name: "remove",
    ...words.actions.remove,
    permission: "roleAssignments/delete",
    of: { [facts.role]: role, [facts.who]: everyName(row.principals), [facts.where]: where },
    typed: row.displayName,
    run: () => sent(api.DELETE(`${ASSIGNMENTS}/{id}`, { params: { path: { ...at(tenant), id: row.id } } })),
  };
}
