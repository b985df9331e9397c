"""Warm pools kept as they should be: members are built, judged, retired and removed, at each due row of a policy."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contracts.builds import leftovers_of
from shared.contracts.calls import on_behalf_of
from shared.contracts.desktops import STOP_AFTER
from shared.contracts.pools import PREPARE_MEMBER, preparing_instance
from shared.contracts.provisioning import order_for
from shared.contracts.step_waits import wait_of_build
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.lifecycle import Phase, Status
from shared.domain.operations.operation import AuditEvent
from shared.domain.operations.pausing import pause_reason
from shared.domain.planning.queueing import open_places
from shared.domain.policies.policy import Policy, Snapshot
from shared.domain.policies.warm_pool import PoolKey
from shared.domain.pools.member import PoolMember, leaving, new_member, retired
from shared.domain.pools.plan import PoolPlan, PoolRecord, new_record, plan_pool
from shared.domain.tenants.tenant import Tenant
from shared.errors import ConflictError, NotFoundError, StaleError
from shared.services.cost.budgets import why_pools_wait
from shared.services.operations.sweeps import end_stalled
from shared.services.pools.health import is_somebodys, judged
from shared.services.pools.places import PoolPlaces, places_of
from shared.services.pools.resting import in_its_state
from shared.services.pools.yielding import unless_it_waits
from shared.storage.due import Due, DueKind
from shared.storage.repository import Stored
from shared.telemetry import (
    POOL_CREATED,
    POOL_DESIRED,
    POOL_ELIGIBLE,
    POOL_FAILED,
    POOL_HALTED,
    POOL_RUNNING,
    count_of_pool,
    measure_pool,
)
from shared.workflow import DurableClient, is_alive, start

_log = logging.getLogger("deskwright.sweeps")

_SOON = timedelta(minutes=1)
"""Time until the next look at a pool in which something is being built or removed."""

_LATER = timedelta(minutes=15)
"""Time until the next look at a pool that is as it should be, and between two readings of its members' health."""


@dataclass(frozen=True, slots=True)
class _Site:
    """Tenant, policy and places for the builds of members, and the reason of a pause."""

    tenant: Tenant
    policy: Policy | None
    places: PoolPlaces
    pause: str | None


async def pool_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Look at the pools of a policy, and carry out their plans; return the time of the next look."""
    found, policy = await deps.tenants.find(due.tenant_id), await deps.policies.find(due.tenant_id, due.subject_id)
    members = [
        each async for each in deps.pool_members.of_tenant(due.tenant_id) if each.value.policy_id == due.subject_id
    ]
    if found is None or not (members or (policy and policy.value.pools)):
        await _forget(deps, due.tenant_id, due.subject_id)
        return None
    site = await _site(deps, found.value, policy.value if policy else None)
    pools = policy.value.pools if policy else ()
    keys = {each.value.pool_key for each in members} | {pool.key(due.subject_id) for pool in pools}
    busy = False
    with on_behalf_of(due.tenant_id):
        for key in sorted(keys):
            of_pool = [each for each in members if each.value.pool_key == key]
            busy |= await _look_after(deps, client, site, key, of_pool)
    return deps.clock.now() + (_SOON if busy else _LATER)


async def _forget(deps: Dependencies, tenant_id: str, policy_id: str) -> None:
    """Remove the records of the pools of a policy that has no pool any more: none of them is halted then."""
    for each in [each.value async for each in deps.pools.each(tenant_id) if each.value.policy_id == policy_id]:
        await deps.pools.remove(tenant_id, each.id)


async def _site(deps: Dependencies, tenant: Tenant, policy: Policy | None) -> _Site:
    places = await places_of(deps, tenant, policy)
    return _Site(tenant, policy, places, pause_reason(await deps.service_state.get(), tenant, policy))


async def _look_after(
    deps: Dependencies,
    client: DurableClient,
    site: _Site,
    key: PoolKey,
    members: list[Stored[PoolMember]],
) -> bool:
    """Carry out the plan of one pool; return whether members are being built or removed."""
    tenant_id = site.tenant.id
    record = await pool_record(deps, tenant_id, key)
    record, members = await _settle(deps, client, record, members)
    policy, at = site.policy, deps.clock.now()
    pool = policy.pool_named(key) if policy else None
    if pool is None and not members:
        await deps.pools.remove(tenant_id, record.id)
        return False
    record, members = await _judge(deps, record, members)
    ids = policy.connection_ids if policy else ()
    fresh = site.places.snapshot_in(key.region or None)
    pool = None if pool is None or site.places.problem(pool) else pool
    members = [await in_its_state(deps, pool, each, at) for each in members]
    waits = await why_pools_wait(deps, tenant_id, key.policy_id) if pool is not None else None
    made = plan_pool(pool, [each.value for each in members], fresh, ids, record, at, waits)
    made = await unless_it_waits(deps, made, pool, fresh, tenant_id, at)
    await _tell(deps, record, made, at)
    measure_pool(_numbers(made, [each.value for each in members], record), key.attributes(tenant_id))
    for stored in [each for each in members if each.value.id in made.retired]:
        why = "; ".join(filter(None, (made.retired[stored.value.id], stored.value.unhealthy_why)))
        with suppress(StaleError, NotFoundError):  # somebody has claimed it
            await deps.pool_members.replace(retired(stored.value, why, at), seen=stored.etag)
    if pool is not None and fresh is not None and site.pause is None:
        planned = await _planned(deps, site, fresh, record, made.create, members)
        new = [new_member(id_, tenant_id, pool.plan, fresh, place, at, region=pool.region) for id_, place in planned]
        inserted = [each for each in [await _inserted(deps, member) for member in new] if each is not None]
        count_of_pool(POOL_CREATED, key.attributes(tenant_id), len(inserted))
        members += inserted
    if site.pause is None:
        wanted = [each.value for each in members if each.value.id not in made.retired]
        await _start_builds(deps, client, site.tenant, wanted)
    return bool(made.create or made.starting or made.deleting or made.retired)


def _numbers(made: PoolPlan, members: Sequence[PoolMember], record: PoolRecord) -> dict[str, int]:
    """Return the current numbers of a pool, by the names of their metrics."""
    return {
        POOL_DESIRED: made.size,
        POOL_RUNNING: sum(each.is_running for each in members),
        POOL_ELIGIBLE: len(made.eligible),
        POOL_HALTED: int(record.is_halted),
    }


async def pool_record(deps: Dependencies, tenant_id: str, key: PoolKey) -> PoolRecord:
    """Return the record of a pool beside its members."""
    found = await deps.pools.find(tenant_id, naming.pool_id(tenant_id, *key))
    return found.value if found else new_record(tenant_id, key)


async def _save(deps: Dependencies, record: PoolRecord) -> PoolRecord:
    await deps.pools.save_all([Stored(record, "*")])
    return record


async def _settle(
    deps: Dependencies, client: DurableClient, record: PoolRecord, members: list[Stored[PoolMember]]
) -> tuple[PoolRecord, list[Stored[PoolMember]]]:
    """Count failed builds, have retired machines removed, and delete records of members that are gone."""
    left: list[Stored[PoolMember]] = []
    for stored in members:
        member, at = stored.value, deps.clock.now()
        if member.status is Status.FAILED and not member.counted:
            await deps.pool_members.change(member.tenant_id, member.id, _counted)
            record = await _save(deps, record.failed(member.current.last_error, at))
            count_of_pool(POOL_FAILED, member.pool_key.attributes(member.tenant_id))
        if member.status is Status.DEPROVISIONING and member.current.phase is not Phase.LEAVING:
            await _let_go(deps, client, member, at)
        if _is_gone(member):
            await deps.pool_members.remove(member.tenant_id, member.id)
        else:
            left.append(stored)
    return record, left


def _counted(member: PoolMember) -> PoolMember:
    return member.but(counted=True)


def _is_gone(member: PoolMember) -> bool:
    """Whether nothing is left of a member that is going."""
    if member.status is Status.NOT_PROVISIONED:
        return True
    closed = member.status is Status.FAILED or member.current.phase is Phase.LEAVING
    return member.is_going and closed and not leftovers_of(member, member.current)


async def _let_go(deps: Dependencies, client: DurableClient, member: PoolMember, at: datetime) -> None:
    """Order the removal of a retired member's machine once its build has ended."""
    instance_id = preparing_instance(member)
    if await is_alive(client, instance_id):
        if at - member.last_modified_date_time >= STOP_AFTER:
            await client.terminate(instance_id, "the pool member is being removed")
        return
    if await is_somebodys(deps, member):
        _log.warning("the pool member %s/%s is assigned to a user, and is not removed", member.tenant_id, member.id)
        return
    # Before the record: without its clean-up the machine would be kept for ever.
    await deps.due.put(DueKind.CLEAN_UP, at, member.tenant_id, member.id, member.current.generation)

    def edit(there: PoolMember) -> PoolMember | None:
        closes = there.status is Status.DEPROVISIONING and there.current.phase is not Phase.LEAVING
        return leaving(there, at) if closes else None

    with suppress(NotFoundError):
        await deps.pool_members.change(member.tenant_id, member.id, edit)


async def _judge(
    deps: Dependencies, record: PoolRecord, members: list[Stored[PoolMember]]
) -> tuple[PoolRecord, list[Stored[PoolMember]]]:
    """Read the health of built members every quarter of an hour, and of unhealthy members at each look."""
    at = deps.clock.now()
    all_of_them = record.checked_at is None or at - record.checked_at >= _LATER

    def is_asked_about(member: PoolMember) -> bool:
        built = member.ready_at is not None and not member.is_going
        return built and (all_of_them or member.unhealthy_since is not None)

    after = [await judged(deps, each, at) if is_asked_about(each.value) else each for each in members]
    return (await _save(deps, record.but(checked_at=at)) if all_of_them else record), after


async def _tell(deps: Dependencies, record: PoolRecord, made: PoolPlan, at: datetime) -> None:
    """Write one audit event when a pool stops building."""
    if not record.is_halted or record.told:
        return
    await _save(deps, record.but(told=True))
    event = AuditEvent.of_service(
        record.tenant_id, ("pool", record.id), "halt", {"why": made.why}, at=at, run=f"{record.failed_at}"
    )
    await deps.audit.append(event)
    _log.warning("the pool %s/%s is halted: %s", record.tenant_id, record.id, made.why)


async def _planned(
    deps: Dependencies,
    site: _Site,
    fresh: Snapshot,
    pool: PoolRecord,
    count: int,
    members: Iterable[Stored[PoolMember]],
) -> list[tuple[str, str | None]]:
    """Return the ids of new members, each with the subscription of the tenant that has the fewest members."""
    if not count:
        return []
    connection = await deps.connections.find(site.tenant.id, fresh.connection_id)
    offered = open_places(site.tenant, connection.value) if connection else ()
    has = dict.fromkeys(offered, 0)
    for each in members:
        if (place := each.value.current.subscription_id) in has:
            has[place] += 1
    at, found = deps.clock.now(), list[tuple[str, str | None]]()
    for number in range(count):
        place = min(has, key=lambda each: has[each]) if has else None
        if place is not None:
            has[place] += 1
        found.append((naming.pool_member_id(pool.id, at, number), place))
    return found


async def _inserted(deps: Dependencies, member: PoolMember) -> Stored[PoolMember] | None:
    try:
        return await deps.pool_members.insert(member)
    except ConflictError:  # the same look was made before, and broke off
        return None


async def _start_builds(
    deps: Dependencies, client: DurableClient, tenant: Tenant, members: Iterable[PoolMember]
) -> None:
    """Start the builds of members that are not built yet; a build that has broken off begins again."""
    for member in members:
        build = member.current
        if not member.goes_on(build) or build.snapshot is None:
            continue
        connection = await deps.connections.find(tenant.id, build.snapshot.connection_id)
        site = await deps.sites.find(tenant.id, connection.value.site_id) if connection else None
        if connection is None or site is None:
            continue  # its policy has another connection, or none: the plan retires it
        order = order_for(member, build, tenant, site.value, connection.value)
        order = order.but(attempt=max(1, build.attempt), parked_since=build.parked_since)
        instance_id = preparing_instance(member)
        longest = wait_of_build(build.step, order)
        if not await end_stalled(client, PREPARE_MEMBER, instance_id, deps.clock.now(), longest):
            await start(client, PREPARE_MEMBER, order, instance_id=instance_id)
