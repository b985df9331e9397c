import { useMemo, type ReactElement } from "react";
import { Link, useParams } from "react-router";

import { ROOT } from "../../api/addresses.ts";
import type { Api } from "../../api/client.ts";
import { useApi } from "../../api/context.tsx";
import { useOne, type RowOf } from "../../api/read.ts";
import { sent, type Action, type Done } from "../../components/action.ts";
import { ActionButtons } from "../../components/action-buttons.tsx";
import type { Column } from "../../components/data-table.tsx";
import type { Choice } from "../../components/form/fields.ts";
import { input } from "../../components/form/inputs.ts";
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { regionName } from "../../components/region-names.ts";
import { rowActions } from "../../components/row-actions.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { region as locale } from "../../words/language.ts";
import { sentence } from "../../words/sentence.ts";
import { words } from "../../words/warm-pools.ts";
import { formOf, isSame, poolOf, settings, type PoolForm, type PoolNames } from "./pool-form.ts";

const PATH = "/tenants/{tenant}/pools" as const;
type Pool = RowOf<typeof PATH>;

const PERCENT = 100;
const REGION = 40;
const NO_POOLS: readonly Pool[] = [];
const LISTED: Listed<typeof PATH> = { path: PATH, words, idOf: (row) => row.id, columns: columnsOf };

/** Machines that are built before somebody needs them: how many, whether that helps, and what happens next. */
export function WarmPoolsPage(): ReactElement {
  const { tenant = "" } = useParams();
  const api = useApi();
  const work = useActions(inTenant(tenant));
  const { begin } = work;
  const policies = useOne(`${ROOT}/provisioningPolicies`, { tenant });
  const plans = useOne(`${ROOT}/servicePlans`, { tenant });
  // A policy's pools are set together: what is not sent is drained.
  const pools = useOne(PATH, { tenant }).data?.value ?? NO_POOLS;
  const columns = useMemo(
    () => [
      ...columnsOf(tenant),
      rowActions<Pool>(
        begin,
        (row) => [row.policyName, planOf(row)].filter(Boolean).join(", "),
        (row) => actionsOf(api, tenant, pools, row),
      ),
    ],
    [api, begin, pools, tenant],
  );
  const offered = {
    isRead: policies.data !== undefined && plans.data !== undefined,
    policies: (policies.data?.value ?? []).map(({ id, displayName }) => ({ value: id, title: displayName ?? id })),
    plans: (plans.data?.value ?? []).map(({ id, displayName }) => ({ value: id, title: displayName ?? id })),
  };
  return (
    <ListPage
      listed={LISTED}
      columns={columns}
      above={() => (
        <>
          <ActionButtons actions={[create(api, tenant, pools, offered)]} begin={begin} />
          {work.view}
        </>
      )}
    />
  );
}

function columnsOf(tenant: string): Column<Pool>[] {
  return [
    {
      id: "name",
      width: "14%",
      title: words.columns.name,
      cell: (row) => <Link to={`/t/${tenant}/policies/${row.policyId}`}>{row.policyName}</Link>,
    },
    {
      id: "plan",
      width: "14%",
      title: words.columns.plan,
      cell: planOf,
    },
    { id: "size", width: "84px", title: words.columns.size, cell: sizeOf },
    { id: "eligible", width: "64px", title: words.columns.eligible, cell: (row) => String(row.eligible) },
    { id: "building", title: words.columns.building, cell: wayOf },
    { id: "state", width: "84px", title: words.columns.state, cell: ({ state }) => words.states[state] },
    { id: "use", width: "100px", title: words.columns.use, cell: ({ usage }) => useOf(usage) },
    { id: "oldest", width: "120px", title: words.columns.oldest, cell: (row) => moment(row.oldestDateTime) },
    { id: "cost", width: "84px", title: words.columns.cost, cell: costOf },
    { id: "advice", width: "14%", title: words.columns.advice, cell: ({ advice }) => adviceOf(advice) },
    { id: "next", width: "16%", title: words.columns.next, cell: nextOf },
  ];
}

function planOf({ servicePlanName, region }: Pool): string {
  return [servicePlanName, region && regionName(region)].filter(Boolean).join(", ");
}

function sizeOf({ size, schedule }: Pool): string {
  return schedule ? words.scheduled({ size }) : String(size);
}

function wayOf({ starting, missing, parked }: Pool): string {
  const counts = { starting, missing, parked };
  const said = (Object.keys(counts) as (keyof typeof counts)[])
    .filter((name) => counts[name] > 0)
    .map((name) => words[name]({ count: counts[name] }));
  return said.join(", ") || "-";
}

/** Write how many of those who asked got a member. */
function useOf({ claimed, missed, hitRate }: Pool["usage"]): string {
  return typeof hitRate === "number"
    ? words.hits({ claimed, asked: claimed + missed, percent: Math.round(hitRate * PERCENT) })
    : "-";
}

function costOf({ costOfDay, currency }: Pool): string {
  return typeof costOfDay === "number" && currency
    ? new Intl.NumberFormat(locale, { style: "currency", currency }).format(costOfDay)
    : "-";
}

/** Write the size that past requests ask for, the days that ask for more, and why. */
function adviceOf({ desired, busyDays = [], why }: Pool["advice"]): string {
  const days = busyDays.map(({ on, size }) => words.busyDay({ day: on, size }));
  const sizes = typeof desired === "number" ? [words.advised({ size: desired }), ...days].join(", ") : "";
  return [sentence(sizes), sentence(why)].filter(Boolean).join(" ");
}

function nextOf({ nextAction, nextStep }: Pool): string {
  return [sentence(words.nextActions[nextAction]), sentence(nextStep)].filter(Boolean).join(" ");
}

/** Set one pool of a policy, or none, and keep the others in their order with all that is set of them. */
function set(
  api: Api,
  tenant: string,
  pools: readonly Pool[],
  place: PoolNames & { readonly policyId: string },
  pool: PoolForm | null,
): Promise<Done> {
  const there = pools.filter(({ policyId }) => policyId === place.policyId);
  const kept = there.flatMap((each) => (isSame(each, place) ? (pool ?? []) : formOf(each)));
  const body = { pools: pool === null || there.some((each) => isSame(each, place)) ? kept : [...kept, pool] };
  const params = { path: { tenant, id: place.policyId } };
  return sent(api.POST("/tenants/{tenant}/provisioningPolicies/{id}/setPools", { params, body }));
}

interface Offered {
  readonly isRead: boolean;
  readonly policies: readonly Choice[];
  readonly plans: readonly Choice[];
}

function create(api: Api, tenant: string, pools: readonly Pool[], offered: Offered): Action {
  return {
    name: "create",
    ...words.actions.create,
    permission: "provisioningPolicies/update",
    why: offered.isRead ? null : words.reading,
    fields: [
      input("one", "policyId", words.fields.policy, { choices: offered.policies }),
      input("one", "servicePlanId", words.fields.plan, { choices: offered.plans }),
      input("text", "region", words.fields.region, { help: words.fields.regionHelp, optional: true, longest: REGION }),
      ...settings(),
    ],
    run: ({ policyId, servicePlanId, region, ...values }) => {
      const named = typeof region === "string" ? region : null;
      const place = { policyId: String(policyId), servicePlanId: String(servicePlanId), region: named };
      return set(api, tenant, pools, place, poolOf(place, values));
    },
  };
}

function actionsOf(api: Api, tenant: string, pools: readonly Pool[], row: Pool): Action[] {
  return [
    {
      name: "edit",
      ...words.actions.edit,
      permission: "provisioningPolicies/update",
      fields: settings(row),
      run: (values) => set(api, tenant, pools, row, poolOf(row, values)),
    },
    {
      name: "drain",
      ...words.actions.drain,
      permission: "provisioningPolicies/update",
      run: () => set(api, tenant, pools, row, null),
    },
  ];
}
