"""An image from a machine: make it, generalise it, capture it into a gallery, wait until it is in all its regions."""

from __future__ import annotations

from typing import Protocol

from orchestrators.parts.machines import MachineSpec, Recorder
from orchestrators.parts.work import Work
from shared.contracts.image_versions import VersionOrder
from shared.contracts.images import (
    BEGIN_CAPTURE,
    BEGIN_GENERALIZE,
    BUILDER,
    CAPTURE_POLL,
    IMPORT_STEP,
    MARK_GENERALIZED,
    POLL_REPLICATION,
    POLL_STOPPED,
    PREPARE_GALLERY,
    REPLICATION_POLL,
    STOP_POLL,
    CaptureOrder,
    GalleryVersion,
    ImageOrder,
)
from shared.contracts.machines import BEGIN_DEALLOCATE, DELETE_POLL, EXTENSION_POLL, NETWORK_POLL, Machine, Place
from shared.contracts.outcomes import Accepted
from shared.workflow import Steps


class Stepwise(Protocol):
    """Work whose steps are recorded."""

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
    """Wait until the version is in all its regions: no VM can be created from what is not there. Raises: as above."""
    yield from work.wait(POLL_REPLICATION, version, REPLICATION_POLL)
