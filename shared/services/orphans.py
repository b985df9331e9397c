"""Orphans by hand: ask for a scan, have one removed; and the scan that comes by itself."""

from __future__ import annotations

from datetime import datetime

from shared.contracts.orphans import FIND_ORPHANS, REMOVE_ORPHAN, RemovalOrder, ScanOrder
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.operation import Operation, OperationStatus
from shared.domain.orphans import LAST, Orphan, dismissable
from shared.errors import ConflictError
from shared.services.action_context import ActionContext
from shared.services.reconciling import LOOK_AGAIN
from shared.storage.due import Due, DueKind
from shared.workflow import DurableClient, start

SCAN, REMOVE = "findOrphans", "removeOrphan"


async def ask_for_scan(context: ActionContext, client: DurableClient) -> Operation:
    """Begin a scan; return the operation that tells how it goes.

    A scan that runs already comes to its end first, because it may have passed what is asked about; the sweep begins
    another after it. Two that wait are one.
    """
    deps, tenant_id = context.deps, context.tenant.id
    operation = await _waiting(deps, tenant_id, OperationStatus.NOT_STARTED)
    if operation is None:
        operation = await context.open_operation(SCAN, tenant_id)
    await deps.due.put(DueKind.ORPHANS, context.now + LOOK_AGAIN, tenant_id, tenant_id)
    await context.audit("orphanScan", tenant_id)
    await _start(client, tenant_id)
    return operation


async def scan_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Scan a tenant whose last scan is old, that was asked for, or that broke off; return when to look again."""
    tenant = await deps.tenants.find(due.tenant_id)
    if tenant is None:
        return None
    now, every = deps.clock.now(), tenant.value.settings.orphan_scan
    found = await deps.orphan_scans.find(due.tenant_id, LAST)
    ended = found.value.ended_at if found else None
    if ended is not None and now - ended < every and await _asked(deps, due.tenant_id) is None:
        return ended + every
    await _start(client, due.tenant_id)
    return now + LOOK_AGAIN


async def begin_removal(context: ActionContext, client: DurableClient, orphan_id: str) -> Operation:
    """Have an orphan removed, or taken off the list where only a person can tell.

    Raises: ConflictError unless that is sure and it has been one for long enough, NotFoundError.
    """
    orphan = (await context.deps.orphans.get(context.tenant.id, orphan_id)).value
    _refuse_unless_removable(orphan, context.now)
    operation = await context.open_operation(REMOVE, orphan_id)
    order = RemovalOrder(tenant_id=context.tenant.id, orphan_id=orphan_id, operation_id=operation.id)
    instance_id = naming.instance_id(context.tenant.id, f"{orphan_id}-{operation.id}", "orphan", 0)
    await start(client, REMOVE_ORPHAN, order, instance_id=instance_id)
    await context.audit("orphan", orphan_id, before=orphan)
    return operation


def _refuse_unless_removable(orphan: Orphan, now: datetime) -> None:
    if dismissable(orphan):
        return
    if orphan.removable_from is None:
        raise ConflictError("it may have a reason to be there; look at it, and delete it by hand", advice=orphan.advice)
    if orphan.removable_from > now:
        message = "it has been an orphan for less than six hours"
        raise ConflictError(message, removableFrom=orphan.removable_from.isoformat())


async def _start(client: DurableClient, tenant_id: str) -> None:
    await start(
        client,
        FIND_ORPHANS,
        ScanOrder(tenant_id=tenant_id),
        instance_id=naming.instance_id(tenant_id, "orphans", "scan", 0),
    )


async def _asked(deps: Dependencies, tenant_id: str) -> Operation | None:
    return await _waiting(deps, tenant_id, OperationStatus.NOT_STARTED, OperationStatus.RUNNING)


async def _waiting(deps: Dependencies, tenant_id: str, *statuses: OperationStatus) -> Operation | None:
    for status in statuses:
        async for stored in deps.operations.each(tenant_id, kind=SCAN, status=status.value):
            return stored.value
    return None
