"""The record of the removal of a device image."""

from __future__ import annotations

from shared.contracts.image_removals import RECORD_IMAGE_DELETED, ImageDeletedRecord
from shared.contracts.outcomes import Done
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Failure
from shared.domain.operations.operation import Operation
from shared.workflow import Blueprint, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(RECORD_IMAGE_DELETED)
async def record_image_deleted(record: ImageDeletedRecord) -> Done:
    """End the operation of the removal; what could not be removed is its error."""
    deps, left = dependencies(), record.left
    at = deps.clock.now()

    def edit(operation: Operation) -> Operation:
        if left is None:
            return operation.succeeded({}, at)
        failure = Failure(code=left.code, message=left.message, evidence=left.evidence, advice=left.advice)
        return operation.failed(failure, at)

    await deps.operations.change(record.tenant_id, record.operation_id, edit)
    return Done()
