"""Allowed and refused changes of an existing machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azure_simulator.arm import managed_identities
from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.reading import invalid, read, tags_of
from azure_simulator.compute.capacity import placement
from azure_simulator.compute.disks import attached_disks, disk_bodies
from azure_simulator.compute.machines import disk_rows, lifecycle, machine_disks
from azure_simulator.compute.machines.machine_specs import check_interfaces, read_interface, read_size
from azure_simulator.compute.machines.machine_type import swaps_os_disk
from azure_simulator.compute.machines.machine_values import check_together
from azure_simulator.compute.provider import COMPUTE
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.longrunning import Course, begin
from azure_simulator.core.operations import LongRunning
from azure_simulator.core.world import World, merge
from azure_simulator.network.network_interfaces import attach, detach

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

CHANGEABLE = (
    "hardwareProfile",
    "licenseType",
    "diagnosticsProfile",
    "securityProfile",
    "additionalCapabilities",
    "scheduledEventsProfile",
    "userData",
)
TOGETHER = ("licenseType", "priority", "evictionPolicy", "billingProfile", "securityProfile", "osProfile")
"""Properties of a machine that a request may omit, and that are checked together with its own."""


@dataclass(slots=True)
class Change:
    """A change that passed every check: the machine's new properties, and the resources that come and go with it."""

    place: placement.Placement
    moved: bool
    properties: Json
    swap: tuple[Resource | None, Resource] | None = None
    disk_gb: int = 0
    gone: list[Resource] = field(default_factory=list)
    nics: list[Resource] = field(default_factory=list)
    nics_gone: list[Resource] = field(default_factory=list)


def update(call: Call, found: Resource, body: Json) -> Answer:
    """Change a machine as a body says; nothing is changed when any part of it is refused."""
    world = call.world
    lifecycle.check_free(world, found)
    tags = tags_of(body) if "tags" in body else found.body.get("tags", {})
    change = _read(call, found, body)
    before, was_allocated = found.properties, found.facts["allocated"]
    error = placement.shortage(world, change.place) if change.moved and was_allocated else None
    identity = managed_identities.shown(world, found.id, body.get("identity", found.body.get("identity")))
    if change.moved:
        placement.release(world, found)
        placement.leave(world, found)
    new = {**found.body, "tags": tags, "properties": {**change.properties, "provisioningState": "Updating"}}
    if identity is not None:
        new["identity"] = identity
    managed_identities.keep(world, found.id, identity)
    found.replace(new, call.now_us)
    if change.moved:
        placement.take(world, found, change.place)
        if was_allocated and error is None:
            placement.allocate(world, found)
    _reserve(world, found, change)

    def failed(operation: LongRunning) -> None:
        _undo(world, found, change, before)
        if was_allocated and not found.facts["allocated"]:
            lifecycle.halted(world, found, "deallocated")
        lifecycle.failed(world, found, operation)

    course = Course(lambda _: _done(world, found, change), failed, error=error)
    kind = "vm.resize" if change.moved else "vm.update"
    operation = begin(call, kind, found.id, course, region=found.body["location"])
    return accepted(call, operation, 200, found.body)


def _refuse_hibernated(vm: Resource, body: Json, merged: Json) -> None:
    """Refuse another size, or other disks, of a hibernated machine: it has to be started or deallocated first.

    Source: learn.microsoft.com/azure/virtual-machines/hibernate-resume (limitations).
    """
    resized = merged["hardwareProfile"] != vm.properties["hardwareProfile"]
    if vm.facts["hibernated"] and (resized or swaps_os_disk(body, vm)):
        raise Problem(409, "OperationNotAllowed", f"VM '{vm.name}' cannot be changed while it is hibernated.")


def _read(call: Call, vm: Resource, body: Json) -> Change:
    now = placement.placement_of(call.world, vm)
    if now is None:
        raise invalid("vmSize", f"The VM size {lifecycle.size_name(vm)} is not sold any more.")
    properties = read(body, "properties", "object", {})
    check_together(_as_asked(vm, body), attached_disks.system_of(vm))
    merged = merge(vm.properties, {key: properties[key] for key in CHANGEABLE if key in properties})
    if merged.get("additionalCapabilities") != vm.properties.get("additionalCapabilities"):
        _need_deallocated(vm, "change the additional capabilities of")
    if _encrypts(merged) != _encrypts(vm.properties):
        _need_deallocated(vm, "change the encryption at host of")
    if "capacityReservation" in properties:
        merged.pop("capacityReservation", None)
        if placement.group_of(body):
            merged["capacityReservation"] = properties["capacityReservation"]
    _refuse_hibernated(vm, {"properties": properties}, merged)
    place = _place(call, vm, now, merged)
    change = Change(place, place != now, merged)
    merged["storageProfile"] = _storage(call, vm, properties, change)
    references = read(properties, "networkProfile.networkInterfaces", "array", [])
    if read(properties, "networkProfile.networkInterfaceConfigurations", "array", []) and not references:
        raise COMPUTE.unchangeable("networkProfile.networkInterfaceConfigurations")
    if references:
        check_interfaces(call, references)
        _read_interfaces(call, vm, references, change)
        merged["networkProfile"] = {"networkInterfaces": references}
    return change


def _encrypts(properties: Json) -> bool:
    return bool(properties.get("securityProfile", {}).get("encryptionAtHost"))


def _as_asked(vm: Resource, body: Json) -> Json:
    """Return a machine as it would be after a change: all properties that are checked together."""
    shown = {name: vm.properties[name] for name in TOGETHER if name in vm.properties}
    return {"properties": merge(shown, read(body, "properties", "object", {}))}


def _place(call: Call, vm: Resource, now: placement.Placement, merged: Json) -> placement.Placement:
    """Find the machine's placement after a change; a size or a reservation may move it."""
    world, size = call.world, read_size(call.world, {"properties": merged})
    wanted = placement.Placement(now.sub, now.region, now.zone, size)
    wanted = placement.find_placement(world, {"properties": merged}, wanted)
    if wanted == now:
        return now
    if wanted.reservation is not now.reservation:
        free = now.reservation is not None and now.reservation.facts["slots"] == 0 and wanted.reservation is None
        if not free:
            _need_deallocated(vm, "change the capacity reservation of")
    placement.check_offered(world, wanted)
    placement.check_quota(world, wanted, instead_of=now.size if now.reservation is None else None)
    return wanted


def _storage(call: Call, vm: Resource, properties: Json, change: Change) -> Json:
    now = vm.properties["storageProfile"]
    storage, disk = dict(now), read(properties, "storageProfile.osDisk", "object", {})
    kept = {key: disk[key] for key in ("deleteOption", "caching") if key in disk}
    storage["osDisk"] = {**now["osDisk"], **kept}
    if swaps_os_disk({"properties": properties}, vm):
        new = _new_system(call, vm, disk)
        change.swap = (attached_disks.os_disk(call.world, vm), new)
        managed = {"id": new.id, "storageAccountType": new.body["sku"]["name"]}
        storage["osDisk"] |= {"name": new.name, "diskSizeGB": new.properties["diskSizeGB"], "managedDisk": managed}
    else:
        change.disk_gb = storage["osDisk"]["diskSizeGB"] = _system_gb(call, vm, disk)
    wanted = read(properties, "storageProfile.dataDisks", "array", None)
    if wanted is not None:
        place = (vm.body["location"], vm.body.get("zones", []), now.get("dataDisks", []))
        rows = disk_rows.read_rows(call, wanted, disk_rows.Bay(vm.id, change.place.size, *place))
        left = {row["managedDisk"].get("id", "").lower() for row in rows}
        change.gone = [disk for disk in attached_disks.data_disks(call.world, vm) if disk.key not in left]
        storage["dataDisks"] = rows
    return storage


def _new_system(call: Call, vm: Resource, disk: Json) -> Resource:
    """Return the disk that a machine will start from instead of its own.

    The machine has to be stopped; deallocated it need not be (recorded in 2023: vm/test_vm_os_disk_swap).
    """
    if vm.facts["power"] not in {"stopped", "deallocated"}:
        _need_deallocated(vm, "swap the OS disk of")
    new = call.need(disk["managedDisk"]["id"])
    disk_rows.check_attachable(new, vm.id, vm.body["location"], vm.body.get("zones", []))
    if str(read(disk, "name", "string", new.name)).lower() != new.name.lower():
        raise invalid("osDisk.name", f"The name of the OS disk must be that of its managed disk: '{new.name}'.")
    old = attached_disks.os_disk(call.world, vm)
    for key in ("osType", "hyperVGeneration", "securityProfile"):
        before = old.properties.get(key) if old else new.properties.get(key)
        if new.properties.get(key) != before:
            raise Problem(
                409,
                "OperationNotAllowed",
                f"Disk '{new.name}' cannot become the OS disk of VM '{vm.name}': its {key} differs.",
                target="osDisk.managedDisk.id",
            )
    return new


def _system_gb(call: Call, vm: Resource, disk: Json) -> int:
    """Return the size the OS disk will have; only a deallocated machine's disk grows."""
    now = int(vm.properties["storageProfile"]["osDisk"]["diskSizeGB"])
    wanted, found = int(read(disk, "diskSizeGB", "integer", now)), attached_disks.os_disk(call.world, vm)
    if wanted != now and found is not None:
        disk_bodies.check_size(call.world, found, wanted)
    return wanted


def _read_interfaces(call: Call, vm: Resource, references: list[Json], change: Change) -> None:
    """Find the interfaces that come and go; only a deallocated machine can change them."""
    now = {each.key: each for each in lifecycle.interfaces(call.world, vm)}
    wanted = {str(read(each, "id", "string")).lower(): each["id"] for each in references}
    if wanted.keys() == now.keys():
        return
    _need_deallocated(vm, "add or remove network interfaces of")
    change.nics = [read_interface(call, nic_id, vm.body["location"]) for nic_id in wanted.values()]
    change.nics_gone = [nic for key, nic in now.items() if key not in wanted]


def _need_deallocated(vm: Resource, what: str) -> None:
    if vm.facts["power"] != "deallocated":
        raise Problem(
            409,
            "OperationNotAllowed",
            f"Cannot {what} the VM '{vm.name}' while it is allocated. Deallocate it first.",
        )


def _reserve(world: World, vm: Resource, change: Change) -> None:
    """Take at once the resources that no other request may take during the operation."""
    machine_disks.claim_all(world, vm)
    for disk in change.gone:
        disk.facts = {**disk.facts, "detachingFrom": vm.id}
    for nic in change.nics_gone:
        detach(world, nic)
    for index, nic in enumerate(change.nics):
        attach(world, nic, vm.id, primary=index == 0)


def _done(world: World, vm: Resource, change: Change) -> None:
    for disk in change.gone:
        machine_disks.detach(world, disk)
    machine_disks.mount(world, vm, tags=vm.body.get("tags", {}))
    if change.swap is not None:
        machine_disks.start_from(world, vm, *change.swap)
    elif (system := attached_disks.os_disk(world, vm)) is not None and change.disk_gb > system.properties["diskSizeGB"]:
        system.set(world.now_us, **disk_bodies.sized(system, {}, system.body["sku"]["name"], change.disk_gb))
    lifecycle.succeeded(world, vm)


def _undo(world: World, vm: Resource, change: Change, before: Json) -> None:
    """Leave the disks as they were."""
    for disk in change.gone:
        disk.facts = {key: value for key, value in disk.facts.items() if key != "detachingFrom"}
    rows = [before["storageProfile"]["osDisk"], *before["storageProfile"].get("dataDisks", [])]
    known = {row.get("managedDisk", {}).get("id", "").lower() for row in rows}
    claimed = [disk for disk in machine_disks.attached(world, vm) if disk.key not in known]
    vm.undo(world.now_us, "storageProfile")
    for disk in claimed:
        machine_disks.detach(world, disk)
