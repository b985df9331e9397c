"""Orphans: start and end of a scan, and the removal of confirmed orphans."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from activities.cloud_pcs.orphan_detection import judged_host
from activities.machines.identities import graph_of
from activities.machines.shared_resources import remove_shared, uses_of
from activities.machines.vms import compares_each, made_later
from activities.operations.audit import fail_operation, record_audit_event, succeed_operation, update_operation
from activities.spot.pools import spot_pool
from shared.clients.arm import parse_id
from shared.contracts.calls import is_delayed, is_overtaken, moment
from shared.contracts.inventory import (
    BEGIN_SCAN,
    DELETE_ORPHAN,
    RECORD_REMOVAL,
    RECORD_SCAN,
    RemovalOrder,
    RemovalRecord,
    ResourceGroup,
    Scanned,
    ScanOrder,
    ScanPlan,
    ScanRecord,
)
from shared.contracts.outcomes import Done, MissingError, Pending, Refused
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.orphans import (
    LAST,
    SHARED,
    Judgement,
    Orphan,
    OrphanScan,
    OrphanType,
    dismissable,
    judge,
    judge_right,
)
from shared.domain.operations.operation import Operation, OperationStatus
from shared.domain.operations.pausing import pause_reason
from shared.domain.owner import CLOUD_PC_TAG, SESSION_HOST_TAG
from shared.domain.spot.hosts.adopting import judge_of_group
from shared.domain.tenants.tenant import Tenant
from shared.services.maintenance.after_restore import end_comparison
from shared.storage.due import DueKind
from shared.storage.repository import Stored
from shared.workflow import Blueprint, implements

bp = Blueprint()
_log = logging.getLogger("deskwright.orphans")

SCAN_OPERATION = "findOrphans"
_COMPARED_AGAIN_AFTER = timedelta(minutes=15)
"""Time until restored records are compared again with Azure, if something did not answer."""

_MOST_REMOVALS = 100
"""The most orphans removed after one scan; the next scan continues."""


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_SCAN)
async def begin_scan(order: ScanOrder) -> ScanPlan | Refused:
    """Record the start of a scan and return its areas, including areas of sites deleted since the last scan."""
    deps, at = dependencies(), moment(dependencies().clock.now())
    tenant = await deps.tenants.find(order.tenant_id)
    if tenant is None:
        return Refused(code="tenantGone", message="the tenant is gone")
    before = await deps.orphan_scans.find(order.tenant_id, LAST)
    if before is not None and _is_recorded(before.value.started_at):
        return await _plan(tenant.value)  # recorded before, or a later one has begun
    scan = OrphanScan(id=LAST, tenant_id=order.tenant_id, started_at=at)
    if before is not None:  # until this one has ended, the last one is the proof
        scan = before.value.but(started_at=at)
    await deps.orphan_scans.save_all([Stored(scan, "*")])
    for operation in await _waiting(order.tenant_id):
        await update_operation(order.tenant_id, operation.id, lambda there: there.running(at))
    return await _plan(tenant.value)


async def _plan(tenant: Tenant) -> ScanPlan:
    """Return the resource groups and host pools that contain, contained or may contain the tenant's resources."""
    deps = dependencies()
    own = (tenant.subscription_id, *tenant.further_subscription_ids)
    places = await places_of(tenant)
    pools = {
        f"/subscriptions/{each}/resourceGroups/{tenant.resource_group}"
        f"/providers/Microsoft.DesktopVirtualization/hostPools/{name}"
        for each in own
        for name in naming.host_pool_names(tenant.id)
    }
    async for stored in deps.machines.each(tenant.id):
        made = stored.value.current.resources
        if made.subscription_id and made.resource_group:
            places.add((made.subscription_id, made.resource_group))
        if made.host_pool_id:
            pools.add(made.host_pool_id)
    more_places, more_pools = await _of_spot_groups(tenant.id)
    places, pools = places | more_places, pools | more_pools
    pools |= {area for area in await _scanned(tenant.id) if "/hostPools/" in area}
    one = {(subscription.lower(), group.lower()): (subscription, group) for subscription, group in sorted(places)}
    return ScanPlan(
        resource_groups=tuple(
            ResourceGroup(subscription_id=each, resource_group=group) for each, group in one.values()
        ),
        host_pool_ids=tuple({each.lower(): each for each in sorted(pools)}.values()),
    )


async def places_of(tenant: Tenant) -> set[tuple[str, str]]:
    """Return the subscription and the name of each resource group of the tenant, its sites, and the last scan."""
    deps = dependencies()
    groups = {stored.value.resource_group async for stored in deps.sites.each(tenant.id)}
    own = {tenant.subscription_id, *tenant.further_subscription_ids}
    theirs = {stored.value.subscription_id async for stored in deps.connections.each(tenant.id)}
    places = {(each, tenant.resource_group) for each in own}
    places |= {(subscription, group) for subscription in own | theirs for group in groups}
    for area in await _scanned(tenant.id):
        parts = area.strip("/").split("/")
        if parts[0] == "subscriptions" and "/hostPools/" not in area:
            places.add((parts[1], parts[3]))
    return places


async def _scanned(tenant_id: str) -> set[str]:
    """Return the areas of the last scan, including areas of sites deleted since then."""
    before = await dependencies().orphan_scans.find(tenant_id, LAST)
    return {each.area for each in before.value.looked_at} if before else set()


async def _of_spot_groups(tenant_id: str) -> tuple[set[tuple[str, str]], set[str]]:
    """Return the resource groups and host pools of all existing Spot Groups."""
    deps = dependencies()
    connections = {stored.value.id: stored.value async for stored in deps.connections.each(tenant_id)}
    groups = [stored.value async for stored in deps.spot_groups.each(tenant_id)]
    found = [
        spot_pool(group, connections[group.connection_id]) for group in groups if group.connection_id in connections
    ]
    return {(each.subscription_id, each.resource_group) for each in found}, {each.host_pool_id for each in found}


@bp.activity_trigger(input_name="payload")
@implements(RECORD_SCAN)
async def record_scan(record: ScanRecord) -> Scanned:
    """Record which areas were scanned, and end the operations that wait for the scan."""
    deps, at = dependencies(), dependencies().clock.now()
    before = await deps.orphan_scans.find(record.tenant_id, LAST)
    if before is not None and _is_recorded(before.value.ended_at):
        known = [stored.value async for stored in deps.orphans.each(record.tenant_id)]
        return Scanned(removable=await _removable(record.tenant_id, known, at))  # recorded before, or a later one has
    started = before.value.started_at if before else at
    wanted_at = before.value.wanted_at if before else None
    if record.tenant_id in await deps.restores.comparing():
        if record.compared:
            await end_comparison(deps, record.tenant_id, at)
        else:
            wanted_at = at  # again, until everything has answered
            await deps.due.put(DueKind.ORPHANS, at + _COMPARED_AGAIN_AFTER, record.tenant_id, record.tenant_id)
    scan = OrphanScan(
        id=LAST,
        tenant_id=record.tenant_id,
        started_at=started,
        ended_at=moment(at),
        looked_at=record.looked_at,
        missing=record.missing,
        wanted_at=wanted_at,
        restored_at=before.value.restored_at if before else None,
    )
    await deps.orphan_scans.save_all([Stored(scan, "*")])
    orphans = [stored.value async for stored in deps.orphans.each(record.tenant_id)]
    if orphans or not scan.complete:
        problems = [f"{each.area}: {each.problem}" for each in record.looked_at if each.problem]
        _log.warning("%s has %d orphans; not scanned: %s", record.tenant_id, len(orphans), "; ".join(problems) or "-")
    result = {"orphans": len(orphans), "complete": scan.complete}
    for operation in await _waiting(record.tenant_id):
        if operation.created_date_time <= started:
            await update_operation(record.tenant_id, operation.id, lambda there: there.succeeded(result, at))
    return Scanned(removable=await _removable(record.tenant_id, orphans, at))


def _is_recorded(at: datetime | None) -> bool:
    """Whether the running order is minutes old, and a moment of a scan was recorded by it or by a later one."""
    now = dependencies().clock.now()
    return at is not None and is_delayed(now) and at >= moment(now)


async def _removable(tenant_id: str, orphans: list[Orphan], at: datetime) -> tuple[str, ...]:
    """Return the orphans to remove automatically: machines first, because their parts are deleted with them.

    What machines share and none needs goes in any case, the rest by the tenant's setting. None while the tenant is
    paused.
    """
    tenant = await dependencies().tenants.find(tenant_id)
    if tenant is None:
        return ()
    if pause_reason(await dependencies().service_state.get(), tenant.value, None):
        return ()
    kinds = tuple(OrphanType)
    every = tenant.value.settings.remove_orphans
    due = [
        each
        for each in orphans
        if (every or each.automatic) and not dismissable(each) and each.removable_from and each.removable_from <= at
    ]
    due.sort(key=lambda each: (kinds.index(each.found.type), each.since, each.id))
    return tuple(each.id for each in due[:_MOST_REMOVALS])


async def _waiting(tenant_id: str) -> list[Operation]:
    """Return the operations that wait for a scan."""
    return [
        stored.value
        for status in (OperationStatus.NOT_STARTED, OperationStatus.RUNNING)
        async for stored in dependencies().operations.each(tenant_id, kind=SCAN_OPERATION, status=status.value)
    ]


_NO_ORPHAN = Refused.model_construct(
    code="noOrphan",
    message="by the current records it is not an orphan, or not for certain",
    advice="Scan again; the list then shows the current orphans.",
    final=True,
)
_NOT_OURS = Refused.model_construct(
    code="notOurs", message="it no longer carries the tags of this Cloud PC", final=True
)


@bp.activity_trigger(input_name="payload")
@implements(DELETE_ORPHAN, fence=compares_each)
async def delete_orphan(order: RemovalOrder) -> Done | Pending | Refused:
    """Delete an orphan and check that it is gone; take an orphan off the list if only an administrator can handle it.

    A scan that came after the order has judged it anew, and may have found another thing of its name.
    """
    stored = await dependencies().orphans.find(order.tenant_id, order.orphan_id)
    if stored is None or dismissable(stored.value):
        return Done()
    orphan, at = stored.value, dependencies().clock.now()
    if is_overtaken(orphan.last_seen_at, at):
        return Done()
    judgement = await _judged(orphan)
    if orphan.tenant_id in await dependencies().restores.comparing():
        return _NO_ORPHAN  # its machine may be adopted yet
    if judgement is None or not judgement.sure or orphan.removable_from is None or orphan.removable_from > at:
        return _NO_ORPHAN
    try:
        return await _remove(orphan)
    except MissingError:
        return Done()


async def _judged(orphan: Orphan) -> Judgement | None:
    """Judge the orphan again by the current records."""
    records, found = dependencies().cloud_pcs, orphan.found
    if found.type in SHARED and orphan.automatic:
        place = parse_id(found.resource_id)
        uses = await uses_of(orphan.tenant_id, place.subscription_id, place.resource_group)
        return uses.judge(found)
    if found.spot_group_id is not None:
        group = await dependencies().spot_groups.find(orphan.tenant_id, found.spot_group_id)
        return judge_of_group(known=group is not None)
    if found.session_host_id is not None:
        host = await dependencies().session_hosts.find(orphan.tenant_id, found.session_host_id)
        return await judged_host(orphan.tenant_id, found, host.value if host else None)
    if found.cloud_pc_id is None:
        users = await records.of_user(orphan.tenant_id, found.name)
        is_right = found.type is OrphanType.ROLE_ASSIGNMENT
        return judge_right(found, [each.value for each in users]) if is_right else None
    stored = await dependencies().machines.find(orphan.tenant_id, found.cloud_pc_id)
    return judge(found, stored.value if stored else None)


async def _remove(orphan: Orphan) -> Done | Pending | Refused:
    found = orphan.found
    match found.type:
        case OrphanType.DEVICE:
            await (await graph_of(orphan.tenant_id)).delete_device(found.resource_id)
        case OrphanType.MANAGED_DEVICE:
            await (await graph_of(orphan.tenant_id)).delete_managed_device(found.resource_id)
        case OrphanType.SESSION_HOST:
            pool = parse_id(found.resource_id)
            hosts = dependencies().desktops(pool.subscription_id).session_hosts
            if not made_later(await hosts.get(pool.resource_group, pool.names[0], pool.name)):
                await hosts.delete(pool.resource_group, pool.names[0], pool.name, force=True)
        case OrphanType.ROLE_ASSIGNMENT:
            right = parse_id(found.resource_id)
            assignments = dependencies().authorization(right.subscription_id).role_assignments
            given_at = (await assignments.get(found.owner or "", right.name)).created_on
            if not is_overtaken(given_at, dependencies().clock.now()):
                await assignments.delete(found.owner or "", right.name)
        case kind if kind in SHARED:
            return await remove_shared(orphan)
        case _:
            return await _remove_resource(orphan)
    return Done()


async def _remove_resource(orphan: Orphan) -> Done | Pending | Refused:
    """Begin to delete an Azure resource, if its tags still match the orphan's record. Raises: MissingError."""
    resource = parse_id(orphan.found.resource_id)
    operations = _operations(orphan.found.type, resource.subscription_id)
    there = await operations.get(resource.resource_group, resource.name)
    tags = there.tags or {}
    marks = (tags.get(naming.TENANT_TAG), tags.get(CLOUD_PC_TAG), tags.get(SESSION_HOST_TAG))
    if marks != (orphan.tenant_id, orphan.found.cloud_pc_id, orphan.found.session_host_id):
        return _NOT_OURS
    if made_later(there):
        return Done()
    await operations.begin_delete(resource.resource_group, resource.name, polling=False)
    return Pending(note=f"{resource.name} is being deleted", after=15)


def _operations(kind: OrphanType, subscription_id: str) -> Any:  # noqa: ANN401 - the SDK's groups of operations
    compute = dependencies().compute(subscription_id)
    return {
        OrphanType.VIRTUAL_MACHINE: compute.virtual_machines,
        OrphanType.NETWORK_INTERFACE: dependencies().network(subscription_id).network_interfaces,
        OrphanType.DISK: compute.disks,
        OrphanType.SNAPSHOT: compute.snapshots,
    }[kind]


@bp.activity_trigger(input_name="payload")
@implements(RECORD_REMOVAL)
async def record_removal(record: RemovalRecord) -> Done:
    """Take a removed orphan off the list, and end its operation."""
    deps, at = dependencies(), dependencies().clock.now()
    stored = await deps.orphans.find(record.tenant_id, record.orphan_id)
    if record.refused is not None:
        failure = record.refused.failure()
        await fail_operation(record.tenant_id, record.operation_id, failure, at)
        return Done()
    if stored is not None and not is_overtaken(stored.value.last_seen_at, at):  # else it was found again
        what = {"orphan": stored.value.found.to_json(), "why": stored.value.why}
        run = f"{record.operation_id or 'setting'}/{stored.value.since.isoformat()}"
        await record_audit_event(record.tenant_id, ("orphan", record.orphan_id), "removed", what, at=at, run=run)
        await deps.orphans.remove(record.tenant_id, record.orphan_id)
    result = {"orphanId": record.orphan_id}
    await succeed_operation(record.tenant_id, record.operation_id, result, at)
    return Done()
