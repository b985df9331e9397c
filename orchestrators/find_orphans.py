"""Compare records and reality: resources of which no record knows, and records of missing resources."""

from __future__ import annotations

from typing import TypeVar

from orchestrators.parts.cloud_pcs.comparing import compare, find_what_is_missing, record_what_is_gone
from orchestrators.parts.machines.cleaning import remove
from shared.contracts.definitions import Activity
from shared.contracts.inventory import (
    BEGIN_SCAN,
    FIND_ORPHANS,
    RECORD_SCAN,
    SCAN_DIRECTORY,
    SCAN_HOST_POOL,
    SCAN_RESOURCE_GROUP,
    Adoptions,
    AreaScanned,
    HostPoolScanOrder,
    OrphansFound,
    RemovalOrder,
    ResourceGroupScanOrder,
    ScanOrder,
    ScanRecord,
)
from shared.contracts.outcomes import Refused
from shared.domain.cloud_pcs.orphans import Looked, Missing
from shared.domain.values import Value
from shared.workflow import Blueprint, CallFailedError, Context, Steps, call, orchestrates, predates

Order = TypeVar("Order", bound=Value)

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(FIND_ORPHANS)
def find_orphans(ctx: Context, order: ScanOrder) -> Steps[OrphansFound]:
    """Compare the resources of a tenant with our records.

    (1) Record that it begins, and get the areas: wherever machines of the tenant are or may be. (2) Adopt machines
    that no record knows, where it is sure whose they are; ask twice for each machine that a record knows and no list
    has, and record what is gone; find what is missing of what machines share.
    (3) Scan each resource group, (4) each host pool, (5) the directory and Intune; an area that cannot be scanned does
    not stop the rest, and is listed. (6) Record what was scanned. (7) Remove what the tenant's setting allows: only
    what is sure.
    """
    plan = yield from call(ctx, BEGIN_SCAN, order)  # (1)
    if isinstance(plan, Refused):
        return OrphansFound(looked_at=())
    scanned, missing = list[Looked](), tuple[Missing, ...]()
    gone: int | None = None
    adoptions = Adoptions()
    compared = False
    if not predates(ctx, "1.1"):
        absent, adoptions = yield from compare(ctx, order.tenant_id, plan.resource_groups)
        gone = yield from record_what_is_gone(ctx, order.tenant_id, absent)  # (2)
        looked, missing = yield from find_what_is_missing(ctx, order)
        scanned.append(looked)
        compared = adoptions.complete and not adoptions.waiting
    for each in plan.resource_groups:
        group = ResourceGroupScanOrder(
            tenant_id=order.tenant_id,
            subscription_id=each.subscription_id,
            resource_group=each.resource_group,
            adoptions=adoptions,
        )
        scanned.append((yield from scan(ctx, SCAN_RESOURCE_GROUP, group, group.area)))  # (3)
    for pool_id in plan.host_pool_ids:
        pool = HostPoolScanOrder(tenant_id=order.tenant_id, host_pool_id=pool_id, adoptions=adoptions)
        scanned.append((yield from scan(ctx, SCAN_HOST_POOL, pool, pool_id)))  # (4)
    scanned.append((yield from scan(ctx, SCAN_DIRECTORY, order.but(adoptions=adoptions), "directory")))  # (5)
    record = ScanRecord(tenant_id=order.tenant_id, looked_at=tuple(scanned), missing=missing, compared=compared)
    recorded = yield from call(ctx, RECORD_SCAN, record)  # (6)
    removed = 0
    for orphan_id in recorded.removable:
        outcome = yield from remove(ctx, RemovalOrder(tenant_id=order.tenant_id, orphan_id=orphan_id))  # (7)
        removed += outcome.refused is None
    return OrphansFound(looked_at=tuple(scanned), removed=removed, gone=gone)


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
