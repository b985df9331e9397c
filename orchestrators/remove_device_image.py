"""Remove the resources of a device image."""

from __future__ import annotations

from shared.contracts.images import (
    DELETE_GALLERY_VERSION,
    RECORD_IMAGE_DELETED,
    REMOVE_IMAGE,
    ImageDeletedRecord,
    RemoveImageOrder,
)
from shared.contracts.outcomes import Done, Refused
from shared.workflow import Blueprint, CallFailedError, Context, Steps, call, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(REMOVE_IMAGE)
def remove_device_image(ctx: Context, order: RemoveImageOrder) -> Steps[Done | Refused]:
    """Remove a device image's version from the gallery: (1) delete it and see it gone, (2) say how that went."""
    outcome: Done | Refused
    try:
        outcome = yield from call(ctx, DELETE_GALLERY_VERSION, order.version)  # (1)
    except CallFailedError as failed:
        outcome = Refused(code="stillThere", message="The gallery still has the version", evidence=failed.reason)
    left = outcome if isinstance(outcome, Refused) else None
    record = ImageDeletedRecord(tenant_id=order.tenant_id, operation_id=order.operation_id, left=left)
    yield from call(ctx, RECORD_IMAGE_DELETED, record)  # (2)
    return outcome
