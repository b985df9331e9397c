"""Remove a version of an image set, with everything that was made for it."""

from __future__ import annotations

from orchestrators.parts.images.versions import VersionWork, delete_captured, remove_everything
from shared.contracts.image_versions import (
    RECORD_VERSION_DELETED,
    REMOVE_VERSION,
    VersionDeletedRecord,
    VersionOrder,
)
from shared.contracts.outcomes import Done, Refused
from shared.workflow import Blueprint, Context, Steps, call, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(REMOVE_VERSION)
def remove_image_version(ctx: Context, order: VersionOrder) -> Steps[Done | Refused]:
    """Remove a version: (1) its way in and machine, (2) its gallery version, (3) its record; or return the failure."""
    work = VersionWork(ctx, order, ("cleanUp",))
    left = yield from remove_everything(work)  # (1)
    left += yield from work.try_all(delete_captured(work))  # (2)
    record = VersionDeletedRecord(
        tenant_id=order.tenant_id,
        version_id=order.version_id,
        operation_id=order.operation_id,
        left=tuple(error.failure for error in left),
    )
    yield from call(ctx, RECORD_VERSION_DELETED, record)  # (3)
    if not left:
        return Done()
    return Refused(code=left[0].failure.code, message=left[0].failure.message)
