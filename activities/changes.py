"""Changes of the directory that messages have brought: taking them, and closing them once they are planned."""

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
from shared.contracts.reconciling import NewerRequest
from shared.dependencies import dependencies
from shared.services.spot_changes import wake_for_users
from shared.workflow import Blueprint, DurableClient, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(TAKE_CHANGES)
async def take_changes(order: ChangesOrder) -> Batch:
    """Return the users that may have changed."""
    return Batch(marks=await dependencies().changes.take(order.tenant_id, MOST_AT_ONCE))


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(CLOSE_CHANGES)
async def close_changes(record: BatchRecord, client: DurableClient) -> Done | NewerRequest:
    """Forget what was told of these users up to their marks, and say whether anything is left.

    Before that, the Spot Groups that they concern are woken: what is forgotten has been acted on.
    """
    deps = dependencies()
    await wake_for_users(deps, client, record.tenant_id, sorted(record.marks), deps.clock.now())
    changes = deps.changes
    await changes.settle(record.tenant_id, record.marks)
    return NewerRequest() if await changes.take(record.tenant_id, 1) else Done()
