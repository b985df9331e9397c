import { useMemo, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { useOne, type RowOf } from "../../api/read.ts";
import type { components } from "../../api/schema.d.ts";
import { entered, sent, type Action, type Done } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import type { Column } from "../../components/data-table.tsx";
import type { Choice, Field } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import type { Values } from "../../components/form/schema-form.tsx";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { rowActions } from "../../components/row-actions.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { sentence } from "../../words/sentence.ts";
import { words } from "../../words/reclaim.ts";

const PATH = "/tenants/{tenant}/reclaimRules" as const;
const ONE = "/tenants/{tenant}/reclaimRules/{id}" as const;
type Rule = RowOf<typeof PATH>;
type Form = components["schemas"]["ReclaimRuleSettings"];

/** Bounds and usual values of the service. */
const IDLE = { minimum: 7, maximum: 365, value: 45 };
const GRACE = { minimum: 14, maximum: 180, value: 14 };
const LONGEST = 1_500;
const MODES = Object.entries(words.modes).map(([value, title]) => ({ value, title }));
const NO_CHOICES: readonly Choice[] = [];
const LISTED: Listed<typeof PATH> = {
  path: PATH,
  words: { title: words.rules, about: words.rulesAbout, none: words.noRules, noneText: words.noRulesText },
  idOf: (row) => row.id,
  columns: () => [],
};

/** After how many days without use a policy's Cloud PCs are proposed for removal, and what happens until then. */
export function ReclaimRulesPage(): ReactElement {
  const { tenant = "" } = useParams();
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const { begin } = work;
  const policies = useOne(`${ROOT}/provisioningPolicies`, { tenant }).data?.value;
  const choices = useMemo(
    () => policies?.map(({ id, displayName }) => ({ value: id, title: displayName ?? id })),
    [policies],
  );
  const nameOf = useMemo(() => (id: string) => choices?.find(({ value }) => value === id)?.title ?? id, [choices]);
  const columns = useMemo(
    () => [
      ...columnsOf(tenant, nameOf),
      rowActions<Rule>(
        begin,
        ({ id }) => nameOf(id),
        (row) => actionsOf(api, tenant, row, nameOf(row.id)),
      ),
    ],
    [api, begin, nameOf, tenant],
  );
  return (
    <ListPage
      listed={LISTED}
      columns={columns}
      above={({ list }) => {
        const ruled = new Set(list.rows.map(({ id }) => id));
        return (
          <>
            <ActionButtons
              actions={[
                create(
                  api,
                  tenant,
                  choices?.filter(({ value }) => !ruled.has(value)),
                ),
              ]}
              begin={begin}
            />
            {work.view}
          </>
        );
      }}
    />
  );
}

function columnsOf(tenant: string, nameOf: (id: string) => string): Column<Rule>[] {
  const { columns } = words;
  return [
    {
      id: "policy",
      width: "22%",
      title: columns.policy,
      cell: ({ id }) => <Link to={`/t/${tenant}/policies/${id}`}>{nameOf(id)}</Link>,
    },
    { id: "mode", width: "26%", title: columns.mode, cell: ({ mode }) => words.modes[mode] },
    { id: "idle", title: columns.idle, cell: ({ idleDays }) => words.days({ count: idleDays }) },
    { id: "grace", title: columns.grace, cell: ({ graceDays }) => words.days({ count: graceDays }) },
    { id: "checked", width: "120px", title: columns.checked, cell: ({ checkedAt }) => moment(checkedAt) },
    { id: "waits", title: columns.waits, cell: ({ heldBack }) => sentence(heldBack) || "-" },
  ];
}

function fieldsOf(row?: Rule): Field[] {
  const { fields } = words;
  const group = row?.leaveGroupId;
  return [
    input("one", "mode", fields.mode, { choices: MODES, value: row?.mode ?? "simulate", help: fields.modeHelp }),
    input("number", "idleDays", fields.idle, { ...IDLE, value: row?.idleDays ?? IDLE.value, help: fields.idleHelp }),
    input("number", "graceDays", fields.grace, {
      ...GRACE,
      value: row?.graceDays ?? GRACE.value,
      help: fields.graceHelp,
    }),
    input("directoryGroups", "leaveGroups", fields.leave, {
      optional: true,
      help: fields.leaveHelp,
      choices: group ? [{ value: group, title: group }] : [],
      value: group ? [group] : [],
    }),
    input("text", "description", fields.description, {
      optional: true,
      longest: LONGEST,
      value: row?.description ?? "",
    }),
  ];
}

function put(api: Api, tenant: string, id: string, { leaveGroups, ...values }: Values): Promise<Done> {
  const [leaveGroupId = null] = (leaveGroups ?? []) as readonly string[];
  const body = entered<Form>({ ...values, leaveGroupId });
  return sent(api.PUT(ONE, { params: { path: { tenant, id } }, body }));
}

function create(api: Api, tenant: string, policies: readonly Choice[] | undefined): Action {
  return {
    name: "create",
    ...words.actions.create,
    permission: "reclaimRules/write",
    why: policies === undefined ? words.reading : policies.length === 0 ? words.allRuled : null,
    fields: [input("one", "policyId", words.fields.policy, { choices: policies ?? NO_CHOICES }), ...fieldsOf()],
    run: ({ policyId, ...values }) => put(api, tenant, String(policyId), values),
  };
}

function actionsOf(api: Api, tenant: string, row: Rule, name: string): Action[] {
  const place = { params: { path: { tenant, id: row.id } } };
  return [
    {
      name: "edit",
      ...words.actions.edit,
      permission: "reclaimRules/write",
      of: { [words.columns.policy]: name },
      fields: fieldsOf(row),
      run: (values) => put(api, tenant, row.id, values),
    },
    {
      name: "confirm",
      ...words.actions.confirm,
      permission: "reclaimRules/confirm",
      of: { [words.columns.policy]: name },
      why: row.heldBack ? null : words.notHeld,
      run: () => sent(api.POST("/tenants/{tenant}/reclaimRules/{id}/confirm", place)),
    },
    {
      name: "delete",
      ...words.actions.delete,
      permission: "reclaimRules/delete",
      typed: name,
      run: () => sent(api.DELETE(ONE, place)),
    },
  ];
}
