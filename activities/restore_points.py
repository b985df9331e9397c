"""Restore points: incremental snapshots of the OS disk, and restoring one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from activities.asking_again import ask_again
from activities.at_work import of_its_work
from activities.fencing import compares_each, made_later
from activities.vms import begin_vm_update, vm_of
from shared.clients.arm import begin, properties
from shared.contracts.machines import Machine
from shared.contracts.ordered import ordered_tag
from shared.contracts.outcomes import Accepted, Done, Pending, Refused
from shared.contracts.refusals import MissingError
from shared.contracts.remote_actions import (
    BEGIN_RESTORE_POINT,
    BEGIN_RESTORED_DISK,
    BEGIN_SWAP,
    DELETE_RESTORE_POINTS,
    RemoteOrder,
    RestorePointsOrder,
)
from shared.dependencies import dependencies
from shared.domain import naming
from shared.workflow import Blueprint, implements

bp = Blueprint()


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


def _compute_id(machine: Machine, kind: str, name: str) -> str:
    return machine.vm_id.rpartition("/virtualMachines/")[0] + f"/{kind}/{name}"


def _copy_of(source_id: str, machine: Machine, disk: _Disk, sku: str) -> dict[str, Any]:
    creation = {"creationData": {"createOption": "Copy", "sourceResourceId": source_id}}
    tags = {**machine.tags, **ordered_tag(dependencies().clock.now())}
    return {"location": disk.location, "tags": tags, "sku": {"name": sku}, "properties": creation}


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_RESTORE_POINT, fence=of_its_work)
async def begin_restore_point(order: RemoteOrder) -> Accepted | Refused:
    """Begin to copy the current OS disk; only changes since the previous copy are billed."""
    machine = order.machine
    disk = await _disk_of(machine)
    # Zone-redundant copies need a region with zones.
    body: Any = _copy_of(disk.id, machine, disk, "Standard_ZRS" if disk.zones else "Standard_LRS")
    body["properties"]["incremental"] = True
    name = naming.restore_point_name(machine.owner.id, order.restore_point_id or order.operation_id)
    snapshots = dependencies().compute(machine.subscription_id).snapshots
    return await begin(
        lambda hook: snapshots.begin_create_or_update(
            machine.resource_group, name, body, polling=False, raw_response_hook=hook
        ),
        resource_id=_compute_id(machine, "snapshots", name),
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
    body: Any = _copy_of(_compute_id(machine, "snapshots", point), machine, disk, "Premium_LRS")
    body |= {"zones": list(disk.zones)} if disk.zones else {}
    disks = dependencies().compute(machine.subscription_id).disks
    return await begin(
        lambda hook: disks.begin_create_or_update(
            machine.resource_group, name, body, polling=False, raw_response_hook=hook
        ),
        resource_id=_compute_id(machine, "disks", name),
    )


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_SWAP, fence=of_its_work)
async def begin_swap(order: RemoteOrder) -> Accepted | Done | Refused:
    """Begin to swap the OS disk of the deallocated VM; the new disk is deleted with the VM."""
    machine, name = order.machine, order.new_disk
    if (await _disk_of(machine)).name == name:
        return Done()
    new = {"name": name, "managedDisk": {"id": _compute_id(machine, "disks", name)}, "deleteOption": "Delete"}
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
    left = [name for name in points if not await _gone(compute.snapshots, machine, name)]
    left += [name for name in order.disks if name != used and not await _gone(compute.disks, machine, name)]
    return Pending(note=f"{', '.join(left)}: being deleted", after=10) if left else Done()


async def _gone(operations: Any, machine: Machine, name: str) -> bool:  # noqa: ANN401 - snapshots or disks of the SDK
    try:
        if made_later(await operations.get(machine.resource_group, name)):
            return True
        await operations.begin_delete(machine.resource_group, name, polling=False)
    except MissingError:
        return True
    return False
