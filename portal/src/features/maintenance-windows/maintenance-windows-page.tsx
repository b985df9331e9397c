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
import { moment } from "../../components/moments.ts";
import { words } from "../../words/maintenance-windows.ts";

const PATH = `${ROOT}/maintenanceWindows` as const;
type Window = RowOf<typeof PATH>;
type Form = components["schemas"]["MaintenanceWindowForm"];
type Hours = Window["schedules"][number];

const LONGEST = { name: 120, description: 500 };
const NIGHTS: readonly Hours[] = [{ scheduleType: "weekday", startTime: "22:00:00", endTime: "04:00:00" }];
const DAYS = Object.entries(words.days).map(([value, title]) => ({ value, title }));

const COLUMNS: readonly Column<Window>[] = [
  { id: "name", width: "22%", title: words.columns.name, sort: "displayName", cell: (row) => row.displayName },
  {
    id: "schedules",
    width: "32%",
    title: words.columns.schedules,
    cell: (row) => row.schedules.map(written).join(", "),
  },
  {
    id: "lead",
    title: words.columns.lead,
    cell: (row) => words.minutesBefore({ count: row.notificationLeadTimeInMinutes }),
  },
  { id: "groups", width: "70px", title: words.columns.groups, cell: (row) => String(row.assignments.length) },
  { id: "changed", width: "120px", title: words.columns.changed, cell: (row) => moment(row.lastModifiedDateTime) },
];
const EDITED: EditedList<typeof PATH> = {
  listed: { path: PATH, words, query: { $expand: "assignments" }, idOf: (row) => row.id, columns: () => COLUMNS },
  nameOf: ({ displayName }) => displayName,
  create,
  actionsOf,
};

/** When work that disturbs users may begin. */
export function MaintenanceWindowsPage(): ReactElement {
  return <EditedListPage of={EDITED} />;
}

function written({ scheduleType, startTime, endTime }: Hours): string {
  return words.hours({ days: words.days[scheduleType], start: clock(startTime), end: clock(endTime) });
}

function clock(time: string): string {
  return time.slice(0, "00:00".length);
}

function fieldsOf(row?: Window): Field[] {
  return [
    input("text", "displayName", words.fields.name, {
      longest: LONGEST.name,
      ...(row ? { value: row.displayName } : {}),
    }),
    input("text", "description", words.fields.description, {
      longest: LONGEST.description,
      optional: true,
      value: row?.description ?? "",
    }),
    {
      ...input("rows", "schedules", words.fields.schedules, {
        help: words.fields.schedulesHelp,
        value: (row?.schedules ?? NIGHTS).map((each) => ({ ...each })),
      }),
      fields: [
        input("one", "scheduleType", words.fields.days, { choices: DAYS }),
        input("text", "startTime", words.fields.start, { help: words.fields.startHelp }),
        input("text", "endTime", words.fields.end),
      ],
    },
    input("number", "notificationLeadTimeInMinutes", words.fields.lead, {
      value: row?.notificationLeadTimeInMinutes ?? 60,
      minimum: 0,
      maximum: 1440,
    }),
  ];
}

function create(api: Api, tenant: string): Action {
  return {
    name: "create",
    ...words.actions.create,
    permission: "maintenanceWindows/create",
    fields: fieldsOf(),
    run: async (values) => {
      await api.POST(`${ROOT}/maintenanceWindows`, { params: { path: at(tenant) }, body: entered<Form>(values) });
      return {};
    },
  };
}

function actionsOf(api: Api, tenant: string, row: Window): Action[] {
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
      permission: "maintenanceWindows/update",
      fields: fieldsOf(row),
      run: (values) => sent(api.PATCH(`${ROOT}/maintenanceWindows/{id}`, { ...place, body: entered(values) })),
    },
    {
      name: "assign",
      ...words.actions.assign,
      permission: "maintenanceWindows/assign",
      fields: [input("directoryGroups", "groupIds", words.fields.groups, { choices, value: assigned, optional: true })],
      run: ({ groupIds }) => {
        const assignments = ((groupIds ?? []) as string[]).map((groupId) => ({ target: { groupId } }));
        return sent(api.POST(`${ROOT}/maintenanceWindows/{id}/assign`, { ...place, body: { assignments } }));
      },
    },
    {
      name: "delete",
      ...words.actions.delete,
      permission: "maintenanceWindows/delete",
      typed: row.displayName,
      run: () => sent(api.DELETE(`${ROOT}/maintenanceWindows/{id}`, place)),
    },
  ];
}
