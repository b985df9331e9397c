"""Reports of a tenant's warm pools."""

from __future__ import annotations

from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.policies.policy import Policy, Snapshot
from shared.domain.policies.warm_pool import PoolSize, WarmPool, pool_problem
from shared.domain.pools.member import PoolMember
from shared.domain.pools.plan import plan_pool
from shared.domain.pools.status import PoolStatus, members_of, usage_of
from shared.services.cost.budgets import why_pools_wait
from shared.services.operations.action_context import ActionContext
from shared.services.policies.reconciling import snapshots_of
from shared.services.pools.filling import pool_record


async def pool_statuses(context: ActionContext) -> list[PoolStatus]:
    """Return the status of each pool of the tenant, and of each that is gone and has members left."""
    deps, tenant = context.deps, context.tenant
    members = [each.value async for each in deps.pool_members.of_tenant(tenant.id)]
    policies = {each.value.id: each.value async for each in deps.policies.each(tenant.id)}
    keys = {(each.policy_id, each.plan.id) for each in members}
    keys |= {(policy.id, pool.plan.id) for policy in policies.values() for pool in policy.pools}
    fresh = await snapshots_of(deps, tenant, [policies[each] for each in {key[0] for key in keys} & policies.keys()])
    found = []
    for policy_id, plan_id in sorted(keys):
        own = [each for each in members if (each.policy_id, each.plan.id) == (policy_id, plan_id)]
        found.append(await _status(context, policies.get(policy_id), fresh.get(policy_id), own, (policy_id, plan_id)))
    return found


async def _status(
    context: ActionContext,
    policy: Policy | None,
    fresh: Snapshot | None,
    members: list[PoolMember],
    of: tuple[str, str],
) -> PoolStatus:
    deps, tenant_id, (policy_id, plan_id) = context.deps, context.tenant.id, of
    pool = policy.pool_of(plan_id) if policy else None
    shown = pool or WarmPool(plan=members[0].plan)
    problem = pool_problem(shown, fresh.configuration.naming_template) if pool and fresh else None
    record = await pool_record(deps, tenant_id, policy_id, plan_id)
    ids = policy.connection_ids if policy else ()
    waits = await why_pools_wait(deps, tenant_id, policy_id)
    made = plan_pool(None if problem else pool, members, fresh, ids, record, context.now, waits)
    asked = [each.value async for each in deps.cloud_pcs.each(tenant_id, policy_id=policy_id)]
    return PoolStatus(
        **{name: getattr(shown, name) for name in PoolSize.model_fields},
        id=naming.pool_id(tenant_id, policy_id, plan_id),
        policy_id=policy_id,
        policy_name=policy.display_name if policy else "",
        service_plan_id=plan_id,
        service_plan_name=shown.plan.display_name,
        eligible=len(made.eligible),
        starting=len(made.starting),
        held=len(made.held),
        parked=len(made.parked),
        deleting=len(made.deleting) + len(made.retired),
        missing=max(0, made.size - len(made.eligible) - len(made.starting)),
        failures=record.failures,
        next_step=problem or made.why,
        usage=usage_of(_of_plan(asked, plan_id), context.now),
        members=members_of(made, members),
    )


def _of_plan(cloud_pcs: list[CloudPc], plan_id: str) -> list[CloudPc]:
    return [pc for pc in cloud_pcs if pc.plan.id == plan_id]
