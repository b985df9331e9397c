"""Changes of the directory that messages have brought: taking them, and closing them once they are planned."""

from __future__ import annotations

from shared.contracts.outcomes import Done
from shared.contracts.reconciling import (
    CLOSE_CHANGES,
    MOST_AT_ONCE,
    MOST_SINGLY,
    TAKE_CHANGES,
    Batch,
    BatchRecord,
    ChangesOrder,
    NewerRequest,
)
from shared.dependencies import dependencies
from shared.services.policies.reconciling import promise_reconcile
from shared.services.spot.reconciling import promise_all_groups, wake_for_users
from shared.workflow import Blueprint, DurableClient, implements

bp = Blueprint()

_MOST_READ = 1_000


@bp.activity_trigger(input_name="payload")
@implements(TAKE_CHANGES)
async def take_changes(order: ChangesOrder) -> Batch:
    """Return the users that may have changed.

    Where many wait, everybody is read instead of users about whose change nothing is expected: a directory that adds
    10,000 people unrelated to the tenant costs it one reading of its own members.
    """
    deps = dependencies()
    waiting = await deps.changes.waiting(order.tenant_id, _MOST_READ)
    if len(waiting) > MOST_SINGLY:
        now = deps.clock.now()
        covered = {each.user_id: each.mark for each in waiting if not each.expected}
        if covered:
            await promise_reconcile(deps, order.tenant_id, now)
            await promise_all_groups(deps, order.tenant_id, now)
        await deps.changes.settle(order.tenant_id, covered)
        waiting = [each for each in waiting if each.expected]
    some = waiting[:MOST_AT_ONCE]
    return Batch(
        marks={each.user_id: each.mark for each in some},
        rounds={each.user_id: each.round for each in some if each.round},
        expected=tuple(each.user_id for each in some if each.expected),
    )


@bp.activity_trigger(input_name="payload")
@bp.durable_client_input(client_name="client")
@implements(CLOSE_CHANGES)
async def close_changes(record: BatchRecord, client: DurableClient) -> Done | NewerRequest:
    """Remove the reported changes of these users up to their marks; return NewerRequest if others are left.

    Before that, the Spot Groups that they concern are woken: a change is removed only after it has been acted on.
    """
    deps = dependencies()
    await wake_for_users(deps, client, record.tenant_id, sorted(record.marks), deps.clock.now())
    changes = deps.changes
    await changes.settle(record.tenant_id, record.marks)
    return NewerRequest() if await changes.take(record.tenant_id, 1) else Done()
