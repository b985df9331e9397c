"""Power of virtual machines: start, restart, redeploy, powerOff, deallocate; reapply, reimage, generalize."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.operations import Operations
from azure_simulator.compute.capacity import placement
from azure_simulator.compute.disks.attached_disks import os_disk
from azure_simulator.compute.machines import lifecycle
from azure_simulator.compute.machines.machine_type import VIRTUAL_MACHINES
from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.longrunning import Course, begin, cancel, running_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

OPERATIONS = Operations(VIRTUAL_MACHINES)


@OPERATIONS.post("vm.start", "start")
def start(call: Call) -> Answer:
    """Start a machine; after a deallocation new hardware must be found."""
    vm = _target(call)
    if vm.facts["generalized"]:
        raise Problem(
            409,
            "OperationNotAllowed",
            f"Operation 'start' is not allowed on VM '{vm.name}' since the VM is generalized.",
        )
    place = placement.placement_of(call.world, vm)
    if vm.facts["hibernated"] and place is not None and place.reservation is not None:
        raise Problem(
            409,
            "OperationNotAllowed",
            f"VM '{vm.name}' cannot resume from hibernation while it is associated with a capacity reservation group.",
        )
    error = None
    if not vm.facts["allocated"] and place is not None:
        error = placement.shortage(call.world, place)
        if error is None:
            placement.allocate(call.world, vm)
    running = vm.facts["power"] == "running"
    return _begin(call, vm, "vm.start", lambda: None if running else _started(call, vm), error)


@OPERATIONS.post("vm.restart", "restart")
def restart(call: Call) -> Answer:
    """Restart a running machine."""
    vm, world = _target(call), call.world
    if vm.facts["power"] != "running":
        raise not_running(vm, "restart")
    return _begin(call, vm, "vm.restart", lambda: lifecycle.running(world, vm))


@OPERATIONS.post("vm.redeploy", "redeploy")
def redeploy(call: Call) -> Answer:
    """Move an allocated machine to another host; a running one restarts there.

    One that was stopped stays so: it was generalized after that (recorded: github.com/Azure/azure-sdk-for-python,
    azure-mgmt-compute, test_mgmt_compute_vm.test_compute_vm).
    """
    vm, world = _target(call), call.world
    if not vm.facts["allocated"]:
        raise not_running(vm, "redeploy")
    runs = vm.facts["power"] == "running"
    return _begin(call, vm, "vm.redeploy", lambda: lifecycle.running(world, vm) if runs else None)


@OPERATIONS.post("vm.reapply", "reapply")
def reapply(call: Call) -> Answer:
    """Apply a machine's model once more: a machine that failed after its creation is `Succeeded` afterwards."""
    vm = _target(call)
    if vm.facts["power"] == "none":
        raise Problem(409, "OperationNotAllowed", f"VM '{vm.name}' was never provisioned. Delete and recreate it.")
    return _begin(call, vm, "vm.reapply", lambda: None)


@OPERATIONS.post("vm.reimage", "reimage")
def reimage(call: Call) -> Answer:
    """Start over from the image: changes to Windows are lost; Azure also runs extensions anew."""
    vm, world = _target(call), call.world
    disk = os_disk(world, vm)
    if disk is None or disk.properties["creationData"]["createOption"] != "FromImage":
        raise Problem(409, "OperationNotAllowed", f"VM '{vm.name}' was not created from an image.")
    if not vm.facts["allocated"]:
        raise not_running(vm, "reimage")

    def reset() -> None:
        vm.facts |= {"steps": {}, "join": "", "sysprepped": False, "registry": {}}
        lifecycle.running(world, vm)

    return _begin(call, vm, "vm.reimage", reset)


@OPERATIONS.post("vm.powerOff", "powerOff")
def power_off(call: Call) -> Answer:
    """Stop Windows; the hardware stays taken. `skipShutdown=true` does not wait for Windows."""
    vm, world = _target(call), call.world
    state = "deallocated" if vm.facts["power"] == "deallocated" else "stopped"
    skipped = call.query.get("skipshutdown", "").lower() == "true"
    timing = "vm.powerOff.skipped" if skipped else ""
    return _begin(call, vm, "vm.powerOff", lambda: lifecycle.halted(world, vm, state, abrupt=skipped), timing=timing)


@OPERATIONS.post("vm.deallocate", "deallocate", throttle="DeleteVM")
def deallocate(call: Call) -> Answer:
    """Stop a machine and give its hardware back; `hibernate=true` keeps the state of Windows."""
    vm, world = _target(call), call.world
    hibernate = call.query.get("hibernate", "").lower() == "true"
    if hibernate and not vm.properties.get("additionalCapabilities", {}).get("hibernationEnabled"):
        raise Problem(
            409,
            "OperationNotAllowed",
            f"VM '{vm.name}' cannot be hibernated since hibernation is not enabled for it.",
        )
    if hibernate and vm.facts["power"] != "running":
        raise not_running(vm, "hibernate")

    def halted() -> None:
        lifecycle.halted(world, vm, "deallocated", hibernated=hibernate)

    return _begin(call, vm, "vm.deallocate", halted)


@OPERATIONS.post("vm.simulateEviction", "simulateEviction")
def simulate_eviction(call: Call) -> Answer:
    """Evict a Spot machine soon: it is deallocated, or deleted, as its policy says; Windows does not shut down.

    Source: learn.microsoft.com/azure/virtual-machines/spot-portal#simulate-an-eviction (within 30 minutes).
    """
    vm, world = _target(call), call.world
    if str(vm.properties.get("priority", "")) not in {"Spot", "Low"}:
        text = f"Operation 'simulateEviction' is not allowed on VM '{vm.name}' since it is not an Azure Spot VM."
        raise Problem(409, "OperationNotAllowed", text)
    if not vm.facts["allocated"]:
        raise not_running(vm, "evict")
    number = world.attempt("vm.eviction", vm.id)
    world.at(world.now_us + world.duration_us("vm.eviction", vm.id, number), lambda: _evicted(call, vm))
    return Answer(status=204)


def _evicted(call: Call, vm: Resource) -> None:
    world = call.world
    if world.resources.get(vm.id) is not vm or not vm.facts["allocated"]:
        return
    for each in running_on(world, vm.id):
        cancel(world, each)
    if vm.facts["power"] == "running":
        lifecycle.halted(world, vm, "deallocated", abrupt=True)
    else:
        lifecycle.halted(world, vm, "deallocated")
    if str(vm.properties.get("evictionPolicy", "Deallocate")) == "Delete":
        lifecycle.remove(world, vm)


@OPERATIONS.post("vm.generalize", "generalize")
def generalize(call: Call) -> Answer:
    """Mark a stopped machine as an image source; it cannot be started any more."""
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
    lifecycle.check_free(call.world, vm)
    return vm


def _started(call: Call, vm: Resource) -> None:
    vm.facts["hibernated"] = False
    lifecycle.running(call.world, vm)


def _begin(
    call: Call,
    vm: Resource,
    kind: str,
    effect: Callable[[], None],
    error: Problem | None = None,
    *,
    timing: str = "",
) -> Answer:
    world = call.world

    def done(_: object) -> None:
        effect()
        lifecycle.succeeded(world, vm)

    course = Course(done, lambda operation: lifecycle.failed(world, vm, operation), error=error)
    operation = begin(call, kind, vm.id, course, region=vm.body["location"], timing=timing)
    vm.set(world.now_us, provisioningState="Updating")
    return accepted(call, operation, 202, monitor=True)
