"""A machine's hardware: read it, change the size, grow the disk."""

from __future__ import annotations

from typing import Any

from activities.at_work import of_its_work
from activities.vms import begin_vm_update, vm_of
from shared.clients.arm import begin, parse_id, properties
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Refused
from shared.contracts.remote_actions import (
    BEGIN_DISK_GROWTH,
    BEGIN_RESIZE,
    READ_HARDWARE,
    DiskOrder,
    Hardware,
    SizeOrder,
)
from shared.dependencies import dependencies
from shared.workflow import Blueprint, implements

bp = Blueprint()


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
    """Begin to change the machine's size; done if it has this size."""
    machine = order.machine
    vm = await vm_of(machine)
    if str(properties(vm)["hardwareProfile"]["vmSize"]).casefold() == order.size.casefold():
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
    """Return the current OS disk of a machine: after a restore it is not the one of the build."""
    found = parse_id(str(properties(vm)["storageProfile"]["osDisk"]["managedDisk"]["id"]))
    return await dependencies().compute(machine.subscription_id).disks.get(found.resource_group, found.name)
