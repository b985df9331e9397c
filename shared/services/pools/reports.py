"""Reports of a tenant's warm pools."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cost.prices import disk_tier
from shared.domain.cost.rate_card import PriceBook, meter_of
from shared.domain.cost.report import HOURS_IN_A_MONTH
from shared.domain.images.validation import LARGEST_IMAGE_IN_GB
from shared.domain.policies.policy import Policy
from shared.domain.policies.warm_pool import PoolKey, PoolSize, WarmPool
from shared.domain.pools.advice import advised
from shared.domain.pools.member import PoolMember
from shared.domain.pools.plan import PoolPlan, plan_pool
from shared.domain.pools.status import (
    PoolStatus,
    PoolTimes,
    has_asked,
    members_of,
    next_action,
    requests_of,
    times_of,
    usage_of,
)
from shared.services.cost.prices import price_book
from shared.services.operations.action_context import ActionContext
from shared.services.pools.filling import pool_record
from shared.services.pools.places import PoolPlaces, places_of
from shared.services.pools.yielding import unless_it_waits


async def pool_statuses(context: ActionContext) -> list[PoolStatus]:
    """Return the status of each pool of the tenant, and of each that is gone and has members left."""
    deps, tenant = context.deps, context.tenant
    members = [each.value async for each in deps.pool_members.of_tenant(tenant.id)]
    policies = {each.value.id: each.value async for each in deps.policies.each(tenant.id)}
    keys = {each.pool_key for each in members}
    keys |= {pool.key(policy.id) for policy in policies.values() for pool in policy.pools}
    places = {each: await places_of(deps, tenant, policies.get(each)) for each in {key.policy_id for key in keys}}
    found, book = [], await price_book(deps, tenant.id)
    for key in sorted(keys):
        own = [each for each in members if each.pool_key == key]
        found.append(await _status(context, policies.get(key.policy_id), places[key.policy_id], own, key, book))
    return found


async def pool_times(context: ActionContext) -> list[PoolTimes]:
    """Return the times of each policy that has a warm pool, or had one in the counted period."""
    deps, tenant_id, found = context.deps, context.tenant.id, list[PoolTimes]()
    policies = [each.value async for each in deps.policies.each(tenant_id)]
    built: dict[str | None, list[CloudPc]] = defaultdict(list)
    async for stored in deps.cloud_pcs.each(tenant_id):
        built[stored.value.current.policy_id].append(stored.value)
    for policy in sorted(policies, key=lambda each: each.display_name.casefold()):
        times = times_of(policy.id, policy.display_name, built[policy.id], context.now)
        if policy.pools or times.claimed or times.missed:
            found.append(times)
    return found


async def _status(
    context: ActionContext,
    policy: Policy | None,
    places: PoolPlaces,
    members: list[PoolMember],
    key: PoolKey,
    book: PriceBook,
) -> PoolStatus:
    deps, tenant_id, (policy_id, plan_id, _) = context.deps, context.tenant.id, key
    pool = policy.pool_named(key) if policy else None
    shown = pool or WarmPool(plan=members[0].plan, region=key.region or None)
    problem, fresh = places.problem(pool) if pool else None, places.snapshot_in(shown.region)
    record = await pool_record(deps, tenant_id, key)
    ids = policy.connection_ids if policy else ()
    planned = None if problem else pool
    made = plan_pool(planned, members, fresh, ids, record, context.now)
    made = await unless_it_waits(deps, made, planned, fresh, tenant_id, context.now)
    asked = [each.value async for each in deps.cloud_pcs.each(tenant_id, policy_id=policy_id)]
    asked = [pc for pc in asked if pc.plan.id == plan_id and has_asked(pc, shown.region)]
    return PoolStatus(
        **{name: getattr(shown, name) for name in PoolSize.model_fields},
        id=naming.pool_id(tenant_id, *key),
        policy_id=policy_id,
        policy_name=policy.display_name if policy else "",
        size=made.size,
        service_plan_id=plan_id,
        service_plan_name=shown.plan.display_name,
        **_counts(made),
        deleting=len(made.deleting) + len(made.retired),
        missing=max(0, made.size - len(made.eligible) - len(made.starting)),
        failures=record.failures,
        next_action=next_action(made),
        next_step=problem or made.why,
        oldest_date_time=min((e.created_date_time for e in members if e.id in made.eligible), default=None),
        **_cost(book, members, context.now.date()),
        usage=usage_of(asked, context.now),
        advice=advised(requests_of(asked, context.now), shown),
        members=members_of(made, members),
    )


def _counts(made: PoolPlan) -> dict[str, Any]:
    """Return the number of members in the groups of a plan that stay."""
    return {name: len(getattr(made, name)) for name in ("eligible", "starting", "held", "parked")}


def _cost(book: PriceBook, members: list[PoolMember], day: date) -> dict[str, Any]:
    """Return the cost of a day of the members that have a machine, on list prices."""
    total = 0.0
    for member in [each for each in members if each.current.resources.vm_id]:
        made = member.current.resources
        disk_in_gb = max(members[0].plan.storage_in_gb, LARGEST_IMAGE_IN_GB)
        hour = book.rate(made.region or "", meter_of(made.size or ""), day)
        disk = book.rate(made.region or "", disk_tier(disk_in_gb), day)
        if hour is None or disk is None:
            return {"cost_of_day": None, "currency": book.card.currency.value}
        total += (hour * 24 if member.rests_since is None else 0) + disk * 24 / HOURS_IN_A_MONTH
    return {"cost_of_day": round(total, 2), "currency": book.card.currency.value}
