"""One machine's life: its parts appear, run, stop and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.cloud.arm import capacity
from local.cloud.arm.catalogue import size_of
from local.cloud.arm.interfaces import detach
from local.cloud.arm.interfaces import remove as remove_nic
from local.cloud.core.answers import Json, Problem
from local.cloud.core.longrunning import LongRunning, cancel, running_on
from local.cloud.core.resources import Resource
from local.cloud.core.times import SECOND, iso
from local.cloud.core.world import NEVER, World

if TYPE_CHECKING:
    from local.cloud.arm.catalogue import Size
    from local.cloud.arm.machinebody import Order
    from local.cloud.core.calls import Call

TYPE = "Microsoft.Compute/virtualMachines"
DISK_TYPE = "Microsoft.Compute/disks"
_BEFORE_DISK = frozenset({"AllocationFailed", "ZonalAllocationFailed", "SkuNotAvailable"})
_SLOW = frozenset({"OSProvisioningTimedOut", "VMStartTimedOut"})
SLOW_START_US = 360 * SECOND
"""A machine whose start timed out may still come up; here it does, after so long."""
_GOING = {
    "vm.start": "starting",
    "vm.restart": "starting",
    "vm.create": "starting",
    "vm.powerOff": "stopping",
    "vm.deallocate": "deallocating",
}


def make(call: Call, order: Order, nics: list[Resource], failed: Resource | None) -> Resource:
    """Put the machine of an accepted order into the world, `Creating`."""
    world, given = call.world, call.object()["properties"]
    vm: Json = {"name": order.name, "id": call.path, "type": TYPE, "location": order.region}
    new = {**vm, "tags": order.tags, "properties": _properties(call, order, nics)}
    if order.zone:
        new["zones"] = [order.zone]
    identity_body = identity(world, call.path, call.object().get("identity"))
    if identity_body is not None:
        new["identity"] = identity_body
    facts = {
        "power": "none",
        "allocated": False,
        "agentFromUs": NEVER,
        "generalized": False,
        "sysprepped": False,
        "password": given["osProfile"]["adminPassword"],
        "steps": {},
        "partitionGb": 0,
    }
    if failed is not None:
        failed.facts = facts
        failed.replace(new, call.now_us)
        return failed
    return world.resources.add(Resource(call.path, TYPE, new, call.now_us, facts))


def _properties(call: Call, order: Order, nics: list[Resource]) -> Json:
    world, given = call.world, call.object()["properties"]
    os_profile = {k: v for k, v in given["osProfile"].items() if k != "adminPassword"}
    attempt = world.attempts.get(("vm.create", call.path.lower()), 0)
    return {
        **given,
        "vmId": world.guid("vm", call.path, attempt),
        "osProfile": {"computerName": order.computer_name, "secrets": [], **os_profile},
        "storageProfile": {
            "imageReference": order.image.reference,
            "osDisk": _os_disk_profile(order, given["storageProfile"].get("osDisk", {})),
            "dataDisks": given["storageProfile"].get("dataDisks", []),
        },
        "networkProfile": {"networkInterfaces": _references(given, nics)},
        "provisioningState": "Creating",
        "timeCreated": iso(call.now_us),
    }


def _os_disk_profile(order: Order, wanted: Json) -> Json:
    managed = {"storageAccountType": "Premium_LRS", **wanted.get("managedDisk", {})}
    return {
        "osType": "Windows",
        "caching": "ReadWrite",
        "createOption": "FromImage",
        "deleteOption": "Detach",
        **wanted,
        "name": order.disk_name,
        "diskSizeGB": order.disk_gb,
        "managedDisk": managed,
    }


def identity(world: World, vm_id: str, wanted: Json | None) -> Json | None:
    """Give the identity a machine shows: a principal of its own when system-assigned."""
    if not wanted or wanted.get("type", "None") == "None":
        return None
    shown = dict(wanted)
    if "systemassigned" in str(wanted["type"]).lower():
        tenant = world.config.get("tenantId", "5f0c7c1a-3f4e-5d5c-9a68-0c0de5c0a701")
        shown |= {"principalId": world.guid("identity", vm_id), "tenantId": tenant}
    return shown


def _references(given: Json, nics: list[Resource]) -> list[Json]:
    profile = given["networkProfile"]
    wanted = [*profile.get("networkInterfaces", [])]
    wanted += profile.get("networkInterfaceConfigurations", [])
    rows = []
    for nic, entry in zip(nics, wanted, strict=True):
        inner = entry.get("properties", {})
        kept = {key: inner[key] for key in ("primary", "deleteOption") if key in inner}
        rows.append({"id": nic.id, "properties": kept})
    return rows


def zone_of(vm: Resource) -> str:
    """Give a machine's zone; empty without one."""
    zones: list[str] = vm.body.get("zones", [])
    return zones[0] if zones else ""


def size_name(vm: Resource) -> str:
    """Give a machine's size."""
    return str(vm.properties["hardwareProfile"]["vmSize"])


def allocate(world: World, vm: Resource) -> None:
    """Put a machine on hardware."""
    if not vm.facts["allocated"]:
        vm.facts["allocated"] = True
        capacity.place(world, vm.body["location"], zone_of(vm), size_name(vm), 1)


def release(world: World, vm: Resource) -> None:
    """Take a machine off its hardware."""
    if vm.facts["allocated"]:
        vm.facts["allocated"] = False
        capacity.place(world, vm.body["location"], zone_of(vm), size_name(vm), -1)


def resize(world: World, vm: Resource, old: Size, new: Size, *, placed: bool) -> None:
    """Count a machine under its new size."""
    sub, region = vm.id.split("/")[2], vm.body["location"]
    capacity.count(world, sub, region, old, -1)
    capacity.count(world, sub, region, new, 1)
    if vm.facts["allocated"]:
        capacity.place(world, region, zone_of(vm), old.name, -1)
        if placed:
            capacity.place(world, region, zone_of(vm), new.name, 1)
        vm.facts["allocated"] = placed


def started_first_time(world: World, vm: Resource, order: Order) -> None:
    """End a creation well: the disk is there, Windows runs, the agent will report."""
    _make_disk(world, vm, order)
    vm.set(world.now_us, provisioningState="Succeeded")
    running(world, vm)


def creation_failed(world: World, vm: Resource, order: Order, operation: LongRunning) -> None:
    """End a creation badly: the machine stays, `Failed`; its interfaces stay reserved."""
    code = operation.error.code if operation.error else ""
    if code in _BEFORE_DISK or code.startswith("Overconstrained"):
        release(world, vm)
    else:
        _make_disk(world, vm, order)
        vm.facts["power"] = "running"
    vm.set(world.now_us, provisioningState="Failed")
    vm.facts["failure"] = {"code": code, "message": operation.error.message if operation.error else ""}
    if code in _SLOW and world.config.get("agents", {}).get(vm.name) != "never":
        world.at(world.now_us + SLOW_START_US, lambda: _came_up_late(world, vm, operation))
    if not vm.facts["allocated"]:
        for nic in interfaces(world, vm):
            detach(world, nic, reserve_for=vm.id)


def _came_up_late(world: World, vm: Resource, operation: LongRunning) -> None:
    """Let a machine whose start timed out run after all, unless something else happened to it."""
    if world.resources.get(vm.id) is not vm or running_on(world, vm.id):
        return
    if vm.properties["provisioningState"] == "Failed" and world.now_us - operation.due_us <= SLOW_START_US:
        vm.set(world.now_us, provisioningState="Succeeded")
        vm.facts["power"] = "running"
        vm.facts["agentFromUs"] = world.now_us
        world.publish("vm_power", vm_id=vm.id, state="running")


def running(world: World, vm: Resource) -> None:
    """Let a machine run; its agent reports after a while, or never when told so."""
    vm.facts["power"] = "running"
    delay_us = world.duration_us("vm.agent", vm.id, world.attempt("vm.agent", vm.id))
    behaviour = world.config.get("agents", {}).get(vm.name)
    vm.facts["agentFromUs"] = NEVER if behaviour == "never" else world.now_us + delay_us
    if isinstance(behaviour, (int, float)):
        vm.facts["agentFromUs"] = world.now_us + int(behaviour * SECOND)
    world.publish("vm_power", vm_id=vm.id, state="running")


def halted(world: World, vm: Resource, state: str) -> None:
    """Stop a machine: `stopped` keeps the hardware, `deallocated` gives it back."""
    vm.facts["power"] = state
    vm.facts["agentFromUs"] = NEVER
    if state == "deallocated":
        release(world, vm)
    world.publish("vm_power", vm_id=vm.id, state=state)


def interfaces(world: World, vm: Resource) -> list[Resource]:
    """Give the interfaces a machine refers to that exist."""
    found = (world.resources.get(n["id"]) for n in vm.properties["networkProfile"]["networkInterfaces"])
    return [nic for nic in found if nic is not None]


def os_disk(world: World, vm: Resource) -> Resource | None:
    """Give a machine's OS disk, once it exists."""
    disk_id = vm.properties["storageProfile"]["osDisk"]["managedDisk"].get("id", "")
    return world.resources.get(disk_id) if disk_id else None


def remove(world: World, vm: Resource) -> None:
    """Delete a machine; disk and interfaces go along when their delete option says so."""
    for child in world.resources.under(vm.id):
        for operation in running_on(world, child.id):
            cancel(world, operation)
    disk = os_disk(world, vm)
    if disk is not None:
        if vm.properties["storageProfile"]["osDisk"].get("deleteOption") == "Delete":
            world.resources.remove(disk.id)
        else:
            disk.replace({k: v for k, v in disk.body.items() if k != "managedBy"}, world.now_us)
            disk.set(world.now_us, diskState="Unattached")
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
    release(world, vm)
    size = size_of(world, size_name(vm))
    if size is not None:
        capacity.count(world, vm.id.split("/")[2], vm.body["location"], size, -1)
    world.resources.remove(vm.id)
    computer = vm.properties["osProfile"]["computerName"]
    world.publish("vm_deleted", vm_id=vm.id, computer_name=computer)


def check_not_deleting(world: World, vm: Resource) -> None:
    """Refuse work on a machine that is going away."""
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


def instance_view(world: World, vm: Resource) -> Json:
    """Tell what runs: provisioning, power, agent, disks, extensions."""
    now_us = world.now_us
    view: Json = {"statuses": [_provisioning(vm), *_power(world, vm)]}
    disk = os_disk(world, vm)
    if disk is not None:
        view["disks"] = [{"name": disk.name, "statuses": [_status("ProvisioningState/succeeded")]}]
    if vm.facts["power"] == "running":
        ready = now_us >= vm.facts["agentFromUs"]
        shown = "Ready" if ready else "Not Ready"
        code = "ProvisioningState/succeeded" if ready else "ProvisioningState/Unavailable"
        version = "2.7.41491.1176" if ready else "Unknown"
        status = {"code": code, "level": "Info", "displayStatus": shown, "time": iso(now_us)}
        view["vmAgent"] = {"vmAgentVersion": version, "statuses": [status]}
        if ready:
            name = vm.properties["osProfile"]["computerName"]
            view |= {"computerName": name, "osName": "Windows 11 Enterprise", "osVersion": "10.0"}
            view["hyperVGeneration"] = "V2"
    extensions = world.resources.collection(f"{vm.id}/extensions")
    if extensions:
        view["extensions"] = [each.facts["view"] for each in extensions if "view" in each.facts]
    return view


def _provisioning(vm: Resource) -> Json:
    """Tell the state, and of a failed creation its code: ``ProvisioningState/failed/AllocationFailed``."""
    state, failure = vm.properties["provisioningState"].lower(), vm.facts.get("failure")
    if state != "failed" or not failure:
        return _status(f"ProvisioningState/{state}")
    status = _status(f"ProvisioningState/failed/{failure['code']}")
    return {**status, "level": "Error", "displayStatus": "Provisioning failed", "message": failure["message"]}


def _power(world: World, vm: Resource) -> list[Json]:
    going = next((_GOING[o.kind] for o in running_on(world, vm.id) if o.kind in _GOING), "")
    state = going or vm.facts["power"]
    rows = [] if state == "none" else [_status(f"PowerState/{state}")]
    if vm.facts["generalized"]:
        rows.append(_status("OSState/generalized"))
    return rows


def _status(code: str) -> Json:
    words = code.partition("/")[2]
    shown = f"VM {words}" if code.startswith("Power") else f"Provisioning {words}"
    return {"code": code, "level": "Info", "displayStatus": shown}


def _make_disk(world: World, vm: Resource, order: Order) -> None:
    shown = vm.properties["storageProfile"]["osDisk"]
    group = vm.id[: vm.id.lower().index("/providers/")]
    disk_id = f"{group}/providers/{DISK_TYPE}/{order.disk_name}"
    kind = shown["managedDisk"]["storageAccountType"]
    body: Json = {
        "id": disk_id,
        "name": order.disk_name,
        "type": DISK_TYPE,
        "location": order.region,
        "tags": order.tags,
        "managedBy": vm.id,
        "sku": {"name": kind, "tier": kind.partition("_")[0]},
        "properties": {
            "osType": "Windows",
            "hyperVGeneration": "V2",
            "creationData": {"createOption": "FromImage", "imageReference": order.image.reference},
            "diskSizeGB": order.disk_gb,
            "diskState": "Attached",
            "provisioningState": "Succeeded",
            "timeCreated": iso(world.now_us),
            "uniqueId": world.guid("disk", disk_id),
        },
    }
    if order.zone:
        body["zones"] = [order.zone]
    world.resources.add(Resource(disk_id, DISK_TYPE, body, world.now_us))
    vm.facts["partitionGb"] = order.image.disk_gb
    os_disk_body = {**shown, "managedDisk": {**shown["managedDisk"], "id": disk_id}}
    storage = {**vm.properties["storageProfile"], "osDisk": os_disk_body}
    vm.set(world.now_us, storageProfile=storage)
