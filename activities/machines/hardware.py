"""A machine's power, hardware and disk: start, restart, deallocate; size and disk; restore points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from activities.machines.vms import begin_vm_update, compares_each, made_later, read_vm_health, vm_of
from activities.operations.asking_again import ask_again
from activities.operations.at_work import at_work, of_its_work
from shared.clients.arm import begin, parse_id, properties
from shared.contracts.calls import ordered_tag
from shared.contracts.machines import BEGIN_DEALLOCATE, Machine
from shared.contracts.outcomes import Accepted, Done, MissingError, NoCapacity, Pending, Refused
from shared.contracts.remote_actions import (
    BEGIN_DISK_GROWTH,
    BEGIN_RESIZE,
    BEGIN_RESTART,
    BEGIN_RESTORE_POINT,
    BEGIN_RESTORED_DISK,
    BEGIN_START,
    BEGIN_SWAP,
    DELETE_RESTORE_POINTS,
    READ_HARDWARE,
    DiskOrder,
    Hardware,
    RemoteOrder,
    RestorePointsOrder,
    SizeOrder,
)
from shared.contracts.session_hosts import BEGIN_HIBERNATE, HIBERNATION_NOT_ENABLED
from shared.dependencies import dependencies
from shared.domain import naming
from shared.workflow import Blueprint, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_DEALLOCATE, fence=at_work)
async def begin_deallocate(machine: Machine) -> Accepted | Done | Refused:
    """Begin to deallocate the VM; done if it is deallocated or does not exist."""
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    try:
        health = await read_vm_health(machine)
        if health.power == "deallocated" or health.is_past:
            return Done()
        return await begin(
            lambda hook: vms.begin_deallocate(
                machine.resource_group, machine.vm_name, polling=False, raw_response_hook=hook
            ),
            resource_id=machine.vm_id,
        )
    except MissingError:
        return Done()


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_HIBERNATE, fence=at_work)
async def begin_hibernate(machine: Machine) -> Accepted | Done | Refused:
    """Begin to hibernate the VM; done if it does not run, refused if it was created without hibernation."""
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    health = await read_vm_health(machine)
    if health.power in {"deallocated", "deallocating"} or health.is_past:
        return Done()
    capabilities = properties(await vm_of(machine)).get("additionalCapabilities") or {}
    if not capabilities.get("hibernationEnabled"):
        message = f"{machine.vm_name} was made without hibernation: its size, or its group then, did not have it"
        return Refused(code=HIBERNATION_NOT_ENABLED, message=message, final=True)
    return await begin(
        lambda hook: vms.begin_deallocate(
            machine.resource_group, machine.vm_name, hibernate=True, polling=False, raw_response_hook=hook
        ),
        resource_id=machine.vm_id,
    )


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_RESTART, fence=at_work)
async def begin_restart(machine: Machine) -> Accepted | NoCapacity | Refused:
    """Begin to restart the VM, or to start it if it does not run, which needs capacity."""
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    health = await read_vm_health(machine)
    if health.is_past:
        return Accepted(resource_id=machine.vm_id)
    restart_or_start = vms.begin_restart if health.power == "running" else vms.begin_start
    return await begin(
        lambda hook: restart_or_start(machine.resource_group, machine.vm_name, polling=False, raw_response_hook=hook),
        resource_id=machine.vm_id,
    )


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_START, fence=at_work)
async def begin_start(machine: Machine) -> Accepted | Done | NoCapacity | Refused:
    """Begin to start the VM, which needs capacity; done if it runs."""
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    health = await read_vm_health(machine)
    if health.power == "running" or health.is_past:
        return Done()
    return await begin(
        lambda hook: vms.begin_start(machine.resource_group, machine.vm_name, polling=False, raw_response_hook=hook),
        resource_id=machine.vm_id,
    )


@bp.activity_trigger(input_name="payload")
@implements(READ_HARDWARE)
async def read_hardware(machine: Machine) -> Hardware | Refused:
    """Return the size and the zone of a machine, and the size of its OS disk."""
    vm = await vm_of(machine)
    disk = await _disk(machine, vm)
    return Hardware(
        size=str(properties(vm)["hardwareProfile"]["vmSize"]),
        zone=next(iter(vm.zones or ()), None),
        disk_size_in_gb=int(properties(disk)["diskSizeGB"]),
    )


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_RESIZE, fence=of_its_work)
async def begin_resize(order: SizeOrder) -> Accepted | Done | NoCapacity | Refused:
    """Begin to change the machine's size; done if it has this size, or is to be left alone."""
    machine = order.machine
    vm = await vm_of(machine)
    if str(properties(vm)["hardwareProfile"]["vmSize"]).casefold() == order.size.casefold():
        return Done()
    if order.only_off:  # its user may have come meanwhile, and would lose their session
        health = await read_vm_health(machine)
        if health.power != "deallocated" or health.hibernated:
            return Done()
    return await begin_vm_update(machine, {"hardwareProfile": {"vmSize": order.size}})


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_DISK_GROWTH, fence=of_its_work)
async def begin_disk_growth(order: DiskOrder) -> Accepted | Done | Refused:
    """Begin to grow the current OS disk of the machine; done if it is as large or larger."""
    machine = order.machine
    disk = await _disk(machine, await vm_of(machine))
    if int(properties(disk)["diskSizeGB"]) >= order.size_in_gb:
        return Done()
    body: Any = {"properties": {"diskSizeGB": order.size_in_gb}}
    disks = dependencies().compute(machine.subscription_id).disks
    return await begin(
        lambda hook: disks.begin_update(
            machine.resource_group, str(disk.name), body, polling=False, raw_response_hook=hook
        ),
        resource_id=str(disk.id),
    )


async def _disk(machine: Machine, vm: Any) -> Any:  # noqa: ANN401 - the SDK's
    """Return the current OS disk of a machine, which is another disk than the build's after a restore."""
    found = parse_id(str(properties(vm)["storageProfile"]["osDisk"]["managedDisk"]["id"]))
    return await dependencies().compute(machine.subscription_id).disks.get(found.resource_group, found.name)


@dataclass(frozen=True, slots=True)
class _Disk:
    """The current OS disk of a machine, and its location."""

    id: str
    name: str
    location: str
    zones: tuple[str, ...]


async def _disk_of(machine: Machine) -> _Disk:
    """Return the machine's current OS disk. Raises: MissingError if the VM does not exist."""
    vm = await vm_of(machine)
    disk = properties(vm)["storageProfile"]["osDisk"]
    return _Disk(
        id=str(disk["managedDisk"]["id"]), name=str(disk["name"]), location=vm.location, zones=tuple(vm.zones or ())
    )


def compute_id(machine: Machine, kind: str, name: str) -> str:
    """Return the ARM id of a resource of Compute beside a machine; *kind*: the last part of its type."""
    return machine.vm_id.rpartition("/virtualMachines/")[0] + f"/{kind}/{name}"


def copy_of(source_id: str, machine: Machine, location: str, sku: str) -> dict[str, Any]:
    """Return the body for ARM of a disk or a snapshot: a copy of *source_id*, with the tags of a machine."""
    creation = {"creationData": {"createOption": "Copy", "sourceResourceId": source_id}}
    tags = {**machine.tags, **ordered_tag(dependencies().clock.now())}
    return {"location": location, "tags": tags, "sku": {"name": sku}, "properties": creation}


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_RESTORE_POINT, fence=of_its_work)
async def begin_restore_point(order: RemoteOrder) -> Accepted | Refused:
    """Begin to copy the current OS disk; only changes since the previous copy are billed."""
    machine = order.machine
    disk = await _disk_of(machine)
    # Zone-redundant copies need a region with zones.
    body: Any = copy_of(disk.id, machine, disk.location, "Standard_ZRS" if disk.zones else "Standard_LRS")
    body["properties"]["incremental"] = True
    name = naming.restore_point_name(machine.owner.id, order.restore_point_id or order.operation_id)
    snapshots = dependencies().compute(machine.subscription_id).snapshots
    return await begin(
        lambda hook: snapshots.begin_create_or_update(
            machine.resource_group, name, body, polling=False, raw_response_hook=hook
        ),
        resource_id=compute_id(machine, "snapshots", name),
    )


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_RESTORED_DISK, fence=of_its_work)
async def begin_restored_disk(order: RemoteOrder) -> Accepted | Done | Refused:
    """Begin to create a disk from the restore point, in the machine's place; done if the machine has it."""
    machine, name = order.machine, order.new_disk
    disk = await _disk_of(machine)
    if disk.name == name:
        return Done()
    point = naming.restore_point_name(machine.owner.id, order.restore_point_id or "")
    body: Any = copy_of(compute_id(machine, "snapshots", point), machine, disk.location, "Premium_LRS")
    body |= {"zones": list(disk.zones)} if disk.zones else {}
    disks = dependencies().compute(machine.subscription_id).disks
    return await begin(
        lambda hook: disks.begin_create_or_update(
            machine.resource_group, name, body, polling=False, raw_response_hook=hook
        ),
        resource_id=compute_id(machine, "disks", name),
    )


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_SWAP, fence=of_its_work)
async def begin_swap(order: RemoteOrder) -> Accepted | Done | Refused:
    """Begin to swap the OS disk of the deallocated VM; the new disk is deleted with the VM."""
    machine, name = order.machine, order.new_disk
    if (await _disk_of(machine)).name == name:
        return Done()
    new = {"name": name, "managedDisk": {"id": compute_id(machine, "disks", name)}, "deleteOption": "Delete"}
    return await begin_vm_update(machine, {"storageProfile": {"osDisk": new}})


@bp.activity_trigger(input_name="payload")
@implements(DELETE_RESTORE_POINTS, fence=compares_each, asks=ask_again)
async def delete_restore_points(order: RestorePointsOrder) -> Done | Pending | Refused:
    """Delete restore points and disks, and check that they are gone; the machine's current disk stays.

    One that was made after the order was given is another's.
    """
    machine = order.machine
    compute = dependencies().compute(machine.subscription_id)
    try:
        used = (await _disk_of(machine)).name if order.disks else ""
    except MissingError:
        used = ""
    points = [naming.restore_point_name(machine.owner.id, each) for each in order.restore_point_ids]
    left = [name for name in points if not await _delete_resource(compute.snapshots, machine, name)]
    left += [name for name in order.disks if name != used and not await _delete_resource(compute.disks, machine, name)]
    return Pending(note=f"{', '.join(left)}: being deleted", after=10) if left else Done()


async def _delete_resource(operations: Any, machine: Machine, name: str) -> bool:  # noqa: ANN401 - snapshots or disks of the SDK
    try:
        if made_later(await operations.get(machine.resource_group, name)):
            return True
        await operations.begin_delete(machine.resource_group, name, polling=False)
    except MissingError:
        return True
    return False
