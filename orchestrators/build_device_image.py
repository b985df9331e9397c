"""Build a device image: a temporary VM from the source, generalised and captured into the site's gallery."""

from __future__ import annotations

from dataclasses import replace

from orchestrators.parts.images.capture import (
    StepRecorder,
    await_replication,
    begin_capture,
    create_temporary_machine,
    finish_capture,
    generalize,
    temporary_machine,
    validate_image,
)
from orchestrators.parts.images.versions import remove_import
from orchestrators.parts.machines.machines import Recorder, ensure_removed, remove
from orchestrators.parts.work import Work, WorkFailedError
from shared.contracts.calls import WaitingWork
from shared.contracts.images import (
    BUILD_IMAGE,
    DELETE_GALLERY_VERSION,
    RECORD_IMAGE_FAILED,
    RECORD_IMAGE_READY,
    RECORD_IMAGE_STEP,
    CaptureOrder,
    ImageBuilt,
    ImageFailedRecord,
    ImageOrder,
    ImageReadyRecord,
    ImageStepRecord,
)
from shared.contracts.machines import Machine
from shared.domain.cloud_pcs.build import Failure, Warn
from shared.domain.images.image import ImageSource
from shared.domain.owner import Owner, OwnerKind
from shared.workflow import Blueprint, Context, Steps, call, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(BUILD_IMAGE)
def build_device_image(ctx: Context, order: ImageOrder) -> Steps[ImageBuilt]:
    """Build a device image: ready, or failed with the evidence and nothing left behind.

    (1) Remove what a build that broke off has left, (2) create a temporary VM from the source where there is capacity;
    a managed image is imported before and the import removed after, (3) generalise Windows, (4) capture the VM into the
    site's gallery, (5) wait until it is in every region of the site, (6) remove the temporary VM, (7) prove with a test
    VM that the image starts and reports, (8) record that it may be used. Otherwise (9) remove whatever there is and
    record why.
    """
    build = _Build(ctx, order)
    try:
        if order.broken_off:
            ensure_removed((yield from remove_everything(build)))  # (1)
        machine = yield from create_temporary_machine(build, order, StepRecorder(build))  # (2)
        yield from build.begin("generalize")
        yield from generalize(build, machine)  # (3)
        version_id = yield from capture(build, machine)  # (4)
        yield from build.begin("replicate")
        yield from await_replication(build, order.gallery_version(version_id))  # (5)
        yield from build.begin("cleanUp")
        ensure_removed((yield from remove(build, machine)))  # (6)
        warnings = yield from validate(build, version_id)  # (7)
        return (yield from ready(build, version_id, warnings))  # (8)
    except WorkFailedError as failed:
        return (yield from give_up(build, failed.failure))  # (9)


class _Build(Work):
    """The running build of a device image, and the resources it has made so far."""

    def __init__(self, ctx: Context, order: ImageOrder) -> None:
        super().__init__(ctx)
        self.order = order
        self.step = "allocateCapacity"
        self.version_id: str | None = None

    @property
    def waiting(self) -> WaitingWork:
        """The image that waits for a cloud that does not answer."""
        owner = Owner(kind=OwnerKind.DEVICE_IMAGE, id=self.order.image_id)
        return WaitingWork(tenant_id=self.order.tenant_id, owner=owner, doing="the build of the image")

    def begin(self, step: str) -> Steps[None]:
        """Record that *step* begins."""
        self.step = step
        order = self.order
        record = ImageStepRecord(
            tenant_id=order.tenant_id, image_id=order.image_id, operation_id=order.operation_id, step=step
        )
        yield from call(self.ctx, RECORD_IMAGE_STEP, record)


def capture(build: _Build, machine: Machine) -> Steps[str]:
    """Capture the VM as a version of the image's definition; return the version's ARM id."""
    order = build.order
    yield from build.begin("capture")
    what = CaptureOrder(machine=machine, display_name=order.display_name, version=order.version, regions=order.regions)
    operation = yield from begin_capture(build, what)
    build.version_id = operation.resource_id
    yield from finish_capture(build, machine, operation)
    return operation.resource_id


def validate(build: _Build, version_id: str) -> Steps[tuple[Warn, ...]]:
    """Start a test VM from the version, at the place of the temporary VM; return the warnings of its validation."""
    yield from build.begin("validate")
    spec = temporary_machine(build.order, Recorder())
    return (yield from validate_image(build, replace(spec, image=ImageSource(gallery_version_id=version_id))))


def ready(build: _Build, version_id: str, warnings: tuple[Warn, ...]) -> Steps[ImageBuilt]:
    """Record that policies may use the image."""
    order = build.order
    record = ImageReadyRecord(
        tenant_id=order.tenant_id,
        image_id=order.image_id,
        operation_id=order.operation_id,
        version_id=version_id,
        regions=order.regions,
        warnings=warnings,
    )
    yield from call(build.ctx, RECORD_IMAGE_READY, record)
    return ImageBuilt(outcome="ready")


def remove_everything(build: _Build) -> Steps[tuple[WorkFailedError, ...]]:
    """Remove the machine and the imported image; return the errors of failed removals."""
    left = yield from remove(build, build.order.machine)
    return left + (yield from build.try_all(remove_import(build, build.order)))


def give_up(build: _Build, reason: Failure) -> Steps[ImageBuilt]:
    """Remove everything that was made, and record the failure of the image."""
    order = build.order
    failure = reason.but(message=f"{build.step}: {reason.message}")
    left = yield from remove_everything(build)
    if build.version_id is not None:
        left += yield from build.try_all([build.do(DELETE_GALLERY_VERSION, order.gallery_version(build.version_id))])
    record = ImageFailedRecord(
        tenant_id=order.tenant_id,
        image_id=order.image_id,
        operation_id=order.operation_id,
        failure=failure,
        left=tuple(error.failure for error in left),
    )
    yield from call(build.ctx, RECORD_IMAGE_FAILED, record)
    return ImageBuilt(outcome="failed", failure=failure)
