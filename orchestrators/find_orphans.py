"""Prove that nothing of ours is left that no record knows of, and list what is."""

from __future__ import annotations

from typing import TypeVar

from orchestrators.parts.orphan_removal import remove
from shared.contracts.definitions import Activity
from shared.contracts.orphans import (
    BEGIN_SCAN,
    FIND_ORPHANS,
    RECORD_SCAN,
    SCAN_DIRECTORY,
    SCAN_HOST_POOL,
    SCAN_RESOURCE_GROUP,
    AreaScanned,
    HostPoolScanOrder,
    OrphansFound,
    RemovalOrder,
    ResourceGroupScanOrder,
    ScanOrder,
    ScanRecord,
)
from shared.contracts.outcomes import Refused
from shared.domain.cloud_pcs.orphans import Looked
from shared.domain.values import Value
from shared.workflow import Blueprint, CallFailedError, Context, Steps, call, orchestrates

Order = TypeVar("Order", bound=Value)

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(FIND_ORPHANS)
def find_orphans(ctx: Context, order: ScanOrder) -> Steps[OrphansFound]:
    """Compare what there is with our records.

    (1) Record that it begins, and get the areas: wherever machines of the tenant are or may be. (2) Scan each resource
    group, (3) each host pool, (4) the directory and Intune; an area that cannot be scanned does not stop the rest, and
    is listed. (5) Record what was scanned. (6) Remove what the tenant's setting allows: only what is sure.
    """
    plan = yield from call(ctx, BEGIN_SCAN, order)  # (1)
    if isinstance(plan, Refused):
        return OrphansFound(looked_at=())
    scanned: list[Looked] = []
    for each in plan.resource_groups:
        group = ResourceGroupScanOrder(
            tenant_id=order.tenant_id, subscription_id=each.subscription_id, resource_group=each.resource_group
        )
        scanned.append((yield from scan(ctx, SCAN_RESOURCE_GROUP, group, group.area)))  # (2)
    for pool_id in plan.host_pool_ids:
        pool = HostPoolScanOrder(tenant_id=order.tenant_id, host_pool_id=pool_id)
        scanned.append((yield from scan(ctx, SCAN_HOST_POOL, pool, pool_id)))  # (3)
    scanned.append((yield from scan(ctx, SCAN_DIRECTORY, order, "directory")))  # (4)
    record = ScanRecord(tenant_id=order.tenant_id, looked_at=tuple(scanned))
    recorded = yield from call(ctx, RECORD_SCAN, record)  # (5)
    removed = 0
    for orphan_id in recorded.removable:
        outcome = yield from remove(ctx, RemovalOrder(tenant_id=order.tenant_id, orphan_id=orphan_id))  # (6)
        removed += outcome.refused is None
    return OrphansFound(looked_at=tuple(scanned), removed=removed)


def scan(ctx: Context, activity: Activity[Order, AreaScanned, Refused], order: Order, area: str) -> Steps[Looked]:
    """Scan one area; that it could not be scanned is a finding as well."""
    try:
        outcome = yield from call(ctx, activity, order)
    except CallFailedError as error:
        return Looked(area=area, problem=error.reason)
    match outcome:
        case AreaScanned(looked=looked):
            return looked
        case Refused(code=code, message=message):
            return Looked(area=area, problem=f"{code}: {message}")
