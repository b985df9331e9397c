"""What messages said has changed: taking it up, and saying that it was looked at."""

from __future__ import annotations

from shared.contracts.changes import (
    CLOSE_CHANGES,
    MOST_AT_ONCE,
    TAKE_CHANGES,
    Batch,
    BatchRecord,
    ChangesOrder,
)
from shared.contracts.outcomes import Done
from shared.contracts.reconciling import Again
from shared.dependencies import dependencies
from shared.workflow import Blueprint, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(TAKE_CHANGES)
async def take_changes(order: ChangesOrder) -> Batch:
    """Return the users of whom something was told."""
    return Batch(marks=await dependencies().changes.take(order.tenant_id, MOST_AT_ONCE))


@bp.activity_trigger(input_name="payload")
@implements(CLOSE_CHANGES)
async def close_changes(record: BatchRecord) -> Done | Again:
    """Forget what was told of these users up to their marks, and say whether anything is left."""
    changes = dependencies().changes
    await changes.settle(record.tenant_id, record.marks)
    return Again() if await changes.take(record.tenant_id, 1) else Done()
