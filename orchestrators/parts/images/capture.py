"""Images: captured from a machine, imported from a managed image, validated by a test machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from orchestrators.parts.machines.machines import MachineSpec, Recorder, create, ensure_removed, remove
from orchestrators.parts.work import NoCapacityError, Work
from shared.contracts.image_versions import VersionOrder
from shared.contracts.images import (
    BEGIN_CAPTURE,
    BEGIN_GENERALIZE,
    BEGIN_IMPORT,
    BEGIN_VALIDATION,
    BUILDER,
    CAPTURE_POLL,
    DELETE_IMPORT,
    IMPORT_STEP,
    MARK_GENERALIZED,
    POLL_REPLICATION,
    POLL_STOPPED,
    PREPARE_GALLERY,
    PREPARE_IMPORT,
    READ_VALIDATION,
    REPLICATION_POLL,
    STOP_POLL,
    VALIDATION_POLL,
    CaptureOrder,
    GalleryVersion,
    ImageOrder,
    ImportOrder,
    ValidationOrder,
)
from shared.contracts.machines import BEGIN_DEALLOCATE, DELETE_POLL, EXTENSION_POLL, NETWORK_POLL, Machine, Place
from shared.contracts.outcomes import Accepted
from shared.domain.cloud_pcs.build import Warn
from shared.domain.images.image import ImageSource
from shared.workflow import Steps


class Stepwise(Protocol):
    """The protocol of work that records its steps."""

    def begin(self, step: str) -> Steps[None]:
        """Record that *step* begins."""


class StepRecorder(Recorder):
    """Records the steps of making a machine; the search for capacity is one step, however many places are tried."""

    def __init__(self, work: Stepwise) -> None:
        self._work = work

    def importing(self) -> Steps[None]:
        """Begin the step before them, which only a managed image has."""
        yield from self._work.begin(IMPORT_STEP)

    def allocating(self, tried: tuple[Place, ...]) -> Steps[None]:
        """Begin the first step."""
        if not tried:
            yield from self._work.begin("allocateCapacity")

    def network_ready(self) -> Steps[None]:
        """Begin the second step."""
        yield from self._work.begin("createVm")


def temporary_machine(order: ImageOrder | VersionOrder, recorder: Recorder) -> MachineSpec:
    """Return the machine that the image is captured from."""
    return MachineSpec(
        machine=order.machine,
        plan=BUILDER,
        image=order.source,
        regions=(order.machine.region,),
        zones=order.zones,
        network=order.network,
        address_space=order.address_space,
        recorder=recorder,
    )


def generalize(work: Work, machine: Machine) -> Steps[None]:
    """Run sysprep, wait until the VM has stopped, release it, and mark it as generalised. Raises: WorkFailedError."""
    operation = yield from work.do(BEGIN_GENERALIZE, machine)
    yield from work.finish(machine, operation, EXTENSION_POLL)
    yield from work.wait(POLL_STOPPED, machine, STOP_POLL)
    yield from work.finish(machine, (yield from work.do(BEGIN_DEALLOCATE, machine)), DELETE_POLL)
    yield from work.do(MARK_GENERALIZED, machine)


def begin_capture(work: Work, order: CaptureOrder) -> Steps[Accepted]:
    """Begin to capture the VM; the operation names the version, which is there from now on. Raises: WorkFailedError."""
    yield from work.wait(PREPARE_GALLERY, order, NETWORK_POLL)
    return (yield from work.do(BEGIN_CAPTURE, order))


def finish_capture(work: Work, machine: Machine, operation: Accepted) -> Steps[None]:
    """Wait until the VM has been captured. Raises: WorkFailedError."""
    yield from work.finish(machine, operation, CAPTURE_POLL)


def await_replication(work: Work, version: GalleryVersion) -> Steps[None]:
    """Wait until the version is in all its regions: only there can VMs be created from it. Raises: WorkFailedError."""
    yield from work.wait(POLL_REPLICATION, version, REPLICATION_POLL)


def create_temporary_machine(work: Work, order: ImageOrder | VersionOrder, recorder: StepRecorder) -> Steps[Machine]:
    """Create the machine that the image is captured from. Raises: WorkFailedError.

    Its disk is a copy: what was imported for it goes as soon as it runs.
    """
    spec = temporary_machine(order, recorder)
    importing = order.import_for(order.machine)
    if importing is None:
        return (yield from create(work, spec))
    yield from recorder.importing()
    imported = yield from _import(work, order, importing)
    machine = yield from create(work, replace(spec, image=imported))
    yield from work.do(DELETE_IMPORT, importing)
    return machine


def _import(work: Work, order: ImageOrder | VersionOrder, importing: ImportOrder) -> Steps[ImageSource]:
    """Copy the managed image into the gallery; return the copy. Raises: WorkFailedError."""
    yield from work.wait(PREPARE_IMPORT, importing, NETWORK_POLL)
    operation = yield from work.do(BEGIN_IMPORT, importing)
    yield from work.finish(order.machine, operation, CAPTURE_POLL)
    yield from await_replication(work, order.gallery_version(operation.resource_id))
    return ImageSource(gallery_version_id=operation.resource_id)


NOT_TRIED = "createVm"


def _nothing_more(machine: Machine) -> Steps[None]:
    del machine
    yield from ()


def validate_image(
    work: Work, spec: MachineSpec, prove: Callable[[Machine], Steps[None]] = _nothing_more
) -> Steps[tuple[Warn, ...]]:
    """Validate the image of *spec* on a test machine, and return the warnings.

    (1) Create the test machine and wait for its agent, (2) run the steps that report, (3) *prove* what else it has to
    do, (4) remove it. Without capacity nothing is proven, which is a warning: the image took an hour. Raises:
    WorkFailedError when the image cannot be used or the machine stays.
    """
    try:
        machine = yield from create(work, spec)  # (1)
    except NoCapacityError as full:
        return (Warn(step=NOT_TRIED, message=f"not tried, for want of capacity: {full.failure.message}"),)
    order = ValidationOrder(machine=machine)
    operation = yield from work.do(BEGIN_VALIDATION, order)  # (2)
    yield from work.finish(machine, operation, VALIDATION_POLL)
    validated = yield from work.wait(READ_VALIDATION, order, VALIDATION_POLL)
    yield from prove(machine)  # (3)
    ensure_removed((yield from remove(work, machine)))  # (4)
    return validated.warnings
