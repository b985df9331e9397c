"""Power of virtual machines: start, restart, powerOff, deallocate; generalize."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.cloud.arm import capacity, machine
from local.cloud.arm.accepted import accepted
from local.cloud.core.answers import Answer, Problem
from local.cloud.core.longrunning import Course, begin
from local.cloud.core.routing import Routes

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.cloud.core.calls import Call
    from local.cloud.core.resources import Resource

ROUTES = Routes("arm")
ONE = "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.Compute/virtualMachines/{vm}"
TYPE = machine.TYPE


@ROUTES.operation("vm.start", "POST", f"{ONE}/start", throttle="UpdateVM", action=f"{TYPE}/start/action")
def start(call: Call) -> Answer:
    """Start a machine; after a deallocation hardware must be found again."""
    vm = _target(call)
    if vm.facts["generalized"]:
        raise Problem(
            409,
            "OperationNotAllowed",
            f"Operation 'start' is not allowed on VM '{vm.name}' since the VM is generalized.",
        )
    error = None
    if not vm.facts["allocated"]:
        region, zone = vm.body["location"], machine.zone_of(vm)
        error = capacity.shortage(call.world, region, zone, machine.size_name(vm))
        if error is None:
            machine.allocate(call.world, vm)
    world = call.world
    running = vm.facts["power"] == "running"
    return _begin(call, vm, "vm.start", lambda: None if running else machine.running(world, vm), error)


@ROUTES.operation("vm.restart", "POST", f"{ONE}/restart", throttle="UpdateVM", action=f"{TYPE}/restart/action")
def restart(call: Call) -> Answer:
    """Restart a running machine."""
    vm, world = _target(call), call.world
    if vm.facts["power"] != "running":
        raise not_running(vm, "restart")
    return _begin(call, vm, "vm.restart", lambda: machine.running(world, vm))


@ROUTES.operation("vm.powerOff", "POST", f"{ONE}/powerOff", throttle="UpdateVM", action=f"{TYPE}/powerOff/action")
def power_off(call: Call) -> Answer:
    """Stop Windows; the hardware stays taken."""
    vm, world = _target(call), call.world
    state = "deallocated" if vm.facts["power"] == "deallocated" else "stopped"
    return _begin(call, vm, "vm.powerOff", lambda: machine.halted(world, vm, state))


@ROUTES.operation(
    "vm.deallocate",
    "POST",
    f"{ONE}/deallocate",
    throttle="DeleteVM",
    action=f"{TYPE}/deallocate/action",
)
def deallocate(call: Call) -> Answer:
    """Stop a machine and give its hardware back."""
    vm, world = _target(call), call.world
    return _begin(call, vm, "vm.deallocate", lambda: machine.halted(world, vm, "deallocated"))


@ROUTES.operation(
    "vm.generalize",
    "POST",
    f"{ONE}/generalize",
    throttle="UpdateVM",
    action=f"{TYPE}/generalize/action",
)
def generalize(call: Call) -> Answer:
    """Mark a stopped machine as an image source; it never starts again."""
    vm = _target(call)
    if vm.facts["power"] not in {"stopped", "deallocated"}:
        raise Problem(
            409,
            "OperationNotAllowed",
            f"VM '{vm.name}' must be stopped or deallocated before it can be generalized.",
        )
    vm.facts["generalized"] = True
    return Answer(status=200)


def not_running(vm: Resource, what: str) -> Problem:
    """Word the refusal of work that needs a running machine."""
    return Problem(
        409,
        "OperationNotAllowed",
        f"Cannot {what} the VM '{vm.name}' when the VM is not running.",
    )


def _target(call: Call) -> Resource:
    vm = call.need(call.path.rpartition("/")[0])
    machine.check_free(call.world, vm)
    return vm


def _begin(call: Call, vm: Resource, kind: str, effect: Callable[[], None], error: Problem | None = None) -> Answer:
    world = call.world

    def settled(state: str) -> None:
        vm.set(world.now_us, provisioningState=state)

    def done(_: object) -> None:
        effect()
        settled("Succeeded")

    course = Course(done, lambda _: settled("Failed"), error=error)
    operation = begin(call, kind, vm.id, course, region=vm.body["location"])
    settled("Updating")
    return accepted(call, operation, 202, monitor=True)
