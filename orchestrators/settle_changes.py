"""Bring to its end what messages said has changed."""

from __future__ import annotations

from shared.contracts.changes import (
    CLOSE_CHANGES,
    SETTLE_CHANGES,
    TAKE_CHANGES,
    BatchRecord,
    ChangesOrder,
    Settled,
)
from shared.contracts.reconciling import RECONCILE, Again, ReconcileOrder
from shared.workflow import Blueprint, Context, Steps, call, call_sub_orchestrator, continue_as_new, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(SETTLE_CHANGES)
def settle_changes(ctx: Context, order: ChangesOrder) -> Steps[Settled]:
    """Bring to its end what messages said has changed; one instance for each tenant, however many messages come.

    (1) Take those of whom something was told, a hundred at most, (2) reconcile just them, (3) forget what was told,
    unless something newer was, and (4) go round again while anything is left.
    """
    batch = yield from call(ctx, TAKE_CHANGES, order)  # (1)
    if not batch.marks:
        return Settled(count=0)
    yield from call_sub_orchestrator(
        ctx, RECONCILE, ReconcileOrder(tenant_id=order.tenant_id, user_ids=tuple(sorted(batch.marks)))
    )  # (2)
    record = BatchRecord(tenant_id=order.tenant_id, marks=batch.marks)
    if isinstance((yield from call(ctx, CLOSE_CHANGES, record)), Again):  # (3)
        answer: Settled = continue_as_new(ctx, order)  # (4)
        return answer
    return Settled(count=len(batch.marks))
