"""Virtual machines: make, change, show, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.reading import need_group
from azure_simulator.compute.capacity import placement
from azure_simulator.compute.images import image_references
from azure_simulator.compute.machines import changes, lifecycle, machine_disks
from azure_simulator.compute.machines.machine_specs import MachineSpec, read_spec
from azure_simulator.compute.machines.machine_type import VIRTUAL_MACHINES, check_immutable
from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.longrunning import Course, begin, cancel, running_on
from azure_simulator.network.network_interfaces import attach, store
from azure_simulator.network.network_interfaces import remove as remove_nic

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

OPERATIONS = Operations(VIRTUAL_MACHINES)
CREATE_PHASES = (
    ("accepted", 0.02),
    ("allocating", 0.13),
    ("disk", 0.1),
    ("booting", 0.25),
    ("os-provisioning", 0.5),
)


@OPERATIONS.put("vm.create")
def put_machine(call: Call) -> Answer:
    """Make a machine, or bring an existing one to the body."""
    need_group(call)
    found = call.world.resources.get(call.path)
    if found is None:
        return _create(call, read_spec(call), None)
    lifecycle.check_not_deleting(call.world, found)
    check_immutable(call, found)
    under_way = running_on(call.world, found.id, "vm.create")
    if under_way:
        return accepted(call, under_way[0], 200, found.body)
    if found.properties["provisioningState"] == "Failed" and found.facts["power"] == "none":
        return _create(call, read_spec(call), found)
    return changes.update(call, found, call.object())


@OPERATIONS.patch("vm.update")
def patch_machine(call: Call) -> Answer:
    """Change a machine: tags, size, identity, disks, reservation, delete options."""
    found = call.resource()
    lifecycle.check_not_deleting(call.world, found)
    check_immutable(call, found)
    return changes.update(call, found, call.object())


@OPERATIONS.delete("vm.delete")
def delete_machine(call: Call) -> Answer:
    """Delete a machine with the resources that it may take along; running operations on it are preempted.

    `forceDeletion=true` does not wait for Windows to shut down.
    """
    world, found = call.world, call.world.resources.get(call.path)
    if found is None:
        return Answer(status=204)
    under_way = running_on(world, found.id)
    deleting = [each for each in under_way if each.kind == "vm.delete"]
    if deleting:
        return accepted(call, deleting[0], 202, monitor=True)
    for each in under_way:
        cancel(world, each)
    course = Course(
        lambda _: lifecycle.remove(world, found),
        lambda operation: lifecycle.failed(world, found, operation),
    )
    timing = "vm.delete.forced" if call.query.get("forcedeletion", "").lower() == "true" else ""
    operation = begin(call, "vm.delete", found.id, course, region=found.body["location"], timing=timing)
    found.set(call.now_us, provisioningState="Deleting")
    return accepted(call, operation, 202, monitor=True)


def _create(call: Call, spec: MachineSpec, failed: Resource | None) -> Answer:
    world = call.world
    before = placement.placement_of(world, failed) if failed else None
    placement.check_offered(world, spec.place)
    placement.check_quota(world, spec.place, instead_of=before.size if before and not before.reservation else None)
    nics = [*spec.nics, *_inline_nics(call, spec)]
    error, phase = _failure(call, spec)
    if failed is not None:
        placement.leave(world, failed)
    vm = lifecycle.make(call, spec, nics, failed)
    placement.take(world, vm, spec.place)
    if error is None or phase != "allocating":
        placement.allocate(world, vm)
    machine_disks.claim_all(world, vm)
    for index, nic in enumerate(nics):
        attach(world, nic, vm.id, primary=index == 0)
    course = Course(
        lambda _: lifecycle.started_first_time(world, vm, spec),
        lambda operation: lifecycle.creation_failed(world, vm, spec, operation),
        CREATE_PHASES,
        error,
        phase,
    )
    operation = begin(call, "vm.create", vm.id, course, region=spec.region)
    if spec.image is not None:
        image_references.note_use(world, spec.image, operation)
    return accepted(call, operation, 201 if failed is None else 200, vm.body)


def _failure(call: Call, spec: MachineSpec) -> tuple[Problem | None, str]:
    """Return the error with which a creation will fail, `None` if it succeeds, and the phase."""
    error = placement.shortage(call.world, spec.place)
    if error is not None or spec.image is None or spec.image.bootable:
        return error, "allocating"
    error = Problem(
        200,
        "OSProvisioningClientError",
        f"OS Provisioning failed for VM '{spec.name}' due to an internal error: the image was "
        "not prepared with sysprep.",
    )
    return error, "os-provisioning"


def _inline_nics(call: Call, spec: MachineSpec) -> list[Resource]:
    """Make the interfaces that come with the machine: all or none."""
    made: list[Resource] = []
    try:
        for entry in spec.inline:
            made.append(_inline_nic(call, spec, entry))  # noqa: PERF401 - the rest is undone
    except Problem:
        for nic in made:
            remove_nic(call.world, nic)
        raise
    return made


def _inline_nic(call: Call, spec: MachineSpec, entry: Json) -> Resource:
    group = call.path[: call.path.lower().index("/providers/")]
    attempt = call.world.attempts.get(("vm.create", call.path.lower()), 0)
    mark = call.world.guid("nic", call.path, entry["name"], attempt)[:8]
    nic_id = f"{group}/providers/Microsoft.Network/networkInterfaces/{entry['name']}-{mark}"
    own = {key: value for key, value in entry["properties"].items() if key not in {"deleteOption", "dscpConfiguration"}}
    return store(call, nic_id, {"properties": own}, spec.region, spec.tags)
