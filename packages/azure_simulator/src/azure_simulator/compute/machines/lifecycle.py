"""The life cycle of a machine: its parts are made, run, stop and are removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import managed_identities
from azure_simulator.compute.capacity import placement
from azure_simulator.compute.disks.attached_disks import content_of
from azure_simulator.compute.machines import machine_disks
from azure_simulator.compute.provider import VIRTUAL_MACHINE
from azure_simulator.core.answers import Json, Problem
from azure_simulator.core.longrunning import cancel, running_on
from azure_simulator.core.operations import LongRunning
from azure_simulator.core.resources import Resource
from azure_simulator.core.times import NEVER, SECOND, iso
from azure_simulator.core.world import World, merge
from azure_simulator.network.network_interfaces import detach
from azure_simulator.network.network_interfaces import remove as remove_nic

if TYPE_CHECKING:
    from azure_simulator.compute.machines.machine_specs import MachineSpec
    from azure_simulator.core.calls import Call

_BEFORE_DISK = frozenset({"AllocationFailed", "ZonalAllocationFailed", "SkuNotAvailable", "GalleryImageNotFound"})
_SLOW = frozenset({"OSProvisioningTimedOut", "VMStartTimedOut"})
SLOW_START_US = 360 * SECOND
"""A machine whose start timed out may still come up; here it does, after so long."""

_SHOWN_OF_EVERY_PROFILE = {"requireGuestProvisionSignal": True}
"""Recorded of every machine with a profile that did not name it."""


_SHOWN_OF_LINUX: Json = {
    "disablePasswordAuthentication": False,
    "provisionVMAgent": True,
    "patchSettings": {"patchMode": "ImageDefault", "assessmentMode": "ImageDefault"},
}
"""Recorded of machines with Linux."""


def _shown_of_windows(given: Json) -> Json:
    """Return the Windows settings in an answer: the request's settings, and defaults for the rest.

    Recorded: github.com/Azure/azure-cli, sqlvm/test_sqlvm_add_and_remove; Azure/azure-sdk-for-python,
    azure-mgmt-compute, test_mgmt_compute_vm.test_compute_vm. That it is `Manual` without automatic updates is what
    `patchMode` says of itself.
    """
    mode = "AutomaticByOS" if given.get("enableAutomaticUpdates", True) else "Manual"
    usual: Json = {
        "provisionVMAgent": True,
        "enableAutomaticUpdates": True,
        "patchSettings": {"patchMode": mode, "assessmentMode": "ImageDefault"},
        "enableVMAgentPlatformUpdates": False,
    }
    return merge(usual, given)


def make(call: Call, spec: MachineSpec, nics: list[Resource], failed: Resource | None) -> Resource:
    """Put the machine of an accepted request into the world, `Creating`."""
    world, given = call.world, call.object()["properties"]
    vm: Json = {"name": spec.name, "id": call.path, "type": VIRTUAL_MACHINE, "location": spec.region}
    new = {**vm, "tags": spec.tags, "properties": _properties(call, spec, nics)}
    if spec.zone:
        new["zones"] = [spec.zone]
    identity = managed_identities.shown(world, call.path, call.object().get("identity"))
    if identity is not None:
        new["identity"] = identity
    managed_identities.keep(world, call.path, identity)
    facts = {
        "power": "none",
        "allocated": False,
        "agentFromUs": NEVER,
        "generalized": False,
        "sysprepped": False,
        "hibernated": False,
        "password": given.get("osProfile", {}).get("adminPassword"),
        "customData": given.get("osProfile", {}).get("customData"),
        "computer": spec.computer_name,
        "steps": {},
        "partitionGb": 0,
        **(content_of(world, spec.os_disk) if spec.os_disk else {}),
    }
    if failed is not None:
        failed.facts = facts
        failed.replace(new, call.now_us)
        return failed
    return world.resources.add(Resource(call.path, VIRTUAL_MACHINE, new, call.now_us, facts))


def _properties(call: Call, spec: MachineSpec, nics: list[Resource]) -> Json:
    world, given = call.world, call.object()["properties"]
    attempt = world.attempts.get(("vm.create", call.path.lower()), 0)
    storage = {
        "osDisk": _os_disk_profile(spec, given["storageProfile"].get("osDisk", {})),
        "dataDisks": list(spec.data_rows),
    }
    properties: Json = {**given, "vmId": world.guid("vm", call.path, attempt)}
    if spec.image is not None:
        storage = {"imageReference": spec.image.reference, **storage}
    if "osProfile" in given:
        os_profile = {k: v for k, v in given["osProfile"].items() if k not in {"adminPassword", "customData"}}
        shown = {"computerName": spec.computer_name, "secrets": [], **_SHOWN_OF_EVERY_PROFILE}
        if spec.system == "Linux":
            os_profile["linuxConfiguration"] = merge(_SHOWN_OF_LINUX, os_profile.get("linuxConfiguration", {}))
        else:
            os_profile["windowsConfiguration"] = _shown_of_windows(os_profile.get("windowsConfiguration", {}))
        inside = os_profile.get("linuxConfiguration") or os_profile["windowsConfiguration"]
        shown["allowExtensionOperations"] = inside["provisionVMAgent"]  # recorded: without an agent it is false
        properties["osProfile"] = {**shown, **os_profile}
    return {
        **properties,
        "storageProfile": storage,
        "networkProfile": {"networkInterfaces": _references(given, nics)},
        "provisioningState": "Creating",
        "timeCreated": iso(call.now_us),
    }


def _os_disk_profile(spec: MachineSpec, wanted: Json) -> Json:
    ephemeral = wanted.get("diffDiskSettings", {})
    kind = "Standard_LRS" if ephemeral else "Premium_LRS"
    managed = {"storageAccountType": kind, **wanted.get("managedDisk", {})}
    if spec.os_disk is not None:
        managed = {"id": spec.os_disk.id, "storageAccountType": spec.os_disk.body["sku"]["name"]}
    return {
        "osType": spec.system,
        "caching": "ReadWrite",
        "createOption": "FromImage",
        "deleteOption": "Delete" if ephemeral else "Detach",
        **wanted,
        **({"diffDiskSettings": {"placement": "CacheDisk", **ephemeral}} if ephemeral else {}),
        "name": spec.disk_name,
        "diskSizeGB": spec.disk_gb,
        "managedDisk": managed,
    }


def _references(given: Json, nics: list[Resource]) -> list[Json]:
    profile = given["networkProfile"]
    wanted = [*profile.get("networkInterfaces", [])]
    wanted += profile.get("networkInterfaceConfigurations", [])
    rows = []
    for nic, entry in zip(nics, wanted, strict=True):
        inner = entry.get("properties", {})
        kept = {key: inner[key] for key in ("primary", "deleteOption") if key in inner}
        rows.append({"id": nic.id, **({"properties": kept} if kept else {})})
    return rows


def zone_of(vm: Resource) -> str:
    """Return a machine's zone; empty without one."""
    zones: list[str] = vm.body.get("zones", [])
    return zones[0] if zones else ""


def size_name(vm: Resource) -> str:
    """Return a machine's size."""
    return str(vm.properties["hardwareProfile"]["vmSize"])


def started_first_time(world: World, vm: Resource, spec: MachineSpec) -> None:
    """End a creation well: the disk is there, Windows runs, the agent will report."""
    machine_disks.make_os_disk(world, vm, spec)
    machine_disks.mount(world, vm, tags=spec.tags)
    vm.set(world.now_us, provisioningState="Succeeded")
    running(world, vm)


def creation_failed(world: World, vm: Resource, spec: MachineSpec, operation: LongRunning) -> None:
    """End a creation badly: the machine stays, `Failed`; its interfaces stay reserved."""
    code = operation.error.code if operation.error else ""
    if code in _BEFORE_DISK or code.startswith("Overconstrained"):
        placement.release(world, vm)
        machine_disks.remove_or_detach(world, vm, spare=True)
    else:
        machine_disks.make_os_disk(world, vm, spec)
        machine_disks.mount(world, vm, tags=spec.tags)
        vm.facts["power"] = "running"
    failed(world, vm, operation)
    if code in _SLOW and world.config.get("agents", {}).get(vm.name) != "never":
        world.at(world.now_us + SLOW_START_US, lambda: _came_up_late(world, vm, operation))
    if not vm.facts["allocated"]:
        for nic in interfaces(world, vm):
            detach(world, nic, reserve_for=vm.id)


def failed(world: World, vm: Resource, operation: LongRunning) -> None:
    """Leave a machine `Failed`; its instance view says why."""
    error = operation.error
    vm.facts["failure"] = {"code": error.code if error else "", "message": error.message if error else ""}
    vm.set(world.now_us, provisioningState="Failed")


def succeeded(world: World, vm: Resource) -> None:
    """Leave a machine `Succeeded`."""
    vm.facts.pop("failure", None)
    vm.set(world.now_us, provisioningState="Succeeded")


def _came_up_late(world: World, vm: Resource, operation: LongRunning) -> None:
    """Let a machine whose start timed out run after all, unless something else happened to it."""
    if world.resources.get(vm.id) is not vm or running_on(world, vm.id):
        return
    if vm.properties["provisioningState"] == "Failed" and world.now_us - operation.due_us <= SLOW_START_US:
        succeeded(world, vm)
        vm.facts["power"] = "running"
        vm.facts["agentFromUs"] = world.now_us
        world.publish("vm_power", vm_id=vm.id, state="running")


def running(world: World, vm: Resource) -> None:
    """Let a machine run; its agent reports after a while, or never when the setting `agents` says so."""
    vm.facts["power"] = "running"
    delay_us = world.duration_us("vm.agent", vm.id, world.attempt("vm.agent", vm.id))
    behaviour = world.config.get("agents", {}).get(vm.name)
    vm.facts["agentFromUs"] = NEVER if behaviour == "never" else world.now_us + delay_us
    if isinstance(behaviour, (int, float)):
        vm.facts["agentFromUs"] = world.now_us + int(behaviour * SECOND)
    world.publish("vm_power", vm_id=vm.id, state="running")


def halted(world: World, vm: Resource, state: str, *, abrupt: bool = False, hibernated: bool = False) -> None:
    """Stop a machine: `stopped` keeps the hardware, `deallocated` gives it back; `abrupt` without Windows' doing."""
    vm.facts["power"] = state
    vm.facts["hibernated"] = hibernated
    vm.facts["agentFromUs"] = NEVER
    if state == "deallocated":
        placement.release(world, vm)
    world.publish("vm_power", vm_id=vm.id, state=state, abrupt=abrupt, hibernated=hibernated)


def interfaces(world: World, vm: Resource) -> list[Resource]:
    """Return the interfaces a machine refers to that exist."""
    found = (world.resources.get(n["id"]) for n in vm.properties["networkProfile"]["networkInterfaces"])
    return [nic for nic in found if nic is not None]


def remove(world: World, vm: Resource) -> None:
    """Delete a machine; disk and interfaces go along when their delete option says so."""
    for child in world.resources.under(vm.id):
        for operation in running_on(world, child.id):
            cancel(world, operation)
    machine_disks.remove_or_detach(world, vm)
    wanted = vm.properties["networkProfile"]["networkInterfaces"]
    along = {entry["id"].lower() for entry in wanted if entry.get("properties", {}).get("deleteOption") == "Delete"}
    for nic in interfaces(world, vm):
        owner = nic.properties.get("virtualMachine", {}).get("id", vm.id)
        if owner.lower() != vm.key:
            continue
        if nic.key in along:
            remove_nic(world, nic)
        else:
            detach(world, nic)
    placement.release(world, vm)
    placement.leave(world, vm)
    managed_identities.keep(world, vm.id, None)
    world.resources.remove(vm.id)
    world.publish("vm_deleted", vm_id=vm.id, computer_name=vm.facts["computer"])


def check_not_deleting(world: World, vm: Resource) -> None:
    """Refuse work on a machine that is being deleted."""
    if running_on(world, vm.id, "vm.delete"):
        raise Problem(
            409,
            "OperationNotAllowed",
            f"Operation is not allowed on VM '{vm.name}' since the VM is marked for deletion. You "
            "can only retry the Delete operation (or wait for an ongoing one to complete).",
        )


def check_free(world: World, vm: Resource) -> None:
    """Refuse work on a machine that has other work under way."""
    check_not_deleting(world, vm)
    under_way = running_on(world, vm.id)
    if under_way:
        raise Problem(
            409,
            "Conflict",
            f"The request failed due to conflict with a concurrent request: another operation "
            f"({under_way[0].kind}) is in progress on '{vm.name}'. To resolve it, please refer to "
            "https://aka.ms/activitylog to get more details on the conflicting requests.",
        )
