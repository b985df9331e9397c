"""Build a device image: a temporary VM from the source, generalised and captured into the site's gallery."""

from __future__ import annotations

from typing import Any, TypeVar

from shared.contracts.images import (
    BEGIN_CAPTURE,
    BEGIN_DEALLOCATE,
    BEGIN_GENERALIZE,
    BUILD_IMAGE,
    BUILDER,
    CAPTURE_PATIENCE,
    FORGET_GALLERY_VERSION,
    LOOK_AT_REPLICATION,
    LOOK_FOR_STOPPED,
    MARK_GENERALIZED,
    PREPARE_GALLERY,
    RECORD_IMAGE_FAILED,
    RECORD_IMAGE_READY,
    RECORD_IMAGE_STEP,
    REPLICATION_PATIENCE,
    STOP_PATIENCE,
    CaptureOrder,
    GalleryVersion,
    ImageBuilt,
    ImageFailedRecord,
    ImageOrder,
    ImageReadyRecord,
    ImageStepRecord,
)
from shared.contracts.machines import (
    AGENT_PATIENCE,
    ALLOCATE_CAPACITY,
    BEGIN_VM,
    BEGIN_VM_DELETE,
    CREATE_NIC,
    DELETE_DISK,
    DELETE_NIC,
    DELETE_PATIENCE,
    EXTENSION_PATIENCE,
    LOOK_AT_AGENT,
    LOOK_AT_OPERATION,
    NETWORK_PATIENCE,
    PREPARE_HOSTED_NETWORK,
    VM_PATIENCE,
    CapacityOrder,
    HostedNetworkOrder,
    Machine,
    NicOrder,
    Place,
    VmOrder,
)
from shared.contracts.outcomes import Accepted, NoRoom, Pending, Refused
from shared.contracts.shape import Activity, Patience
from shared.domain import naming
from shared.domain.cloud_pc import Failure
from shared.domain.values import Value
from shared.workflow import Blueprint, CallFailedError, Context, Steps, call, orchestrates, wait_for

In = TypeVar("In", bound=Value)

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
        machine = yield from create_temporary_vm(build)  # (1)
        yield from generalize(build, machine)  # (2)
        version_id = yield from capture(build, machine)  # (3)
        yield from replicate(build, version_id)  # (4)
        yield from build.begin("cleanUp")
        must_be_gone((yield from remove_temporary_vm(build)))  # (5)
        return (yield from ready(build, version_id))  # (6)
    except _BuildFailedError as failed:
        return (yield from give_up(build, failed.refused))  # (7)


class _BuildFailedError(Exception):
    """The build is over."""

    def __init__(self, refused: Refused) -> None:
        super().__init__(refused.code)
        self.refused = refused


class _NoRoomError(_BuildFailedError):
    """There is no room here; *elsewhere* there may be."""

    def __init__(self, full: NoRoom) -> None:
        super().__init__(Refused(code=full.code, message=full.message))
        self.elsewhere = full.elsewhere


class _Build:
    """The build that runs, and what it has made so far."""

    def __init__(self, ctx: Context, order: ImageOrder) -> None:
        self.ctx, self.order = ctx, order
        self.step = "allocateCapacity"
        self.machine = order.machine(order.regions[0])
        self.version_id: str | None = None

    def begin(self, step: str) -> Steps[None]:
        """Say that *step* begins."""
        self.step = step
        order = self.order
        record = ImageStepRecord(
            tenant_id=order.tenant_id, image_id=order.image_id, operation_id=order.operation_id, step=step
        )
        yield from call(self.ctx, RECORD_IMAGE_STEP, record)

    def do(self, activity: Activity[In, Any], order: In) -> Steps[Any]:
        """Call *activity*; whatever is no success ends the build."""
        try:
            outcome = yield from call(self.ctx, activity, order)
        except CallFailedError as error:
            raise _BuildFailedError(Refused(code="serviceUnavailable", message=error.reason)) from error
        return _need(outcome)

    def wait(self, look: Activity[In, Any], order: In, patience: Patience) -> Steps[Any]:
        """Look until it is there; whatever is no success ends the build."""
        try:
            outcome = yield from wait_for(self.ctx, look, order, patience)
        except CallFailedError as error:
            raise _BuildFailedError(Refused(code="serviceUnavailable", message=error.reason)) from error
        return _need(outcome)

    def finish(self, begun: Accepted, patience: Patience) -> Steps[None]:
        """Wait for the end of what Azure has begun."""
        look = self.machine.look_at(begun)
        yield from self.wait(LOOK_AT_OPERATION, look, patience)


def _need(outcome: Any) -> Any:  # noqa: ANN401 - whatever the contract gives
    match outcome:
        case Refused():
            raise _BuildFailedError(outcome)
        case NoRoom():
            raise _NoRoomError(outcome)
        case Pending(note=note):
            raise _BuildFailedError(Refused(code="timedOut", message=note or "it took too long"))
        case _:
            return outcome


def create_temporary_vm(build: _Build) -> Steps[Machine]:
    """Create the VM at the first place of the site's own region that has room."""
    order = build.order
    yield from build.begin("allocateCapacity")
    tried: tuple[Place, ...] = ()
    while True:
        capacity = CapacityOrder(
            tenant_id=order.tenant_id,
            cloud_pc_id=order.image_id,
            subscription_id=order.subscription_id,
            plan=BUILDER,
            regions=order.regions[:1],
            zones=order.zones,
            tried=tried,
        )
        place: Place = yield from build.do(ALLOCATE_CAPACITY, capacity)
        try:
            yield from create_vm(build, place)
        except _NoRoomError as full:
            must_be_gone((yield from remove_temporary_vm(build)))
            if not full.elsewhere:
                raise
            tried = (*tried, place)
        else:
            return build.machine


def create_vm(build: _Build, place: Place) -> Steps[None]:
    """Create the VM on an interface in the site's network, and wait for its agent."""
    order = build.order
    subnet_ids = order.network.subnet_ids
    if order.network.hosted:
        network = HostedNetworkOrder(
            tenant_id=order.tenant_id,
            subscription_id=order.subscription_id,
            resource_group=order.resource_group,
            region=place.region,
            address_space=naming.regional_address_space(order.address_space, 0),
        )
        subnet_ids = (yield from build.wait(PREPARE_HOSTED_NETWORK, network, NETWORK_PATIENCE)).subnet_ids
    yield from build.begin("createVm")
    nic = yield from build.do(CREATE_NIC, NicOrder(machine=build.machine, subnet_ids=subnet_ids))
    vm = VmOrder(
        machine=build.machine,
        place=place,
        nic_id=nic.nic_id,
        image=order.source,
        disk_size_in_gb=BUILDER.storage_in_gb,
    )
    begun = yield from build.do(BEGIN_VM, vm)
    yield from build.finish(begun, VM_PATIENCE)
    yield from build.wait(LOOK_AT_AGENT, build.machine, AGENT_PATIENCE)


def generalize(build: _Build, machine: Machine) -> Steps[None]:
    """Run sysprep, wait until the VM has stopped, release it, and mark it as generalised."""
    yield from build.begin("generalize")
    begun = yield from build.do(BEGIN_GENERALIZE, machine)
    yield from build.finish(begun, EXTENSION_PATIENCE)
    yield from build.wait(LOOK_FOR_STOPPED, machine, STOP_PATIENCE)
    stopping = yield from build.do(BEGIN_DEALLOCATE, machine)
    if isinstance(stopping, Accepted):
        yield from build.finish(stopping, DELETE_PATIENCE)
    yield from build.do(MARK_GENERALIZED, machine)


def capture(build: _Build, machine: Machine) -> Steps[str]:
    """Capture the VM as a version of the image's definition; return the version's ARM id."""
    order = build.order
    yield from build.begin("capture")
    what = CaptureOrder(machine=machine, display_name=order.display_name, version=order.version, regions=order.regions)
    yield from build.wait(PREPARE_GALLERY, what, NETWORK_PATIENCE)
    begun: Accepted = yield from build.do(BEGIN_CAPTURE, what)
    build.version_id = begun.resource_id
    yield from build.finish(begun, CAPTURE_PATIENCE)
    return begun.resource_id


def replicate(build: _Build, version_id: str) -> Steps[None]:
    """Wait until the version is in every region of the site: a VM cannot be created from what is not there."""
    yield from build.begin("replicate")
    order = build.order
    version = GalleryVersion(tenant_id=order.tenant_id, subscription_id=order.subscription_id, version_id=version_id)
    yield from build.wait(LOOK_AT_REPLICATION, version, REPLICATION_PATIENCE)


def remove_temporary_vm(build: _Build) -> Steps[tuple[Refused, ...]]:
    """Remove the VM, its interface and its disk; return what could not be removed."""
    left: list[Refused] = []
    machine = build.machine
    try:
        going = yield from build.do(BEGIN_VM_DELETE, machine)
        if isinstance(going, Accepted):
            yield from build.finish(going, DELETE_PATIENCE)
    except _BuildFailedError as failed:
        left.append(failed.refused)
    for look in (DELETE_NIC, DELETE_DISK):
        try:
            yield from build.wait(look, machine, DELETE_PATIENCE)
        except _BuildFailedError as failed:
            left.append(failed.refused)
    return tuple(left)


def must_be_gone(left: tuple[Refused, ...]) -> None:
    """End the build when something of ours could not be removed: it would be left behind unlisted."""
    if left:
        raise _BuildFailedError(left[0])


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
            yield from build.do(FORGET_GALLERY_VERSION, version)
        except _BuildFailedError as failed:
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
