"""Another size of a machine for a time, and its own again: its disk and its plan stay."""

from __future__ import annotations

from orchestrators.parts.cloud_pcs.power import close_host, in_pool, then_open
from orchestrators.parts.cloud_pcs.remote_actions import RemoteActionRun
from orchestrators.parts.cloud_pcs.resizing import find_room, give_back, start_with_capacity
from orchestrators.parts.work import WorkFailedError
from shared.contracts.definitions import Json
from shared.contracts.machines import BEGIN_DEALLOCATE, VM_POLL, Place
from shared.contracts.remote_actions import BEGIN_RESIZE, READ_HARDWARE, Hardware, SizeOrder
from shared.domain.cloud_pcs.build import Failure
from shared.domain.machines.service_plan import ServicePlan
from shared.workflow import Steps


def change_size(run: RemoteActionRun) -> Steps[Json]:
    """Give the machine a size of another plan for a time, or one of its own plan again.

    (1) Find capacity. (2) Let nobody sign in, and read the sessions; with an active one nothing is stopped, unless that
    is forced. (3) Change the size: while the machine is off, or between a stop and a start. (4) However it ended, the
    user may sign in again. A machine that has the size already is not interrupted.
    """
    plan, hardware, place = yield from find_room(run)  # (1)
    yield from run.begin("close")
    yield from then_open(run, in_pool(run), _close_and_change(run, plan, hardware, place))  # (2) (3) (4)
    if not run.order.rests:
        yield from run.begin("answer")
        yield from run.wait_until_it_answers()
    return {"servicePlanId": plan.id, "vmSize": run.size}


def _close_and_change(run: RemoteActionRun, plan: ServicePlan, hardware: Hardware, place: Place) -> Steps[None]:
    changes = place.size != hardware.size
    if changes:
        yield from close_host(run, in_pool(run))
    if run.order.rests:
        yield from _while_off(run, place)
    else:
        yield from _between_stop_and_start(run, plan, hardware, place, changes=changes)


def _while_off(run: RemoteActionRun, place: Place) -> Steps[None]:
    """Change the size of a machine that is off, and stays so. Raises: WorkFailedError if it was started meanwhile."""
    machine = run.order.machine
    order = SizeOrder(machine=machine, size=place.size, only_off=True)
    yield from run.run_to_completion(BEGIN_RESIZE, order, VM_POLL)
    size = (yield from run.do(READ_HARDWARE, machine)).size
    if size.casefold() != place.size.casefold():
        message = f"it was started meanwhile, and keeps its size {size}"
        raise WorkFailedError(Failure(code="machineStarted", message=message))
    run.size, run.rests = size, True


def _between_stop_and_start(
    run: RemoteActionRun, plan: ServicePlan, hardware: Hardware, place: Place, *, changes: bool
) -> Steps[None]:
    """Stop the machine, and start it with the size. Raises: WorkFailedError; it has its earlier size again then."""
    try:
        yield from run.begin("stop")
        if changes:
            yield from run.run_to_completion(BEGIN_DEALLOCATE, run.order.machine, VM_POLL)
        yield from run.begin("start")
        run.size = yield from start_with_capacity(run, plan, hardware, place)
    except WorkFailedError as failed:
        raise (yield from give_back(run, run.order.size or hardware.size, failed.failure)) from failed
