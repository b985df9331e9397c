"""Recognising a machine that a build continues with: there, ours, running, and in the directory as before."""

from __future__ import annotations

from activities.identities import graph_of
from activities.vms import read_vm_health, vm_of
from shared.clients.arm import properties
from shared.contracts.machines import Machine
from shared.contracts.outcomes import Refused
from shared.contracts.refusals import MissingError
from shared.contracts.resuming import RECOGNIZE_MACHINE, Recognized, RecognizeOrder, Unrecognized
from shared.domain.owner import Owner
from shared.workflow import Blueprint, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(RECOGNIZE_MACHINE)
async def recognize_machine(order: RecognizeOrder) -> Recognized | Unrecognized | Refused:
    """See whether the machine is still the one that was left, and its devices are; change nothing."""
    if why := await _difference(order.machine):
        return Unrecognized(why=why)
    if order.entra_device_id is None:
        return Recognized()
    graph, name = await graph_of(order.machine.tenant_id), order.machine.computer_name
    device = next((each for each in await graph.devices(name) if each.device_id == order.entra_device_id), None)
    if device is None:
        return Unrecognized(why=f"the device of {name} is no longer in Entra ID")
    if order.managed_device_id is not None:
        managed = await graph.managed_devices(device_id=order.entra_device_id)
        if order.managed_device_id not in {each.id for each in managed}:
            return Unrecognized(why=f"{name} is no longer in Intune")
    return Recognized(device_object_id=device.object_id)


async def _difference(machine: Machine) -> str | None:
    """Return the difference between the VM and the one that was left, None if it is the same and answers."""
    try:
        vm, found = await vm_of(machine), await read_vm_health(machine)
    except MissingError:
        return f"{machine.vm_name} is gone"
    there = properties(vm)
    named = str(there.get("osProfile", {}).get("computerName", ""))
    if named.casefold() != machine.computer_name.casefold():
        return f"{machine.vm_name} is {named or 'another machine'}, not {machine.computer_name}"
    if Owner.of_tags(vm.tags or {}) != machine.owner:
        return f"{machine.vm_name} no longer has our tag"
    if not found.answers or there.get("provisioningState") == "Deleting":
        return f"{machine.vm_name} is {found.power or 'not there yet'}, its agent {found.agent or 'silent'}"
    return None
