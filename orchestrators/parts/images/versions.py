"""Work on a version of an image set: its steps are recorded, and imported versions are removed."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrators.parts.machines.machines import remove
from orchestrators.parts.work import Work, WorkFailedError
from shared.contracts.calls import WaitingWork
from shared.contracts.image_versions import (
    CLOSE_WAY_IN,
    RECORD_VERSION,
    RECORD_VERSION_STEP,
    WAY_IN_POLL,
    VersionBuilt,
    VersionOrder,
    VersionRecord,
    VersionStepRecord,
)
from shared.contracts.images import DELETE_GALLERY_VERSION, DELETE_IMPORT, ImageOrder
from shared.contracts.joining import DELETE_DEVICE, DELETE_MANAGED_DEVICE, ForgetDeviceOrder
from shared.domain.cloud_pcs.build import Failure
from shared.domain.spot.images.image_version import VersionEvent
from shared.workflow import Context, Steps, call


def remove_import(work: Work, order: ImageOrder | VersionOrder) -> Iterator[Steps[object]]:
    """Yield the call that removes the import, if there may be one."""
    importing = order.import_for(order.machine)
    if importing is not None:
        yield work.do(DELETE_IMPORT, importing)


_ENDS = frozenset({VersionEvent.REPLICATED, VersionEvent.GAVE_UP})


class VersionWork(Work):
    """The running work on a version. *steps*: all its steps in order. *captured*: the ARM id of the gallery version."""

    def __init__(self, ctx: Context, order: VersionOrder, steps: tuple[str, ...]) -> None:
        super().__init__(ctx)
        self.order, self.steps = order, steps
        self.step = steps[0]
        self.captured = order.captured

    @property
    def waiting(self) -> WaitingWork:
        """The version that waits for a cloud that does not answer."""
        machine = self.order.machine
        return WaitingWork(tenant_id=machine.tenant_id, owner=machine.owner, doing="the work on the version")

    def begin(self, step: str) -> Steps[None]:
        """Record that *step* begins, if this work lists it; other steps count as part of the step before."""
        if step not in self.steps:
            return
        self.step = step
        order = self.order
        record = VersionStepRecord(
            tenant_id=order.tenant_id,
            version_id=order.version_id,
            operation_id=order.operation_id,
            step=step,
            steps=self.steps,
        )
        yield from call(self.ctx, RECORD_VERSION_STEP, record)

    def happened(self, event: VersionEvent, found: VersionRecord | None = None) -> Steps[None]:
        """Record an event of the version.

        The first version of a Global set is ``replicating`` until it is available.
        """
        order = self.order
        if order.is_first and event not in _ENDS:
            return
        ends = event in _ENDS or (order.by_hand and event is VersionEvent.MACHINE_READY)
        yield from call(self.ctx, RECORD_VERSION, (found or self.found()).but(event=event, ends=ends))

    def found(self) -> VersionRecord:
        """Return a record of the version in which nothing is found yet; its event is set when it has happened."""
        order = self.order
        return VersionRecord(
            tenant_id=order.tenant_id,
            version_id=order.version_id,
            operation_id=order.operation_id,
            event=VersionEvent.GAVE_UP,
        )


def remove_everything(work: VersionWork) -> Steps[tuple[WorkFailedError, ...]]:
    """Close the way in, remove the machine and its device; return why something could not be removed."""
    machine = work.order.machine
    left = yield from work.try_all([work.wait(CLOSE_WAY_IN, machine, WAY_IN_POLL)])
    left += yield from remove(work, machine)
    left += yield from work.try_all(remove_import(work, work.order))
    return left + (yield from work.try_all(forget_device(work)))


def forget_device(work: VersionWork) -> Iterator[Steps[object]]:
    """Yield the calls that remove the device of the test machine from the directory, if it joins one."""
    machine = work.order.machine
    if work.order.joins is not None:
        device = ForgetDeviceOrder(
            tenant_id=machine.tenant_id, owner=machine.owner, computer_name=machine.computer_name
        )
        yield work.do(DELETE_MANAGED_DEVICE, device)
        yield work.do(DELETE_DEVICE, device)


def delete_captured(work: VersionWork) -> Iterator[Steps[object]]:
    """Yield the call that deletes the version in the gallery, if there is one."""
    if work.captured is not None:
        yield work.do(DELETE_GALLERY_VERSION, work.order.gallery_version(work.captured))


def give_up(work: VersionWork, reason: Failure) -> Steps[VersionBuilt]:
    """Remove everything that was made, and record the failure of the version."""
    failure = reason.but(message=f"{work.step}: {reason.message}")
    left = yield from remove_everything(work)
    left += yield from work.try_all(delete_captured(work))
    found = work.found().but(failure=failure, left=tuple(error.failure for error in left))
    yield from work.happened(VersionEvent.GAVE_UP, found)
    return VersionBuilt(outcome="failed", failure=failure)
