"""Asking for a reconcile so that the request is not lost, whatever dies in between."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.contracts.reconciling import RECONCILE, ReconcileOrder
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.operation import OperationStatus
from shared.storage.due import DueKind
from shared.workflow import DurableClient, start

LOOK_AGAIN = timedelta(minutes=2)
"""When a sweep makes sure that what was asked has been begun."""

RECONCILE_OPERATION = "reconcile"


async def ask_for_reconcile(deps: Dependencies, client: DurableClient, tenant_id: str, now: datetime) -> None:
    """Bring the whole tenant to what its directory and policies say, now.

    A reconcile that runs already sees the marker when it ends and goes round again; one that never started, or
    ended in between, is started by the sweep.
    """
    await promise_reconcile(deps, tenant_id, now)
    await start_reconcile(client, tenant_id)


async def promise_reconcile(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Have the sweep reconcile the tenant soon: written before a record that must not be saved without it.

    First the due row, then the marker: without the marker the sweep forgets the row.
    """
    await deps.due.put(DueKind.RECONCILE, now + LOOK_AGAIN, tenant_id, tenant_id)
    await deps.requests.add(tenant_id, now)


async def start_reconcile(client: DurableClient, tenant_id: str) -> bool:
    """Start the tenant's reconcile; return False when it runs already."""
    order = ReconcileOrder(tenant_id=tenant_id)
    return await start(client, RECONCILE, order, instance_id=naming.instance_id(tenant_id, "all", "reconcile", 0))


async def reconcile_users(
    client: DurableClient, tenant_id: str, user_ids: tuple[str, ...], *, origin: str, round_: int = 0
) -> None:
    """Reconcile just these users; the same *origin* twice is once."""
    order = ReconcileOrder(tenant_id=tenant_id, user_ids=tuple(dict.fromkeys(user_ids)), round=round_)
    subject = naming.derived_id("change", tenant_id, origin)
    await start(client, RECONCILE, order, instance_id=naming.instance_id(tenant_id, subject, "reconcile", round_))


async def close_operations(deps: Dependencies, tenant_id: str, now: datetime) -> None:
    """Say that the operations which wait for a reconcile are done: all that was asked has been seen."""
    for status in (OperationStatus.NOT_STARTED, OperationStatus.RUNNING):
        waiting = deps.operations.each(tenant_id, kind=RECONCILE_OPERATION, status=status.value)
        for stored in [each async for each in waiting]:
            await deps.operations.change(tenant_id, stored.value.id, lambda operation: operation.succeeded({}, now))
