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
import { ListPage, type Listed } from "../../components/list-page.tsx";
import { moment } from "../../components/moments.ts";
import { inTenant } from "../../components/operation-progress.tsx";
import { rowActions } from "../../components/row-actions.tsx";
import { useActions } from "../../components/use-actions.tsx";
import { sentence } from "../../words/sentence.ts";
import { words } from "../../words/warm-pools.ts";

const PATH = "/tenants/{tenant}/pools" as const;
type Pool = RowOf<typeof PATH>;
type PoolForm = components["schemas"]["PoolForm"];

const PERCENT = 100;
const HOURS = { least: 24, most: 480, usual: 336 };
const MOST = 900;
const STATES = Object.entries(words.states).map(([value, title]) => ({ value, title }));
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
        ({ policyName, servicePlanName }) => `${policyName}, ${servicePlanName}`,
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
    { id: "plan", width: "14%", title: words.columns.plan, cell: (row) => row.servicePlanName },
    { id: "desired", width: "64px", title: words.columns.desired, cell: (row) => String(row.desired) },
    { id: "eligible", width: "64px", title: words.columns.eligible, cell: (row) => String(row.eligible) },
    {
      id: "building",
      title: words.columns.building,
      cell: wayOf,
    },
    { id: "claimed", width: "84px", title: words.columns.claimed, cell: ({ usage }) => String(usage.claimed) },
    { id: "missed", width: "84px", title: words.columns.missed, cell: ({ usage }) => String(usage.missed) },
    { id: "rate", width: "64px", title: words.columns.rate, cell: ({ usage }) => rateOf(usage.hitRate) },
    { id: "oldest", title: words.columns.oldest, cell: ({ members }) => oldestOf(members) },
    { id: "next", width: "22%", title: words.columns.next, cell: ({ nextStep }) => sentence(nextStep) },
  ];
}

function wayOf({ starting, missing, parked }: Pool): string {
  const counts = { starting, missing, parked };
  const said = (Object.keys(counts) as (keyof typeof counts)[])
    .filter((name) => counts[name] > 0)
    .map((name) => words[name]({ count: counts[name] }));
  return said.join(", ") || "-";
}

function rateOf(rate: number | null | undefined): string {
  return typeof rate === "number" ? `${Math.round(rate * PERCENT)} %` : "-";
}

function oldestOf(members: Pool["members"]): string {
  const [first] = members.map(({ createdDateTime }) => createdDateTime).toSorted();
  return first === undefined ? words.noMembers : moment(first);
}

function settings(row?: Pool): Field[] {
  const { fields } = words;
  return [
    input("number", "desired", fields.desired, { value: row?.desired ?? 1, minimum: 0, maximum: MOST }),
    input("number", "minimum", fields.minimum, { value: row?.minimum ?? 0, minimum: 0, maximum: MOST }),
    input("number", "maximum", fields.maximum, { value: row?.maximum ?? MOST, minimum: 1, maximum: MOST }),
    input("one", "state", fields.state, { choices: STATES, value: row?.state ?? "running" }),
    input("number", "ttlHours", fields.ttl, {
      value: row?.ttlHours ?? HOURS.usual,
      minimum: HOURS.least,
      maximum: HOURS.most,
    }),
    input("switch", "useOutdated", fields.outdated, { value: row?.useOutdated ?? false }),
  ];
}

/** Set one pool of a policy, or none of its plan, and keep the others as they are. */
function set(
  api: Api,
  tenant: string,
  pools: readonly Pool[],
  place: { readonly policyId: string; readonly servicePlanId: string },
  pool: PoolForm | null,
): Promise<Done> {
  const others = pools
    .filter(({ policyId, servicePlanId }) => policyId === place.policyId && servicePlanId !== place.servicePlanId)
    .map(({ servicePlanId, desired, minimum, maximum, state, ttlHours, useOutdated }) => ({
      servicePlanId,
      desired,
      minimum,
      maximum,
      state,
      ttlHours,
      useOutdated,
    }));
  const body = { pools: pool === null ? others : [...others, pool] };
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
      ...settings(),
    ],
    run: ({ policyId, ...values }) => {
      const pool = entered<PoolForm>(values);
      return set(api, tenant, pools, { policyId: String(policyId), servicePlanId: pool.servicePlanId }, pool);
    },
  };
}

function actionsOf(api: Api, tenant: string, pools: readonly Pool[], row: Pool): Action[] {
  const { servicePlanId } = row;
  return [
    {
      name: "edit",
      ...words.actions.edit,
      permission: "provisioningPolicies/update",
      fields: settings(row),
      run: (values) => set(api, tenant, pools, row, { ...entered<PoolForm>(values), servicePlanId }),
    },
    {
      name: "drain",
      ...words.actions.drain,
      permission: "provisioningPolicies/update",
      run: () => set(api, tenant, pools, row, null),
    },
  ];
}
