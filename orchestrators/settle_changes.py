"""Reconcile the users that change messages name."""

from __future__ import annotations

from shared.contracts.reconciling import (
    CLOSE_CHANGES,
    RECONCILE,
    SETTLE_CHANGES,
    TAKE_CHANGES,
    BatchRecord,
    ChangesOrder,
    NewerRequest,
    ReconcileOrder,
    Settled,
)
from shared.workflow import Blueprint, Context, Steps, call, call_sub_orchestrator, continue_as_new, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(SETTLE_CHANGES)
def settle_changes(ctx: Context, order: ChangesOrder) -> Steps[Settled]:
    """Reconcile the users that change messages name: one instance for each tenant.

    (1) Take the users, a hundred at most, (2) reconcile just them, (3) delete their changes unless there are newer
    ones, and (4) continue with the next users while there are any.
    """
    batch = yield from call(ctx, TAKE_CHANGES, order)  # (1)
    if not batch.marks:
        return Settled(count=0)
    users = ReconcileOrder(
        tenant_id=order.tenant_id, user_ids=tuple(sorted(batch.marks)), rounds=batch.rounds, expected=batch.expected
    )
    yield from call_sub_orchestrator(ctx, RECONCILE, users)  # (2)
    record = BatchRecord(tenant_id=order.tenant_id, marks=batch.marks)
    if isinstance((yield from call(ctx, CLOSE_CHANGES, record)), NewerRequest):  # (3)
        continue_as_new(order)  # (4)
    return Settled(count=len(batch.marks))
