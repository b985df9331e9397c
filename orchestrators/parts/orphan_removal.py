"""Removing an orphan, on request or by the tenant's setting."""

from __future__ import annotations

from shared.contracts.orphans import (
    DELETE_ORPHAN,
    RECORD_REMOVAL,
    REMOVAL_POLL,
    OrphanRemoved,
    RemovalOrder,
    RemovalRecord,
)
from shared.contracts.outcomes import Done, Pending, Refused
from shared.workflow import CallFailedError, Context, Steps, call, wait_for


def remove(ctx: Context, order: RemovalOrder) -> Steps[OrphanRemoved]:
    """Delete one orphan, wait until it is gone, and record that."""
    refused = yield from _delete(ctx, order)
    record = RemovalRecord(
        tenant_id=order.tenant_id, orphan_id=order.orphan_id, operation_id=order.operation_id, refused=refused
    )
    yield from call(ctx, RECORD_REMOVAL, record)
    return OrphanRemoved(refused=refused)


def _delete(ctx: Context, order: RemovalOrder) -> Steps[Refused | None]:
    """Delete one orphan; return why that could not be done, None when it is gone."""
    try:
        outcome = yield from wait_for(ctx, DELETE_ORPHAN, order, REMOVAL_POLL)
    except CallFailedError as error:
        return Refused(code="serviceUnavailable", message=error.reason)
    match outcome:
        case Done():
            return None
        case Refused():
            return outcome
        case Pending(note=note):
            return Refused(code="notRemovedInTime", message=note or "it is still there")
