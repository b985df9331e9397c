"""Orphans: requested and scheduled scans, and the removal of one orphan."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from shared.contracts.inventory import FIND_ORPHANS, REMOVE_ORPHAN, RemovalOrder, ScanOrder
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.orphans import LAST, Looked, Orphan, OrphanScan, dismissable
from shared.domain.operations.operation import Operation, OperationStatus, ResourceType
from shared.domain.tenants.tenant import Tenant
from shared.errors import ConflictError
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, begin_operation, make_change
from shared.services.operations.sweeps import AGAIN_AFTER, end_stalled, start_watched
from shared.services.operations.writes import no_record
from shared.storage.due import Due, DueKind
from shared.storage.repository import Stored
from shared.workflow import DurableClient, start

SCAN, REMOVE = "findOrphans", "removeOrphan"


async def request_scan(context: ActionContext, client: DurableClient) -> Operation:
    """Begin a scan; return its operation.

    A scan that runs already comes to its end first, because it may be past what the request is about; the sweep begins
    another after it. Two that wait are one.
    """
    deps, tenant_id = context.deps, context.tenant.id
    resource, write = Resource(ResourceType.ORPHAN_SCAN, tenant_id), no_record()
    promise = partial(deps.due.put, DueKind.ORPHANS, context.now + DueKind.ORPHANS.checked_after, tenant_id, tenant_id)

    async def begin(_: None) -> None:
        await _start(client, tenant_id)

    waiting = await _waiting(deps, tenant_id, OperationStatus.NOT_STARTED)
    if waiting is not None:
        await make_change(context, resource, write, promise=promise, start=begin)
        return waiting
    return (await begin_operation(context, SCAN, resource, write, promise=promise, start=begin)).operation


async def scan_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Start a tenant's scan if one is due, was requested or broke off; return the time of the next check."""
    tenant = await deps.tenants.find(due.tenant_id)
    if tenant is None:
        return None
    now, every = deps.clock.now(), tenant.value.settings.orphan_scan
    found = await deps.orphan_scans.find(due.tenant_id, LAST)
    ended = found.value.ended_at if found else None
    answered = found is not None and found.value.answers and await _requested(deps, due.tenant_id) is None
    if answered and ended is not None and now - ended < every:
        return ended + every
    if await end_stalled(client, FIND_ORPHANS, _scan_instance(due.tenant_id), now):
        return now + AGAIN_AFTER
    await _start(client, due.tenant_id)
    return now + DueKind.ORPHANS.checked_after


async def want_scan(deps: Dependencies, tenant: Tenant, resource_group: str) -> None:
    """Have a resource group scanned after its site was deleted; the sweep begins the scan."""
    now = deps.clock.now()
    before = await deps.orphan_scans.find(tenant.id, LAST)
    scan = before.value if before else OrphanScan(id=LAST, tenant_id=tenant.id, started_at=now)
    known = {each.area for each in scan.looked_at}
    subscriptions = (tenant.subscription_id, *tenant.further_subscription_ids)
    areas = [f"/subscriptions/{each}/resourceGroups/{resource_group}" for each in subscriptions]
    more = [Looked(area=area) for area in areas if area not in known]
    wanted = scan.but(wanted_at=now, looked_at=(*scan.looked_at, *more))
    await deps.orphan_scans.save_all([Stored(wanted, "*")])
    await deps.due.put(DueKind.ORPHANS, now, tenant.id, tenant.id)


async def begin_removal(context: ActionContext, client: DurableClient, orphan_id: str) -> Operation:
    """Remove an orphan, or take it off the list where only a person can judge.

    Raises: ConflictError unless that is sure and it has been one for long enough, NotFoundError.
    """
    orphan = (await context.deps.orphans.get(context.tenant.id, orphan_id)).value
    _refuse_unless_removable(orphan, context.now)
    order = RemovalOrder(tenant_id=context.tenant.id, orphan_id=orphan_id, operation_id=context.operation_id)
    instance_id = naming.instance_id(context.tenant.id, f"{orphan_id}-{context.operation_id}", "orphan", 0)
    begun = await begin_operation(
        context,
        REMOVE,
        Resource(ResourceType.ORPHAN, orphan_id),
        no_record(orphan),
        start=lambda _: start_watched(
            context.deps, client, REMOVE_ORPHAN, order, tenant_id=context.tenant.id, instance_id=instance_id
        ),
    )
    return begun.operation


def _refuse_unless_removable(orphan: Orphan, now: datetime) -> None:
    if dismissable(orphan):
        return
    if orphan.removable_from is None:
        raise ConflictError("it may have a reason to be there; check it, and delete it yourself", advice=orphan.advice)
    if orphan.removable_from > now:
        message = "it has been an orphan for less than six hours"
        raise ConflictError(message, removableFrom=orphan.removable_from.isoformat())


async def _start(client: DurableClient, tenant_id: str) -> None:
    await start(client, FIND_ORPHANS, ScanOrder(tenant_id=tenant_id), instance_id=_scan_instance(tenant_id))


def _scan_instance(tenant_id: str) -> str:
    return naming.instance_id(tenant_id, "orphans", "scan", 0)


async def _requested(deps: Dependencies, tenant_id: str) -> Operation | None:
    return await _waiting(deps, tenant_id, OperationStatus.NOT_STARTED, OperationStatus.RUNNING)


async def _waiting(deps: Dependencies, tenant_id: str, *statuses: OperationStatus) -> Operation | None:
    for status in statuses:
        async for stored in deps.operations.each(tenant_id, kind=SCAN, status=status.value):
            return stored.value
    return None
