import { useMemo, type ReactElement } from "react";
import { useParams } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { useOne, type RowOf } from "../../api/read.ts";
import type { components } from "../../api/schema.d.ts";
import { entered, sent, type Action, type Done } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import { amount } from "../../components/amounts.ts";
import type { Column } from "../../components/data-table.tsx";
import type { Choice, Field } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { inTenant } from "../../components/operation-progress.tsx";
import { rowActions } from "../../components/row-actions.tsx";
import { useActions } from "../../components/use-actions.tsx";
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

const LISTED: Listed<typeof PATH> = { path: PATH, words, idOf: (row) => row.id, columns: () => [], csv: "budgets" };

/** What the form of a budget offers, and the currency of its amounts. */
interface Offered {
  readonly subjects: readonly Choice[];
  readonly currency: string;
}

/** What a month may cost, and how far it is. */
export function BudgetsPage(): ReactElement {
  const { tenant = "" } = useParams();
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const { begin } = work;
  const policies = useOne(`${ROOT}/provisioningPolicies`, { tenant }).data?.value;
  const groups = useOne(`${ROOT}/spotGroups`, { tenant }).data?.value;
  const card = useOne("/tenants/{tenant}/rateCard", { tenant }).data;
  const offered = useMemo(
    (): Offered => ({
      subjects: [...choicesOf("policy", policies), ...choicesOf("spotGroup", groups)],
      currency: card?.currency ?? "",
    }),
    [card, groups, policies],
  );
  const columns = useMemo(
    () => [
      ...columnsOf(offered),
      rowActions<Budget>(
        begin,
        ({ displayName }) => displayName,
        (row) => actionsOf(api, tenant, offered, row),
      ),
    ],
    [api, begin, offered, tenant],
  );
  return (
    <ListPage
      listed={LISTED}
      columns={columns}
      above={() => (
        <>
          <ActionButtons actions={[create(api, tenant, offered)]} begin={begin} />
          {work.view}
        </>
      )}
    />
  );
}

/** Return choices that are for budgets of one scope. */
function choicesOf(
  scope: Budget["scope"],
  found: readonly { readonly id: string; readonly displayName?: string | null }[] = [],
): Choice[] {
  return found.map(({ id, displayName }) => ({ value: id, title: displayName ?? id, scope }));
}

function columnsOf({ subjects, currency }: Offered): Column<Budget>[] {
  const money = (value: number): string => (currency === "" ? amounts.format(value) : amount(value, { currency }));
  const shareOf = (value: number | null | undefined, of: number): string =>
    typeof value === "number"
      ? words.share({ amount: money(value), percent: Math.round((value / of) * PERCENT) })
      : words.unknown;
  return [
    { id: "name", width: "20%", title: words.columns.name, sort: "displayName", cell: (row) => row.displayName },
    {
      id: "scope",
      title: words.columns.scope,
      cell: ({ scope, subjectId }) => subjects.find(({ value }) => value === subjectId)?.title ?? words.scopes[scope],
    },
    { id: "amount", title: words.columns.amount, sort: "amount", cell: (row) => money(row.amount) },
    { id: "spent", title: words.columns.spent, cell: (row) => shareOf(row.use?.spent, row.amount) },
    { id: "forecast", title: words.columns.forecast, cell: (row) => shareOf(row.use?.forecast, row.amount) },
    {
      id: "brake",
      title: words.columns.brake,
      cell: (row) => (row.brakes ? words.steps[row.use?.step ?? "none"] : words.unlinked),
    },
  ];
}

function fieldsOf({ subjects }: Offered, row?: Budget): Field[] {
  return [
    input("text", "displayName", words.fields.name, { longest: LONGEST, ...(row ? { value: row.displayName } : {}) }),
    input("one", "scope", words.fields.scope, { choices: SCOPES, value: row?.scope ?? "tenant" }),
    input("one", "subjectId", words.fields.subject, {
      choices: subjects,
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

function create(api: Api, tenant: string, offered: Offered): Action {
  return {
    name: "create",
    ...words.actions.create,
    permission: "budgets/write",
    fields: fieldsOf(offered),
    run: (values) => put(api, tenant, newId(), values),
  };
}

function actionsOf(api: Api, tenant: string, offered: Offered, row: Budget): Action[] {
  return [
    {
      name: "edit",
      ...words.actions.edit,
      permission: "budgets/write",
      fields: fieldsOf(offered, row),
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
