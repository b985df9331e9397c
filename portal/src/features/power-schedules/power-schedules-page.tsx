import type { ReactElement } from "react";

import { ROOT, at } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import type { RowOf } from "../../api/read.ts";
import type { components } from "../../api/schema.d.ts";
import { sent, type Action } from "../../components/action.ts";
import type { Column } from "../../components/data-table.tsx";
import { EditedListPage, type EditedList } from "../../components/edited-list-page.tsx";
import type { Field, Json } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { words } from "../../words/power-schedules.ts";
import { daysOf, hoursOf } from "./hours.ts";
import { UsedBy } from "./used-by.tsx";

const PATH = `${ROOT}/powerSchedules` as const;
type Schedule = RowOf<typeof PATH>;
type Form = Required<components["schemas"]["PowerScheduleForm"]>;

/** Five days of working hours, as the service has them where nobody says otherwise. */
const USUAL = [
  { begins: "07:00:00", days: [1, 2, 3, 4, 5], working: true },
  { begins: "19:00:00", days: [1, 2, 3, 4, 5], working: false },
];
const DAYS = Object.entries(words.days).map(([value, title]) => ({ value, title }));
const STOPS = Object.entries(words.stopActions).map(([value, title]) => ({ value, title }));

const COLUMNS: readonly Column<Schedule>[] = [
  { id: "name", width: "14%", title: words.columns.name, sort: "displayName", cell: (row) => row.displayName },
  { id: "hours", width: "20%", title: words.columns.hours, cell: (row) => hoursOf(row.phases).join(", ") || "-" },
  { id: "zone", width: "12%", title: words.columns.zone, cell: (row) => row.timeZone ?? words.siteZone },
  { id: "stop", title: words.columns.stop, cell: (row) => words.stopActions[row.stopAction] },
  { id: "signedOff", title: words.columns.signedOff, cell: (row) => words.minutes({ count: row.signedOffInMinutes }) },
  {
    id: "disconnected",
    width: "104px",
    title: words.columns.disconnected,
    cell: (row) => words.minutes({ count: row.disconnectedInMinutes }),
  },
];

function columnsOf(tenant: string): readonly Column<Schedule>[] {
  return [
    ...COLUMNS,
    {
      id: "policies",
      title: words.columns.policies,
      cell: ({ id }) => <UsedBy tenant={tenant} id={id} />,
    },
  ];
}

const EDITED: EditedList<typeof PATH> = {
  listed: { path: PATH, words, idOf: (row) => row.id, columns: columnsOf },
  nameOf: ({ displayName }) => displayName,
  create,
  actionsOf,
};

/** When Cloud PCs are on, and when they stop. */
export function PowerSchedulesPage(): ReactElement {
  return <EditedListPage of={EDITED} />;
}

function minutes(name: string, label: string, value: number, minimum: number, maximum: number): Field {
  return input("number", name, label, { value, minimum, maximum });
}

function fieldsOf(row?: Schedule): Field[] {
  const phases = (row?.phases ?? USUAL).map((each) => ({ ...each, days: daysOf(each).map(String) }));
  return [
    input("text", "displayName", words.fields.name, { longest: 120, ...(row ? { value: row.displayName } : {}) }),
    input("text", "timeZone", words.fields.zone, {
      help: words.fields.zoneHelp,
      optional: true,
      longest: 100,
      ...(row?.timeZone ? { value: row.timeZone } : {}),
    }),
    {
      ...input("rows", "phases", words.fields.phases, { help: words.fields.phasesHelp, value: phases as Json }),
      fields: [
        input("text", "begins", words.fields.begins, { help: words.fields.beginsHelp }),
        input("several", "days", words.fields.onDays, { choices: DAYS }),
        input("switch", "working", words.fields.working, { value: false }),
      ],
    },
    minutes("prestartInMinutes", words.fields.prestart, row?.prestartInMinutes ?? 15, 0, 120),
    input("one", "stopAction", words.fields.stop, { choices: STOPS, value: row?.stopAction ?? "deallocate" }),
    minutes("signedOffInMinutes", words.fields.signedOff, row?.signedOffInMinutes ?? 30, 5, 1440),
    minutes("disconnectedInMinutes", words.fields.disconnected, row?.disconnectedInMinutes ?? 60, 5, 1440),
    minutes("warningInMinutes", words.fields.warning, row?.warningInMinutes ?? 15, 0, 60),
    input("switch", "stopsInWorkingHours", words.fields.always, { value: row?.stopsInWorkingHours ?? false }),
  ];
}

/** What is sent: the fields as they are named, days as numbers, no time zone as none. */
function bodyOf({ phases, timeZone, ...values }: Values): Form {
  const rows = (phases ?? []) as {
    readonly begins: string;
    readonly days?: readonly string[];
    readonly working: boolean;
  }[];
  return {
    ...(values as Omit<Form, "phases" | "timeZone">),
    timeZone: timeZone ? String(timeZone) : null,
    phases: rows.map(({ days = [], ...each }) => ({ ...each, days: days.map(Number) })),
  };
}

function create(api: Api, tenant: string): Action {
  return {
    name: "create",
    ...words.actions.create,
    permission: "powerSchedules/create",
    fields: fieldsOf(),
    run: async (values) => {
      await api.POST(`${ROOT}/powerSchedules`, { params: { path: at(tenant) }, body: bodyOf(values) });
      return {};
    },
  };
}

function actionsOf(api: Api, tenant: string, row: Schedule): Action[] {
  const place = { params: { path: { ...at(tenant), id: row.id } } };
  return [
    {
      name: "edit",
      ...words.actions.edit,
      permission: "powerSchedules/update",
      fields: fieldsOf(row),
      run: (values) => sent(api.PATCH(`${ROOT}/powerSchedules/{id}`, { ...place, body: bodyOf(values) })),
    },
    {
      name: "delete",
      ...words.actions.delete,
      permission: "powerSchedules/delete",
      typed: row.displayName,
      run: () => sent(api.DELETE(`${ROOT}/powerSchedules/{id}`, place)),
    },
  ];
}
