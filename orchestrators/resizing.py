"""Resizing: another size for the machine, a larger disk, and the way back when there is no room."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from orchestrators.post_provisioning import configure_windows
from orchestrators.remote_action_run import Acting, ActionFailedError, NoCapacityError
from shared.contracts.configuration import ConfigurationOrder
from shared.contracts.machines import ALLOCATE_CAPACITY, BEGIN_DEALLOCATE, VM_POLL, CapacityOrder, Place
from shared.contracts.remote_actions import (
    BEGIN_DISK_GROWTH,
    BEGIN_RESIZE,
    BEGIN_START,
    POLL_HARDWARE,
    DiskOrder,
    Hardware,
    SizeOrder,
)
from shared.domain.cloud_pc import Failure
from shared.domain.service_plan import ServicePlan, size_ladder
from shared.domain.swapping import GROW
from shared.workflow import Steps, pause

PAUSE = timedelta(minutes=10)
"""Between two tries to start a machine with the size it had: capacity that somebody has taken comes back."""

TRIES = 24


def resize(acting: Acting) -> Steps[dict[str, Any]]:
    """Give the machine what another plan promises: (1) room, (2) stop, (3) disk, (4) size and start, (5) Windows.

    It stays where it is, and gets one of the plan's sizes in their order, never less than the plan promises. Whatever
    fails once it is stopped, it is started with the size that it had; its disk, once grown, stays grown.
    """
    order = acting.order
    if order.plan is None:
        raise ActionFailedError(Failure(code="noServicePlan", message="the record names no service plan to resize to"))
    yield from acting.begin("findRoom")
    found: Hardware = yield from acting.do(POLL_HARDWARE, order.machine)
    place = yield from _place(acting, order.plan, found, ())  # (1)
    try:
        yield from _change(acting, order.plan, found, place)  # (2) (3) (4)
    except ActionFailedError as failed:
        raise (yield from _give_back(acting, order.size or found.size, failed.failure)) from failed
    yield from acting.begin("growPartition")
    grow = ConfigurationOrder(machine=order.machine, steps=(GROW,))
    acting.warnings = yield from configure_windows(acting.ctx, grow)  # (5)
    return {"servicePlanId": order.plan.id, "vmSize": acting.size}


def _change(acting: Acting, plan: ServicePlan, found: Hardware, place: Place) -> Steps[None]:
    order = acting.order
    if place.size != found.size or plan.storage_in_gb > found.disk_size_in_gb:
        yield from acting.begin("stop")
        yield from acting.run_to_completion(BEGIN_DEALLOCATE, order.machine, VM_POLL)
        yield from acting.begin("growDisk")
        disk = DiskOrder(machine=order.machine, size_in_gb=plan.storage_in_gb)
        yield from acting.run_to_completion(BEGIN_DISK_GROWTH, disk, VM_POLL)
    yield from acting.begin("start")
    acting.size = yield from _start(acting, plan, found, place)
    yield from acting.begin("answer")
    yield from acting.wait_until_it_answers()


def _start(acting: Acting, plan: ServicePlan, found: Hardware, place: Place) -> Steps[str]:
    """Start the machine with a size for which there is room; return it. Raises: NoCapacityError of the first try."""
    tried: tuple[Place, ...] = ()
    first: NoCapacityError | None = None
    while True:
        try:
            yield from _start_as(acting, place.size)
        except NoCapacityError as full:
            first, tried = first or full, (*tried, place)
            try:
                place = yield from _place(acting, plan, found, tried)
            except NoCapacityError:
                raise first from full
        else:
            return place.size


def _start_as(acting: Acting, size: str) -> Steps[None]:
    machine = acting.order.machine
    yield from acting.run_to_completion(BEGIN_RESIZE, SizeOrder(machine=machine, size=size), VM_POLL)
    yield from acting.run_to_completion(BEGIN_START, machine, VM_POLL)


def _place(acting: Acting, plan: ServicePlan, found: Hardware, tried: tuple[Place, ...]) -> Steps[Place]:
    """Return as what the machine may keep the plan where it is; its present size is best. Raises: NoCapacityError."""
    machine = acting.order.machine
    here = Place(region=machine.region, zone=found.zone, size=found.size)
    if found.size in {size.name for size in size_ladder(plan)} and here not in tried:
        return here
    wanted = CapacityOrder(
        tenant_id=machine.tenant_id,
        cloud_pc_id=machine.cloud_pc_id,
        subscription_id=machine.subscription_id,
        plan=plan,
        regions=(machine.region,),
        zones=(found.zone,) if found.zone else (),
        tried=tried,
    )
    place: Place = yield from acting.do(ALLOCATE_CAPACITY, wanted)
    return place


def _give_back(acting: Acting, size: str, failure: Failure) -> Steps[ActionFailedError]:
    """Start the machine with the size that it had; return the error that says why it has it still."""
    for _ in range(TRIES):
        try:
            yield from acting.run_to_completion(BEGIN_DEALLOCATE, acting.order.machine, VM_POLL)
            yield from _start_as(acting, size)
            yield from acting.wait_until_it_answers()
        except ActionFailedError:
            yield from pause(acting.ctx, PAUSE)
        else:
            acting.size = size
            message = f"It keeps its size {size}: {failure.message}"
            return ActionFailedError(failure.but(message=message, advice="Resize it again when there is room."))
    message = f"It could be started neither with another size nor with {size}, and is stopped: {failure.message}"
    advice = "Nothing on its disk is lost. Troubleshoot starts it again when there is room."
    return ActionFailedError(failure.but(message=message, advice=advice))
