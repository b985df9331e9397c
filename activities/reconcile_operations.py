"""The operations that wait for a reconcile: they show where it stands, and end with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from shared.dependencies import dependencies
from shared.domain.operations.operation import Operation, OperationStatus
from shared.services.reconciling import RECONCILE_OPERATION


async def update_covered(tenant_id: str, upto: datetime | None, edit: Callable[[Operation], Operation]) -> None:
    """Change every open operation of a reconcile that was requested *upto* then; None: nothing was requested."""
    if upto is None:
        return
    operations = dependencies().operations
    for status in (OperationStatus.NOT_STARTED, OperationStatus.RUNNING):
        waiting = operations.each(tenant_id, kind=RECONCILE_OPERATION, status=status.value)
        for each in [stored.value async for stored in waiting]:
            if each.created_date_time <= upto:
                await operations.change(tenant_id, each.id, edit)
