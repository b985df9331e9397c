import type { ReactElement } from "react";

import type { Api } from "../../api/client.ts";
import { titleOf } from "../../api/errors.ts";
import type { RowOf } from "../../api/read.ts";
import type { components } from "../../api/schema.d.ts";
import { entered, sent, type Action, type Done } from "../../components/action.ts";
import type { Column } from "../../components/data-table.tsx";
import { EditedListPage, type EditedList } from "../../components/edited-list-page.tsx";
import type { Field } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { words } from "../../words/budgets.ts";
import { region } from "../../words/language.ts";

const PATH = "/tenants/{tenant}/budgets" as const;
const ONE = "/tenants/{tenant}/budgets/{id}" as const;
type Budget = RowOf<typeof PATH>;
type Form = components["schemas"]["BudgetSettings"];

const amounts = new Intl.NumberFormat(region, { maximumFractionDigits: 2 });
const PERCENT = 100;
const LONGEST = 120;
const DIGITS = 8;
const SCOPES = Object.entries(words.scopes).map(([value, title]) => ({ value, title }));

const COLUMNS: readonly Column<Budget>[] = [
  { id: "name", width: "22%", title: words.columns.name, sort: "displayName", cell: (row) => row.displayName },
  { id: "scope", title: words.columns.scope, cell: (row) => words.scopes[row.scope] },
  { id: "amount", title: words.columns.amount, sort: "amount", cell: (row) => amounts.format(row.amount) },
  { id: "spent", title: words.columns.spent, cell: (row) => shareOf(row.use?.spent, row.amount) },
  { id: "forecast", title: words.columns.forecast, cell: (row) => shareOf(row.use?.forecast, row.amount) },
  {
    id: "brake",
    title: words.columns.brake,
    cell: (row) => (row.brakes ? titleOf(row.use?.step ?? "none") : words.unlinked),
  },
];
const EDITED: EditedList<typeof PATH> = {
  listed: { path: PATH, words, idOf: (row) => row.id, columns: () => COLUMNS, csv: "budgets" },
  nameOf: ({ displayName }) => displayName,
  create,
  actionsOf,
};

/** What a month may cost, and how far it is. */
export function BudgetsPage(): ReactElement {
  return <EditedListPage of={EDITED} />;
}

function shareOf(value: number | null | undefined, of: number): string {
  return typeof value !== "number"
    ? words.unknown
    : words.share({ amount: amounts.format(value), percent: Math.round((value / of) * PERCENT) });
}

function fieldsOf(row?: Budget): Field[] {
  return [
    input("text", "displayName", words.fields.name, { longest: LONGEST, ...(row ? { value: row.displayName } : {}) }),
    input("one", "scope", words.fields.scope, { choices: SCOPES, value: row?.scope ?? "tenant" }),
    input("text", "subjectId", words.fields.subject, {
      help: words.fields.subjectHelp,
      optional: true,
      value: row?.subjectId ?? "",
    }),
    input("number", "amount", words.fields.amount, {
      help: words.fields.amountHelp,
      minimum: 1,
      ...(row ? { value: row.amount } : {}),
    }),
    input("switch", "brakes", words.fields.brakes, { help: words.fields.brakesHelp, value: row?.brakes ?? false }),
  ];
}

function put(api: Api, tenant: string, id: string, { subjectId, ...values }: Values): Promise<Done> {
  const body = entered<Form>({ ...values, subjectId: subjectId ? subjectId : null });
  return sent(api.PUT(ONE, { params: { path: { tenant, id } }, body }));
}

/** Return an id as the service wants it: a letter first, at most 32 of letters, digits and hyphens. */
function newId(): string {
  return `budget-${crypto.randomUUID().slice(0, DIGITS)}`;
}

function create(api: Api, tenant: string): Action {
  return {
    name: "create",
    ...words.actions.create,
    permission: "budgets/write",
    fields: fieldsOf(),
    run: (values) => put(api, tenant, newId(), values),
  };
}

function actionsOf(api: Api, tenant: string, row: Budget): Action[] {
  return [
    {
      name: "edit",
      ...words.actions.edit,
      permission: "budgets/write",
      fields: fieldsOf(row),
      run: (values) => put(api, tenant, row.id, values),
    },
    {
      name: "delete",
      ...words.actions.delete,
      permission: "budgets/delete",
      typed: row.displayName,
      run: () => sent(api.DELETE(ONE, { params: { path: { tenant, id: row.id } } })),
    },
  ];
}
