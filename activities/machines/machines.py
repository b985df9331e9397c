"""Virtual machines: begin to create, poll Azure's operations and the agent in Windows, delete."""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import Any

from activities.machines.capacity import remember_full
from activities.machines.hardware import compute_id, copy_of
from activities.machines.hibernation import hibernates
from activities.machines.removals import record_removal
from activities.machines.vms import compares_each, is_newer, of_machine, read_vm_health, vm_health, vm_of
from activities.operations.asking_again import ask_again
from activities.operations.at_work import being_made
from shared.clients.arm import begin, parse_id, poll, properties
from shared.contracts.calls import ordered_tag
from shared.contracts.machines import (
    BEGIN_OS_DISK,
    BEGIN_VM,
    BEGIN_VM_DELETE,
    DELETE_DISK,
    POLL_AGENT,
    POLL_OPERATION,
    Finished,
    Machine,
    OperationOrder,
    OsDiskOrder,
    Place,
    VmOrder,
)
from shared.contracts.outcomes import (
    Accepted,
    DeclinedError,
    Done,
    MissingError,
    NoCapacity,
    Pending,
    Refused,
    UnansweredError,
)
from shared.dependencies import dependencies
from shared.domain.azure_errors import BUSY, EXISTS, SLOW_START
from shared.domain.images.validation import LARGEST_IMAGE_IN_GB
from shared.workflow import Blueprint, implements

bp = Blueprint()

ADMINISTRATOR = "deskwright"
LOCALE_TAG = "deskwright:locale"
_WINDOWS: dict[str, Any] = {
    "provisionVMAgent": True,
    "enableAutomaticUpdates": True,
    "patchSettings": {"patchMode": "AutomaticByOS"},
}
_LOW_PRIORITY: dict[str, Any] = {
    "priority": "Spot",
    "evictionPolicy": "Deallocate",
    "billingProfile": {"maxPrice": -1},  # up to the regular price: it is never evicted for its price
}
_NAME_TAKEN = "The next attempt removes the older machine first; a machine of another owner must be renamed or removed."


def vm_body(order: VmOrder, password: str, *, keeps_memory: bool = False) -> dict[str, Any]:
    """Return the VM's body for ARM (docs/notes/azure.md 1.3).

    Disk and interface are deleted with the VM; the Entra join authenticates with the identity. A machine of low
    priority that Azure takes back is deallocated, and keeps its disk.
    """
    machine, place = order.machine, order.place
    disk = {
        "createOption": "FromImage",
        "name": machine.disk_name,
        "diskSizeGB": max(order.disk_size_in_gb, LARGEST_IMAGE_IN_GB),
        "deleteOption": "Delete",
        "managedDisk": {"storageAccountType": "Premium_LRS"},
    }
    properties = {
        "hardwareProfile": {"vmSize": place.size},
        "licenseType": "Windows_Client",
        "storageProfile": {"imageReference": order.image.reference, "osDisk": disk},
        "osProfile": {
            "computerName": machine.computer_name,
            "adminUsername": ADMINISTRATOR,
            "adminPassword": password,
            "windowsConfiguration": _WINDOWS,
        },
        "securityProfile": {
            "securityType": "TrustedLaunch",
            "uefiSettings": {"secureBootEnabled": True, "vTpmEnabled": True},
        },
        "networkProfile": {
            "networkInterfaces": [{"id": order.nic_id, "properties": {"primary": True, "deleteOption": "Delete"}}]
        },
        **(_LOW_PRIORITY if order.low_priority else {}),
        **({"additionalCapabilities": {"hibernationEnabled": True}} if keeps_memory else {}),
    }
    if order.from_disk:
        _start_from_disk(machine, properties)
    body = {
        "location": place.region,
        "tags": {**machine.tags, LOCALE_TAG: order.locale},
        "identity": {"type": "SystemAssigned"},
        "properties": properties,
    }
    return body if place.zone is None else {**body, "zones": [place.zone]}


def _start_from_disk(machine: Machine, properties: dict[str, Any]) -> None:
    """Let a VM start from its disk, which is there: Windows on it has a name and accounts."""
    del properties["osProfile"]
    attached = {"id": compute_id(machine, "disks", machine.disk_name)}
    disk = {"createOption": "Attach", "osType": "Windows", "deleteOption": "Delete", "managedDisk": attached}
    properties["storageProfile"] = {"osDisk": disk}


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_VM, fence=being_made)
async def begin_vm(order: VmOrder) -> Accepted | NoCapacity | Refused:
    """Begin to create the VM; adopt a VM that an earlier call of this attempt created, and refuse any other VM."""
    machine = order.machine
    # This password is not stored: users sign in with their directory identity.
    body: Any = vm_body(order, f"{secrets.token_urlsafe(32)}aA1!", keeps_memory=await hibernates(order))
    body["tags"] |= ordered_tag(dependencies().clock.now())  # Azure gives them to the disk as well
    try:
        return await _create(machine, body)
    except MissingError:
        raise
    except DeclinedError as declined:
        if isinstance(declined.outcome, NoCapacity):
            if declined.outcome.elsewhere:
                remember_full(machine.subscription_id, order.place, declined.code)
            raise
        if declined.code.lower() not in EXISTS:
            raise
    except UnansweredError as busy:  # an earlier call of ours is still being worked on
        if busy.code.lower() not in BUSY:
            raise
    return await _adopt(order)


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_OS_DISK, fence=being_made)
async def begin_os_disk(order: OsDiskOrder) -> Accepted | Done | NoCapacity | Refused:
    """Begin to make the OS disk of a machine from a copy; done where it is there."""
    machine, place = order.machine, order.place
    disks = dependencies().compute(machine.subscription_id).disks
    with suppress(MissingError):
        found = await disks.get(machine.resource_group, machine.disk_name)
        if properties(found).get("provisioningState") == "Succeeded":
            return Done()
    body: Any = copy_of(order.disk.snapshot_id, machine, place.region, "Premium_LRS")
    body["properties"]["diskSizeGB"] = order.size_in_gb
    body |= {"zones": [place.zone]} if place.zone is not None else {}
    return await begin(
        lambda hook: disks.begin_create_or_update(
            machine.resource_group, machine.disk_name, body, polling=False, raw_response_hook=hook
        ),
        resource_id=compute_id(machine, "disks", machine.disk_name),
    )


async def _create(machine: Machine, body: Any) -> Accepted:  # noqa: ANN401 - a plain body in a model's place
    from azure.core import MatchConditions

    vms = dependencies().compute(machine.subscription_id).virtual_machines
    return await begin(
        lambda hook: vms.begin_create_or_update(
            machine.resource_group,
            machine.vm_name,
            body,
            match_condition=MatchConditions.IfMissing,
            polling=False,
            raw_response_hook=hook,
        ),
        resource_id=machine.vm_id,
    )


async def _adopt(order: VmOrder) -> Accepted | Refused:
    """Adopt the existing VM if it has the name, size, zone and region of the order."""
    machine, place = order.machine, order.place
    vm = await vm_of(machine)
    there = properties(vm)
    named = machine.computer_name if order.from_disk else str(there.get("osProfile", {}).get("computerName"))
    found = (
        named.casefold(),
        str(there.get("hardwareProfile", {}).get("vmSize")).casefold(),
        tuple(vm.zones or ()),
        vm.location.casefold(),
    )
    wanted = (
        machine.computer_name.casefold(),
        place.size.casefold(),
        (place.zone,) if place.zone else (),
        place.region.casefold(),
    )
    if found == wanted and there.get("provisioningState") != "Deleting":
        return Accepted(resource_id=machine.vm_id)
    return Refused(
        code="machineInTheWay",
        message=f"{machine.vm_name} exists already and was built differently",
        evidence=f"found {found}, {there.get('provisioningState')}; expected {wanted}",
        advice=_NAME_TAKEN,
    )


@bp.activity_trigger(input_name="payload")
@implements(POLL_OPERATION)
async def poll_operation(order: OperationOrder) -> Finished | Pending | NoCapacity | Refused:
    """Poll a long-running operation of Azure; a failure is judged by its code."""
    compute = dependencies().compute(order.subscription_id)
    try:
        return await poll(compute, order.operation, arm_url=dependencies().settings.arm_url)
    except DeclinedError as declined:
        if declined.code.lower() in SLOW_START:
            return await _poll_windows(order, declined)
        if isinstance(declined.outcome, NoCapacity) and declined.outcome.elsewhere:
            await _remember_place(order, declined.code)
        raise


async def _poll_windows(order: OperationOrder, declined: DeclinedError) -> Finished | Pending:
    """Read whether Windows is up: it may start after Azure has stopped waiting; the caller limits the time."""
    vm = parse_id(order.operation.resource_id)
    view = (
        await dependencies().compute(order.subscription_id).virtual_machines.instance_view(vm.resource_group, vm.name)
    )
    if vm_health(view).agent_is_ready:
        return Finished()
    return Pending(note=f"{declined.code}: {declined.message}", after=60)


async def _remember_place(order: OperationOrder, code: str) -> None:
    """Remember for the other builds of this worker that a place has no capacity."""
    vm_id = parse_id(order.operation.resource_id)
    try:
        vms = dependencies().compute(order.subscription_id).virtual_machines
        vm = await vms.get(vm_id.resource_group, vm_id.name)
    except MissingError:
        return
    size = properties(vm).get("hardwareProfile", {}).get("vmSize")
    if size:
        place = Place(region=vm.location, zone=next(iter(vm.zones or ()), None), size=size)
        remember_full(order.subscription_id, place, code)


@bp.activity_trigger(input_name="payload")
@implements(POLL_AGENT)
async def poll_agent(machine: Machine) -> Done | Pending | Refused:
    """Read whether the VM runs and its agent is ready: extensions need both."""
    found = await read_vm_health(machine)
    if found.answers:
        return Done()
    if found.power in {"deallocated", "deallocating"}:
        message = f"{machine.vm_name} is {found.power}: it was stopped while it was being built"
        return Refused(code="machineStopped", message=message, advice="Leave machines tagged deskwright:cloudpc alone.")
    return Pending(note=f"the VM is {found.power or 'starting'}, its agent {found.agent or 'not reporting'}")


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_VM_DELETE, fence=of_machine, asks=ask_again)
async def begin_vm_delete(machine: Machine) -> Accepted | Done | Refused:
    """Begin to delete the VM, with its disk and its interface."""
    await record_removal(machine)
    vms = dependencies().compute(machine.subscription_id).virtual_machines
    try:
        begun = await begin(
            lambda hook: vms.begin_delete(
                machine.resource_group, machine.vm_name, force_deletion=True, polling=False, raw_response_hook=hook
            ),
            resource_id=machine.vm_id,
            deletes=True,
        )
    except MissingError:
        return Done()
    return begun if begun.operation_url else Done()


@bp.activity_trigger(input_name="payload")
@implements(DELETE_DISK, fence=compares_each, asks=ask_again)
async def delete_disk(machine: Machine) -> Done | Pending | Refused:
    """Delete the OS disk and check that it is gone: it remains if the VM was never completed.

    One that was made after the order was given is another machine's.
    """
    disks = dependencies().compute(machine.subscription_id).disks
    name = machine.disk_name
    try:
        if await is_newer(machine, await disks.get(machine.resource_group, name)):
            return Done()
        await disks.begin_delete(machine.resource_group, name, polling=False)
    except MissingError:
        return Done()
    return Pending(note=f"{name} is being deleted", after=10)
