"""Resizing: another size for the machine, a larger disk, and the way back when there is no capacity."""

from __future__ import annotations

from datetime import timedelta

from orchestrators.parts.cloud_pcs.assignment import configure_windows
from orchestrators.parts.cloud_pcs.remote_actions import RemoteActionRun
from orchestrators.parts.work import NoCapacityError, WorkFailedError
from shared.contracts.definitions import Json
from shared.contracts.machines import ALLOCATE_CAPACITY, BEGIN_DEALLOCATE, VM_POLL, CapacityOrder, Place
from shared.contracts.provisioning import ConfigurationOrder
from shared.contracts.remote_actions import (
    BEGIN_DISK_GROWTH,
    BEGIN_RESIZE,
    BEGIN_START,
    READ_HARDWARE,
    DiskOrder,
    Hardware,
    SizeOrder,
)
from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.replacing import GROW
from shared.domain.machines.service_plan import ServicePlan, size_ladder
from shared.workflow import Steps, pause

TRIES = 24
"""Number of times that a machine is started with the size that it had: capacity that others have taken comes back."""

PAUSE = timedelta(minutes=10)
"""The pause between two of these tries."""


def resize(run: RemoteActionRun) -> Steps[Json]:
    """Give the machine the hardware of another service plan.

    (1) Find capacity, (2) stop the machine, (3) grow the disk, (4) change the size and start the machine, (5) grow the
    partition of Windows. The machine stays where it is, and gets one of the plan's sizes in their order, never less
    than the plan promises. Whatever fails once it is stopped, it is started with the size that it had; its disk, once
    grown, stays grown.
    """
    plan, hardware, place = yield from find_room(run)  # (1)
    try:
        yield from _change(run, plan, hardware, place)  # (2) (3) (4)
    except WorkFailedError as failed:
        raise (yield from give_back(run, run.order.size or hardware.size, failed.failure)) from failed
    yield from run.begin("growPartition")
    grow = ConfigurationOrder(machine=run.order.machine, steps=(GROW,))
    run.warnings = yield from configure_windows(run.ctx, grow, run.waiting)  # (5)
    return {"servicePlanId": plan.id, "vmSize": run.size}


def find_room(run: RemoteActionRun) -> Steps[tuple[ServicePlan, Hardware, Place]]:
    """Find capacity for the plan of the order; return the plan, the present hardware, and the size to have.

    Raises: WorkFailedError without a plan, NoCapacityError.
    """
    plan = run.order.plan
    if plan is None:
        raise WorkFailedError(Failure(code="noServicePlan", message="the record names no service plan to resize to"))
    yield from run.begin("findRoom")
    hardware = yield from run.do(READ_HARDWARE, run.order.machine)
    place = yield from _find_place(run, plan, hardware, ())
    return plan, hardware, place


def _change(run: RemoteActionRun, plan: ServicePlan, hardware: Hardware, place: Place) -> Steps[None]:
    order = run.order
    if place.size != hardware.size or plan.storage_in_gb > hardware.disk_size_in_gb:
        yield from run.begin("stop")
        yield from run.run_to_completion(BEGIN_DEALLOCATE, order.machine, VM_POLL)
        yield from run.begin("growDisk")
        disk = DiskOrder(machine=order.machine, size_in_gb=plan.storage_in_gb)
        yield from run.run_to_completion(BEGIN_DISK_GROWTH, disk, VM_POLL)
    yield from run.begin("start")
    run.size = yield from start_with_capacity(run, plan, hardware, place)
    yield from run.begin("answer")
    yield from run.wait_until_it_answers()


def start_with_own_or_other(run: RemoteActionRun, plan: ServicePlan) -> Steps[None]:
    """Start a deallocated machine with its own size, or with another one of its plan while there is no capacity.

    One that is on, or hibernated, keeps the size that it has: nobody is resized out of a session.
    """
    hardware = yield from run.do(READ_HARDWARE, run.order.machine)
    own = Place(region=run.order.machine.region, zone=hardware.zone, size=run.order.size or hardware.size)
    try:
        yield from start_with_capacity(run, plan, hardware, own, only_off=True)
    except WorkFailedError:
        run.size = (yield from run.do(READ_HARDWARE, run.order.machine)).size
        raise
    run.size = (yield from run.do(READ_HARDWARE, run.order.machine)).size


def start_with_capacity(
    run: RemoteActionRun, plan: ServicePlan, hardware: Hardware, place: Place, *, only_off: bool | None = None
) -> Steps[str]:
    """Start the machine with a size for which there is capacity; return it. Raises: NoCapacityError, of the first."""
    tried: tuple[Place, ...] = ()
    first: NoCapacityError | None = None
    while True:
        try:
            yield from _start_as(run, place.size, only_off=only_off)
        except NoCapacityError as full:
            first, tried = first or full, (*tried, place)
            try:
                place = yield from _find_place(run, plan, hardware, tried)
            except NoCapacityError:
                raise first from full
        else:
            return place.size


def _start_as(run: RemoteActionRun, size: str, *, only_off: bool | None = None) -> Steps[None]:
    machine = run.order.machine
    order = SizeOrder(machine=machine, size=size, only_off=only_off)
    yield from run.run_to_completion(BEGIN_RESIZE, order, VM_POLL)
    yield from run.run_to_completion(BEGIN_START, machine, VM_POLL)


def _find_place(run: RemoteActionRun, plan: ServicePlan, hardware: Hardware, tried: tuple[Place, ...]) -> Steps[Place]:
    """Return the size with which the machine meets the plan where it is; its present one is best.

    Raises: NoCapacityError.
    """
    machine = run.order.machine
    here = Place(region=machine.region, zone=hardware.zone, size=hardware.size)
    if hardware.size in {size.name for size in size_ladder(plan)} and here not in tried:
        return here
    wanted = CapacityOrder(
        tenant_id=machine.tenant_id,
        owner=machine.owner,
        subscription_id=machine.subscription_id,
        plan=plan,
        regions=(machine.region,),
        zones=(hardware.zone,) if hardware.zone else (),
        tried=tried,
    )
    return (yield from run.do(ALLOCATE_CAPACITY, wanted))


def give_back(run: RemoteActionRun, size: str, failure: Failure) -> Steps[WorkFailedError]:
    """Start the machine with the size that it had; return the error that says why it has it still."""
    for _ in range(TRIES):
        try:
            yield from run.run_to_completion(BEGIN_DEALLOCATE, run.order.machine, VM_POLL)
            yield from _start_as(run, size)
            yield from run.wait_until_it_answers()
        except WorkFailedError:
            yield from pause(run.ctx, PAUSE)
        else:
            run.size = size
            message = f"It keeps its size {size}: {failure.message}"
            return WorkFailedError(failure.but(message=message, advice="Resize it again when there is capacity."))
    message = f"It could be started neither with another size nor with {size}, and is stopped: {failure.message}"
    advice = "Nothing on its disk is lost. Troubleshoot starts it again when there is capacity."
    return WorkFailedError(failure.but(message=message, advice=advice))
