"""Build a device image: a temporary VM from the source, generalised and captured into the site's gallery."""

from __future__ import annotations

from orchestrators.temporary_vms import (
    GivenUpError,
    TemporaryVm,
    Wish,
    create_temporary_vm,
    must_be_gone,
    remove_temporary_vm,
)
from shared.contracts.images import (
    BEGIN_CAPTURE,
    BEGIN_GENERALIZE,
    BUILD_IMAGE,
    BUILDER,
    CAPTURE_POLL,
    DELETE_GALLERY_VERSION,
    MARK_GENERALIZED,
    POLL_REPLICATION,
    POLL_STOPPED,
    PREPARE_GALLERY,
    RECORD_IMAGE_FAILED,
    RECORD_IMAGE_READY,
    RECORD_IMAGE_STEP,
    REPLICATION_POLL,
    STOP_POLL,
    CaptureOrder,
    GalleryVersion,
    ImageBuilt,
    ImageFailedRecord,
    ImageOrder,
    ImageReadyRecord,
    ImageStepRecord,
)
from shared.contracts.machines import BEGIN_DEALLOCATE, DELETE_POLL, EXTENSION_POLL, NETWORK_POLL, Machine
from shared.contracts.outcomes import Accepted, Refused
from shared.domain.cloud_pc import Failure
from shared.workflow import Blueprint, Context, Steps, call, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(BUILD_IMAGE)
def build_device_image(ctx: Context, order: ImageOrder) -> Steps[ImageBuilt]:
    """Build a device image: ready, or failed with the evidence and nothing left behind.

    (1) Find room and create a temporary VM from the source, (2) generalise Windows, (3) capture the VM into the
    site's gallery, (4) wait until it is in every region of the site, (5) remove the temporary VM, (6) say that
    the image may be used. Otherwise (7) remove whatever there is and say why.
    """
    build = _Build(ctx, order)
    try:
        if order.broken_off:
            must_be_gone((yield from remove_temporary_vm(build)))
        machine = yield from create_temporary_vm(build)  # (1)
        yield from generalize(build, machine)  # (2)
        version_id = yield from capture(build, machine)  # (3)
        yield from replicate(build, version_id)  # (4)
        yield from build.begin("cleanUp")
        must_be_gone((yield from remove_temporary_vm(build)))  # (5)
        return (yield from ready(build, version_id))  # (6)
    except GivenUpError as failed:
        return (yield from give_up(build, failed.refused))  # (7)


class _Build(TemporaryVm):
    """The build that runs, and what it has made so far."""

    def __init__(self, ctx: Context, order: ImageOrder) -> None:
        wish = Wish(
            machine=order.machine(order.regions[0]),
            plan=BUILDER,
            image=order.source,
            zones=order.zones,
            network=order.network,
            address_space=order.address_space,
        )
        super().__init__(ctx, wish)
        self.order = order
        self.step = "allocateCapacity"
        self.version_id: str | None = None

    def begin(self, step: str) -> Steps[None]:
        """Say that *step* begins."""
        self.step = step
        order = self.order
        record = ImageStepRecord(
            tenant_id=order.tenant_id, image_id=order.image_id, operation_id=order.operation_id, step=step
        )
        yield from call(self.ctx, RECORD_IMAGE_STEP, record)


def generalize(build: _Build, machine: Machine) -> Steps[None]:
    """Run sysprep, wait until the VM has stopped, release it, and mark it as generalised."""
    yield from build.begin("generalize")
    begun = yield from build.do(BEGIN_GENERALIZE, machine)
    yield from build.finish(machine, begun, EXTENSION_POLL)
    yield from build.wait(POLL_STOPPED, machine, STOP_POLL)
    yield from build.finish(machine, (yield from build.do(BEGIN_DEALLOCATE, machine)), DELETE_POLL)
    yield from build.do(MARK_GENERALIZED, machine)


def capture(build: _Build, machine: Machine) -> Steps[str]:
    """Capture the VM as a version of the image's definition; return the version's ARM id."""
    order = build.order
    yield from build.begin("capture")
    what = CaptureOrder(machine=machine, display_name=order.display_name, version=order.version, regions=order.regions)
    yield from build.wait(PREPARE_GALLERY, what, NETWORK_POLL)
    begun: Accepted = yield from build.do(BEGIN_CAPTURE, what)
    build.version_id = begun.resource_id
    yield from build.finish(machine, begun, CAPTURE_POLL)
    return begun.resource_id


def replicate(build: _Build, version_id: str) -> Steps[None]:
    """Wait until the version is in every region of the site: a VM cannot be created from what is not there."""
    yield from build.begin("replicate")
    order = build.order
    version = GalleryVersion(tenant_id=order.tenant_id, subscription_id=order.subscription_id, version_id=version_id)
    yield from build.wait(POLL_REPLICATION, version, REPLICATION_POLL)


def ready(build: _Build, version_id: str) -> Steps[ImageBuilt]:
    """Say that policies may use the image."""
    order = build.order
    record = ImageReadyRecord(
        tenant_id=order.tenant_id,
        image_id=order.image_id,
        operation_id=order.operation_id,
        version_id=version_id,
        regions=order.regions,
    )
    yield from call(build.ctx, RECORD_IMAGE_READY, record)
    return ImageBuilt(outcome="ready")


def give_up(build: _Build, refused: Refused) -> Steps[ImageBuilt]:
    """Remove whatever there is, and say why the image failed."""
    order, step = build.order, build.step
    left = yield from remove_temporary_vm(build)
    if build.version_id is not None:
        version = GalleryVersion(
            tenant_id=order.tenant_id, subscription_id=order.subscription_id, version_id=build.version_id
        )
        try:
            yield from build.do(DELETE_GALLERY_VERSION, version)
        except GivenUpError as failed:
            left = (*left, failed.refused)
    failure = Failure(
        code=refused.code,
        message=f"{step}: {refused.message}",
        evidence=refused.evidence,
        advice=refused.advice,
        retriable=not refused.final,
    )
    record = ImageFailedRecord(
        tenant_id=order.tenant_id,
        image_id=order.image_id,
        operation_id=order.operation_id,
        failure=failure,
        left=left,
    )
    yield from call(build.ctx, RECORD_IMAGE_FAILED, record)
    return ImageBuilt(outcome="failed", failure=failure)
