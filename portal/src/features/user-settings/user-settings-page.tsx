import type { ReactElement } from "react";

import { ROOT, at } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import type { RowOf } from "../../api/read.ts";
import type { components } from "../../api/schema.d.ts";
import { entered, sent, type Action } from "../../components/action.ts";
import type { Column } from "../../components/data-table.tsx";
import { EditedListPage, type EditedList } from "../../components/edited-list-page.tsx";
import type { Field } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { moment } from "../../components/moments.ts";
import { words } from "../../words/user-settings.ts";

type Path = "/tenants/{tenant}/{version}/deviceManagement/virtualEndpoint/userSettings";
type Setting = RowOf<Path>;
type Form = Required<components["schemas"]["UserSettingForm"]>;

const COLUMNS: readonly Column<Setting>[] = [
  { id: "name", title: words.columns.name, sort: "displayName", cell: (row) => row.displayName },
  { id: "self", width: "84px", title: words.columns.self, cell: (row) => allowed(row.selfServiceEnabled) },
  { id: "admin", width: "84px", title: words.columns.admin, cell: (row) => allowed(row.localAdminEnabled) },
  { id: "reset", width: "74px", title: words.columns.reset, cell: (row) => allowed(row.resetEnabled) },
  {
    id: "restore",
    width: "74px",
    title: words.columns.restore,
    cell: (row) => allowed(row.restorePointSetting.userRestoreEnabled),
  },
  { id: "frequency", title: words.columns.frequency, cell: (row) => words.frequencies[frequencyOf(row)] },
  { id: "groups", width: "64px", title: words.columns.groups, cell: (row) => String(row.assignments.length) },
  { id: "changed", width: "120px", title: words.columns.changed, cell: (row) => moment(row.lastModifiedDateTime) },
];
const FREQUENCIES = Object.entries(words.frequencies).map(([value, title]) => ({ value, title }));
const EDITED: EditedList<Path> = {
  listed: {
    path: `${ROOT}/userSettings`,
    words,
    query: { $expand: "assignments" },
    idOf: (row) => row.id,
    columns: () => COLUMNS,
  },
  nameOf: ({ displayName }) => displayName,
  create,
  actionsOf,
};

function frequencyOf(row?: Setting): keyof typeof words.frequencies {
  return row?.restorePointSetting.frequencyType ?? "default";
}

function allowed(is: boolean | undefined): string {
  return is ? words.yes : words.no;
}

/** What users may do with their own Cloud PCs. */
export function UserSettingsPage(): ReactElement {
  return <EditedListPage of={EDITED} />;
}

function fieldsOf(row?: Setting): Field[] {
  return [
    input("text", "displayName", words.fields.name, { longest: 120, ...(row ? { value: row.displayName } : {}) }),
    input("switch", "selfServiceEnabled", words.fields.self, { value: row?.selfServiceEnabled ?? true }),
    input("switch", "localAdminEnabled", words.fields.admin, { value: row?.localAdminEnabled ?? false }),
    input("switch", "resetEnabled", words.fields.reset, { value: row?.resetEnabled ?? false }),
    input("switch", "userRestoreEnabled", words.fields.restore, {
      value: row?.restorePointSetting.userRestoreEnabled ?? false,
    }),
    input("one", "frequencyType", words.fields.frequency, { value: frequencyOf(row), choices: FREQUENCIES }),
  ];
}

function bodyOf({ userRestoreEnabled, frequencyType, ...values }: Values): Form {
  return {
    ...entered<Omit<Form, "restorePointSetting">>(values),
    restorePointSetting: entered<Form["restorePointSetting"]>({ userRestoreEnabled, frequencyType }),
  };
}

function create(api: Api, tenant: string): Action {
  return {
    name: "create",
    ...words.actions.create,
    permission: "userSettings/create",
    fields: fieldsOf(),
    run: async (values) => {
      await api.POST(`${ROOT}/userSettings`, { params: { path: at(tenant) }, body: bodyOf(values) });
      return {};
    },
  };
}

function actionsOf(api: Api, tenant: string, row: Setting): Action[] {
  const place = { params: { path: { ...at(tenant), id: row.id } } };
  const assigned = row.assignments.map((each) => each.target.groupId);
  const choices = row.assignments.map((each) => ({
    value: each.target.groupId,
    title: each["@deskwright.groupDisplayName"] ?? each.target.groupId,
  }));
  return [
    {
      name: "edit",
      ...words.actions.edit,
      permission: "userSettings/update",
      fields: fieldsOf(row),
      run: (values) => sent(api.PATCH(`${ROOT}/userSettings/{id}`, { ...place, body: bodyOf(values) })),
    },
    {
      name: "assign",
      ...words.actions.assign,
      permission: "userSettings/assign",
      fields: [input("directoryGroups", "groupIds", words.fields.groups, { choices, value: assigned, optional: true })],
      run: ({ groupIds }) => {
        const assignments = ((groupIds ?? []) as string[]).map((groupId) => ({ target: { groupId } }));
        return sent(api.POST(`${ROOT}/userSettings/{id}/assign`, { ...place, body: { assignments } }));
      },
    },
    {
      name: "delete",
      ...words.actions.delete,
      permission: "userSettings/delete",
      typed: row.displayName,
      run: () => sent(api.DELETE(`${ROOT}/userSettings/{id}`, place)),
    },
  ];
}
