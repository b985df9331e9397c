"""Claims of pool members: a planned Cloud PC gets a machine that is there, by one conditional write."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from activities.operations.audit import status_event
from activities.policies.decisions import find_record, running_build
from shared.contracts.outcomes import Done, Superseded
from shared.contracts.pools import CLAIM_ANOTHER, AnotherClaimed, AnotherOrder
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import PoolUse, Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.planning.plans import Plan
from shared.domain.policies.policy import Policy, Snapshot
from shared.domain.policies.warm_pool import PoolKey
from shared.domain.pools.member import PoolMember, claimed, claimed_instead, given_back
from shared.domain.pools.plan import is_claimable, why_none
from shared.domain.tenants.tenant import Tenant
from shared.errors import NotFoundError, StaleError, UnavailableError
from shared.services.policies.reconciling import snapshots_of
from shared.storage.due import DueKind, start_due
from shared.storage.repository import Stored
from shared.telemetry import POOL_CLAIMED, POOL_MISSES, count_of_pool
from shared.workflow import Blueprint, implements

bp = Blueprint()
_log = logging.getLogger("deskwright.records")


@bp.activity_trigger(input_name="payload")
@implements(CLAIM_ANOTHER)
async def claim_another_member(order: AnotherOrder) -> AnotherClaimed | Done | Superseded:
    """Give another member to a user whose machine Azure refuses; the first machine is retired, and removed.

    One transaction: the record of the Cloud PC becomes that of a retired member, and the other member becomes the Cloud
    PC of the user, with their claim of the licence. Whoever asks again finds the new Cloud PC.
    """
    stored = await find_record(order)
    if stored is None or isinstance(stored.value, PoolMember):
        return await _claimed_before(order)
    pc = stored.value
    if running_build(pc, order) is not pc.current:
        return Superseded()
    policy = await dependencies().policies.find(pc.tenant_id, _policy_id(pc))
    tenant = await dependencies().tenants.find(pc.tenant_id)
    at_rest = pc.current.operation_id is None and pc.replacement is None and pc.action is None and pc.removal is None
    if policy is None or tenant is None or not at_rest:
        return Done()
    got = await _claim_instead(stored, policy.value, tenant.value, order.why)
    return Done() if got is None else AnotherClaimed(cloud_pc_id=got)


async def _claimed_before(order: AnotherOrder) -> AnotherClaimed | Superseded:
    """Return the Cloud PC that the same order, delivered before, has given to the user."""
    for stored in await dependencies().cloud_pcs.of_user(order.tenant_id, order.user_id):
        use = stored.value.current.pool
        if use is not None and use.instead_of == order.cloud_pc_id:
            return AnotherClaimed(cloud_pc_id=stored.value.id)
    return Superseded()


async def _claim_instead(stored: Stored[CloudPc], policy: Policy, tenant: Tenant, why: str) -> str | None:
    """Return the id of the Cloud PC that the user has instead of the one in *stored*, None where no member is left."""
    deps, pc = dependencies(), stored.value
    at = deps.clock.now()
    fresh = (await snapshots_of(deps, tenant, [policy])).get(policy.id)
    members = [each async for each in deps.pool_members.of_tenant(tenant.id)]
    back = given_back(pc, why, at)
    for member in _fitting(pc, policy, members, fresh, at):
        mine = claimed_instead(member.value, pc, why, at)
        await deps.due.put_all([start_due(mine)])
        await deps.due.put(DueKind.POOL, at, tenant.id, policy.id)
        try:
            await deps.cloud_pcs.claim(mine, deps.pool_members.taken(member), stored, deps.pool_members.left(back))
        except (StaleError, NotFoundError) as error:
            if await _has_changed(stored):
                raise UnavailableError("the record of the Cloud PC has changed") from error
            continue  # somebody else has got it
        await deps.audit.append_all([status_event(pc, mine)])
        _count(pc, mine)
        _log.warning("%s has got the pool member %s instead of %s: %s", pc.user.id, mine.id, pc.id, why)
        return mine.id
    return None


async def claim_members(plan: Plan, policies: Sequence[Policy], stored: Mapping[str, Stored[CloudPc]]) -> Plan:
    """Give members of warm pools to Cloud PCs of *plan* that start now; return the plan with these Cloud PCs.

    Who gets none is built at once, as ever, and the record says which. What is given is saved: it is no longer among
    the records to write. Raises: ConflictError where the user has another machine for the licence by now.
    """
    pooled = {policy.id: policy for policy in policies if policy.pools}
    known = {pc.id: pc for pc in (*(each.value for each in stored.values()), *plan.writes)}
    asking = [known[pc_id] for pc_id in plan.start if _asks(known[pc_id], pooled)]
    if not asking:
        return plan
    at = dependencies().clock.now()
    tenant_id = asking[0].tenant_id
    members = {each.value.id: each async for each in dependencies().pool_members.of_tenant(tenant_id)}
    given: dict[str, CloudPc] = {}
    missed: dict[str, CloudPc] = {}
    for pc in asking:
        got = await _claim(pc, stored.get(pc.id), pooled, members, at)
        _count(pc, got)
        if got is not None:
            given[pc.id] = got
        else:
            why = why_none(pooled[_policy_id(pc)].id, (each.value for each in members.values()), at)
            missed[pc.id] = pc.with_current(pool=PoolUse(asked_at=at, claimed=False, why=why))
    for policy_id in {_policy_id(pc) for pc in asking}:
        await dependencies().due.put(DueKind.POOL, at, tenant_id, policy_id)
    return _carried_out(plan, given, missed)


def _count(pc: CloudPc, got: CloudPc | None) -> None:
    region = got.current.pool.region if got and got.current.pool else None
    key = PoolKey(_policy_id(pc), pc.plan.id, region or "")
    count_of_pool(POOL_MISSES if got is None else POOL_CLAIMED, key.attributes(pc.tenant_id))


def _asks(pc: CloudPc, pooled: Mapping[str, Policy]) -> bool:
    """Whether the build of *pc* may begin with a machine of a pool: there is none yet, and nobody has asked by hand."""
    policy = pooled.get(_policy_id(pc))
    new = pc.current.attempt == 0 and pc.current.resources == Resources() and pc.replacement is None
    return policy is not None and new and pc.current.operation_id is None and bool(policy.pools_of(pc.plan.id))


def _policy_id(pc: CloudPc) -> str:
    return pc.current.snapshot.policy_id if pc.current.snapshot else ""


async def _claim(
    pc: CloudPc,
    before: Stored[CloudPc] | None,
    pooled: Mapping[str, Policy],
    members: dict[str, Stored[PoolMember]],
    at: datetime,
) -> CloudPc | None:
    """Give a member to *pc*, and take it out of *members*; return its record, None where none was left."""
    deps, policy = dependencies(), pooled[_policy_id(pc)]
    for member in _fitting(pc, policy, members.values(), pc.current.snapshot, at):
        members.pop(member.value.id)
        mine = claimed(member.value, pc, deps.clock.now(), asked_at=at)
        await deps.due.put_all([start_due(mine)])  # first: what is saved and not started is started by a sweep
        try:
            await deps.cloud_pcs.claim(mine, deps.pool_members.taken(member), before)
        except (StaleError, NotFoundError):
            if before is not None and await _has_changed(before):
                raise
            continue  # somebody else has got it
        await deps.audit.append_all([status_event(before.value if before else None, mine)])
        _log.info("%s has got the pool member %s", pc.user.id, mine.id)
        return mine
    return None


def _fitting(
    pc: CloudPc,
    policy: Policy,
    members: Iterable[Stored[PoolMember]],
    fresh: Snapshot | None,
    at: datetime,
) -> list[Stored[PoolMember]]:
    """Return the members that *pc* may get, in the order of the pools of its policy.

    Plans that run at the same time begin with different members, so that they seldom want the same.
    """
    pools = [pool for pool in policy.pools_of(pc.plan.id) if pool.plan == pc.plan]
    mixed = sorted(members, key=lambda each: sha256(f"{pc.user.id}/{each.value.id}".encode()).digest())
    return [
        each for pool in pools for each in mixed if is_claimable(pool, each.value, fresh, policy.connection_ids, at)
    ]


async def _has_changed(before: Stored[CloudPc]) -> bool:
    """Whether the planned record that a claim replaces was changed by another writer: then the plan is made again."""
    there = await dependencies().cloud_pcs.find(before.value.tenant_id, before.value.id)
    return there is None or there.etag != before.etag


def _carried_out(plan: Plan, given: Mapping[str, CloudPc], missed: Mapping[str, CloudPc]) -> Plan:
    """Return *plan* without the saved records, whose builds start together with the others."""

    def left(pcs: tuple[CloudPc, ...]) -> tuple[CloudPc, ...]:
        return tuple(missed.get(pc.id, pc) for pc in pcs if pc.id not in given)

    new, waiting = left(plan.provision), left(plan.waiting)
    there = {pc.id for pc in (*new, *waiting)}
    return plan.but(
        provision=new,
        waiting=(*waiting, *(pc for pc_id, pc in missed.items() if pc_id not in there)),
        start=tuple(given[pc_id].id if pc_id in given else pc_id for pc_id in plan.start),
    )
