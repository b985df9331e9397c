"""Reasons for which a warm pool is not refilled now: people wait for machines, or a budget is nearly used up."""

from __future__ import annotations

from datetime import datetime

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.policies.policy import Snapshot
from shared.domain.policies.warm_pool import WarmPool
from shared.domain.pools.member import PoolMember, new_member
from shared.domain.pools.plan import PoolPlan
from shared.domain.values import amount
from shared.services.cost.budgets import why_pools_wait


async def why_refill_waits(deps: Dependencies, member: PoolMember) -> str | None:
    """Return why a member that has no machine yet is not built now, or None if it may be.

    People come first: while Cloud PCs of the tenant wait for capacity, a member would take what they wait for. The
    brake of a budget stops refills before it stops anything of people.
    """
    waiting = [
        each.value async for each in deps.cloud_pcs.each(member.tenant_id, status=Status.PENDING_PROVISION.value)
    ]
    if parked := [each for each in waiting if _is_parked(each)]:
        return (
            f"{amount(len(parked), 'Cloud PC')} of people {'wait' if len(parked) > 1 else 'waits'} for capacity first"
        )
    return await why_pools_wait(deps, member.tenant_id, member.policy_id)


async def unless_it_waits(
    deps: Dependencies, made: PoolPlan, pool: WarmPool | None, fresh: Snapshot | None, tenant_id: str, at: datetime
) -> PoolPlan:
    """Return the plan *made* of a pool without new members, and why, while a refill waits."""
    if not made.create or pool is None or fresh is None:
        return made
    why = await why_refill_waits(deps, new_member("", tenant_id, pool.plan, fresh, None, at))
    return (
        made if why is None else made.but(create=0, why=f"nothing is built: {why.removeprefix('nothing is built: ')}")
    )


def _is_parked(pc: CloudPc) -> bool:
    """Whether the build of a Cloud PC has begun and waits."""
    return pc.current.parked_since is not None
