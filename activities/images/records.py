"""Records of a device image's build and removal. Each may be repeated, and has its effect once."""

from __future__ import annotations

from typing import Any

from activities.operations.audit import begin_operation_step, fail_operation, record_audit_event, succeed_operation
from shared.contracts.images import (
    BUILD_STEPS,
    IMPORT_STEP,
    RECORD_IMAGE_DELETED,
    RECORD_IMAGE_FAILED,
    RECORD_IMAGE_READY,
    RECORD_IMAGE_STEP,
    ImageDeletedRecord,
    ImageFailedRecord,
    ImageReadyRecord,
    ImageStepRecord,
)
from shared.contracts.outcomes import Done
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Failure
from shared.domain.images.image import DeviceImage, DeviceImageStatus
from shared.domain.operations.operation import Operation
from shared.errors import NotFoundError
from shared.workflow import Blueprint, implements

bp = Blueprint()

_PERCENT = {
    IMPORT_STEP: 0,
    "allocateCapacity": 0,
    "createVm": 2,
    "generalize": 20,
    "capture": 35,
    "replicate": 65,
    "cleanUp": 80,
    "validate": 85,
}
"""Percent complete when a step begins, by the usual lengths of the steps."""


@bp.activity_trigger(input_name="payload")
@implements(RECORD_IMAGE_STEP)
async def record_image_step(record: ImageStepRecord) -> Done:
    """Record that a step of the build begins; the operation shows an import only for builds that have that step."""
    percent = _PERCENT.get(record.step, 0)
    steps = {name: title for name, title in BUILD_STEPS.items() if name != IMPORT_STEP or record.step == IMPORT_STEP}
    await begin_operation_step(record.tenant_id, record.operation_id, record.step, steps, percent=percent)
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(RECORD_IMAGE_READY)
async def record_image_ready(record: ImageReadyRecord) -> Done:
    """Record that policies may use the image, with the warnings of its validation."""
    found = "; ".join(f"{each.step}: {each.message}" for each in record.warnings) or None
    ready = {
        "status": DeviceImageStatus.WARNING if found else DeviceImageStatus.READY,
        "gallery_version_id": record.version_id,
        "regions": record.regions,
        "error_code": None,
        "error_detail": found,
    }
    image = await _end(record, ready)
    at = dependencies().clock.now()
    result = {"deviceImageId": record.image_id, "galleryVersionId": record.version_id}
    await succeed_operation(record.tenant_id, record.operation_id, result, at)
    await _note(image, record.operation_id)
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(RECORD_IMAGE_FAILED)
async def record_image_failed(record: ImageFailedRecord) -> Done:
    """Record that the build failed, with its failure and the resources that could not be removed."""
    failure = record.failure
    left = "; ".join(f"{each.code}: {each.message}" for each in record.left)
    detail = f"{failure.message} Could not be removed: {left}" if left else failure.message
    failed = {"status": DeviceImageStatus.FAILED, "error_code": failure.code, "error_detail": detail}
    image = await _end(record, failed)
    at = dependencies().clock.now()
    shown = failure.but(message=detail)
    await fail_operation(record.tenant_id, record.operation_id, shown, at)
    await _note(image, record.operation_id)
    return Done()


async def _end(record: ImageReadyRecord | ImageFailedRecord, changes: dict[str, Any]) -> DeviceImage | None:
    """Write the end of a build into its image, unless another build has taken over; None if the image is gone."""
    at = dependencies().clock.now()

    def edit(image: DeviceImage) -> DeviceImage | None:
        others = image.operation_id not in {None, record.operation_id}
        if others or image.status is not DeviceImageStatus.PENDING:
            return None
        return image.but(**changes, last_modified_date_time=at)

    try:
        return await dependencies().images.change(record.tenant_id, record.image_id, edit)
    except NotFoundError:
        return None


async def _note(image: DeviceImage | None, run: str) -> None:
    if image is None:
        return
    after = {"status": image.status.value, "errorCode": image.error_code}
    resource = ("deviceImage", image.id)
    await record_audit_event(image.tenant_id, resource, "build", after, at=image.last_modified_date_time, run=run)


@bp.activity_trigger(input_name="payload")
@implements(RECORD_IMAGE_DELETED)
async def record_image_deleted(record: ImageDeletedRecord) -> Done:
    """End the removal's operation; it fails if the gallery version could not be removed."""
    deps, left = dependencies(), record.left
    at = deps.clock.now()

    def edit(operation: Operation) -> Operation:
        if left is None:
            return operation.succeeded({}, at)
        failure = Failure(code=left.code, message=left.message, evidence=left.evidence, advice=left.advice)
        return operation.failed(failure, at)

    await deps.operations.change(record.tenant_id, record.operation_id, edit)
    return Done()
