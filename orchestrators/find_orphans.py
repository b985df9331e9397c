"""Prove that nothing of ours is left where no record knows of it, and list what is."""

from __future__ import annotations

from typing import Any

from shared.contracts.definitions import Activity
from shared.contracts.orphans import (
    BEGIN_SCAN,
    FIND_ORPHANS,
    POLL_DIRECTORY,
    POLL_PLACE,
    POLL_POOL,
    RECORD_REMOVAL,
    RECORD_SCAN,
    REMOVAL_POLL,
    REMOVE_ORPHAN,
    TAKE_AWAY,
    LookedAt,
    OrphanRemoved,
    OrphansFound,
    PlaceOrder,
    PoolOrder,
    RemovalOrder,
    RemovalRecord,
    ScanOrder,
    ScanRecord,
)
from shared.contracts.outcomes import Pending, Refused
from shared.domain.orphans import Looked
from shared.workflow import Blueprint, CallFailedError, Context, Steps, call, orchestrates, wait_for

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(FIND_ORPHANS)
def find_orphans(ctx: Context, order: ScanOrder) -> Steps[OrphansFound]:
    """Compare what there is with our records.

    (1) Say that it begins, and where to look: everywhere machines of the tenant are or may be. (2) Each resource group,
    (3) each host pool, (4) the directory and Intune; what cannot be looked at does not stop the rest, and is said.
    (5) Write down what was looked at. (6) Remove what the tenant's setting allows: only what is sure.
    """
    plan = yield from call(ctx, BEGIN_SCAN, order)  # (1)
    if isinstance(plan, Refused):
        return OrphansFound(looked_at=())
    looked: list[Looked] = []
    for place in plan.places:
        group = PlaceOrder(
            tenant_id=order.tenant_id, subscription_id=place.subscription_id, resource_group=place.resource_group
        )
        looked.append((yield from look(ctx, POLL_PLACE, group, group.area)))  # (2)
    for pool_id in plan.host_pool_ids:
        pool = PoolOrder(tenant_id=order.tenant_id, host_pool_id=pool_id)
        looked.append((yield from look(ctx, POLL_POOL, pool, pool_id)))  # (3)
    looked.append((yield from look(ctx, POLL_DIRECTORY, order, "directory")))  # (4)
    scanned = yield from call(ctx, RECORD_SCAN, ScanRecord(tenant_id=order.tenant_id, looked_at=tuple(looked)))  # (5)
    removed = 0
    for orphan_id in scanned.removable:
        outcome = yield from remove(ctx, RemovalOrder(tenant_id=order.tenant_id, orphan_id=orphan_id))  # (6)
        removed += outcome.refused is None
    return OrphansFound(looked_at=tuple(looked), removed=removed)


@bp.orchestration_trigger(context_name="context")
@orchestrates(REMOVE_ORPHAN)
def remove_orphan(ctx: Context, order: RemovalOrder) -> Steps[OrphanRemoved]:
    """Remove one orphan that somebody pointed at, if it still is one; say what came of it."""
    removed = yield from remove(ctx, order)
    return removed


def look(ctx: Context, activity: Activity[Any, Any], order: Any, area: str) -> Steps[Looked]:  # noqa: ANN401 - any contract
    """Look at one area; what could not be looked at is a finding as well."""
    try:
        outcome = yield from call(ctx, activity, order)
    except CallFailedError as error:
        return Looked(area=area, problem=error.reason)
    if isinstance(outcome, LookedAt):
        return outcome.looked
    return Looked(area=area, problem=f"{outcome.code}: {outcome.message}")


def remove(ctx: Context, order: RemovalOrder) -> Steps[OrphanRemoved]:
    """Take one orphan away, see that it is gone, and write that down."""
    refused: Refused | None = None
    try:
        outcome = yield from wait_for(ctx, TAKE_AWAY, order, REMOVAL_POLL)
    except CallFailedError as error:
        refused = Refused(code="serviceUnavailable", message=error.reason)
    else:
        if isinstance(outcome, Refused):
            refused = outcome
        elif isinstance(outcome, Pending):
            refused = Refused(code="notRemovedInTime", message=outcome.note or "it is still there")
    record = RemovalRecord(
        tenant_id=order.tenant_id, orphan_id=order.orphan_id, operation_id=order.operation_id, refused=refused
    )
    yield from call(ctx, RECORD_REMOVAL, record)
    return OrphanRemoved(refused=refused)
