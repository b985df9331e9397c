"""Managed disks: show, grow, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.cloud.arm import machine
from local.cloud.arm.accepted import accepted
from local.cloud.arm.machinebody import MAX_DISK_GB
from local.cloud.arm.reading import invalid, need_group, read, tags_of
from local.cloud.core.answers import Answer, Problem
from local.cloud.core.longrunning import Course, begin
from local.cloud.core.routing import Routes
from local.cloud.core.world import merge

if TYPE_CHECKING:
    from local.cloud.core.calls import Call
    from local.cloud.core.resources import Resource

ROUTES = Routes("arm")
TYPE = machine.DISK_TYPE
ALL = "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.Compute/disks"
ONE = f"{ALL}/{{disk}}"


@ROUTES.operation("disk.get", "GET", ONE, action=f"{TYPE}/read")
def get_disk(call: Call) -> Answer:
    """Show a disk."""
    return Answer(call.resource().body)


@ROUTES.operation("disks.list", "GET", ALL, action=f"{TYPE}/read")
def list_disks(call: Call) -> Answer:
    """List the disks of a group."""
    need_group(call)
    return Answer({"value": [each.body for each in call.world.resources.collection(call.path)]})


@ROUTES.operation("disk.update", "PATCH", ONE, action=f"{TYPE}/write")
def patch_disk(call: Call) -> Answer:
    """Change tags, sku or size; a disk only grows, and only while nothing runs from it."""
    world, disk, body = call.world, call.resource(), call.object()
    wanted = int(read(body, "properties.diskSizeGB", "integer", 0))
    if wanted:
        _check_size(call, disk, wanted)
    tags = tags_of(body) if "tags" in body else disk.body.get("tags", {})
    properties = merge(disk.properties, read(body, "properties", "object", {}))
    new = {**disk.body, "tags": tags, "properties": {**properties, "provisioningState": "Updating"}}
    if "sku" in body:
        new["sku"] = body["sku"]
    disk.replace(new, call.now_us)

    def done(_: object) -> None:
        disk.set(world.now_us, provisioningState="Succeeded")
        vm = world.resources.get(disk.body.get("managedBy", "-"))
        if vm is not None and wanted:
            storage = vm.properties["storageProfile"]
            grown = {**storage, "osDisk": {**storage["osDisk"], "diskSizeGB": wanted}}
            vm.set(world.now_us, storageProfile=grown)

    operation = begin(call, "disk.update", disk.id, Course(done), region=disk.body["location"])
    return accepted(call, operation, 202, disk.body, monitor=True)


@ROUTES.operation("disk.delete", "DELETE", ONE, action=f"{TYPE}/delete")
def delete_disk(call: Call) -> Answer:
    """Delete a disk no machine uses."""
    world, disk = call.world, call.world.resources.get(call.path)
    if disk is None:
        return Answer(status=204)
    owner = disk.body.get("managedBy")
    if owner:
        raise Problem(409, "OperationNotAllowed", f"Disk {disk.name} is attached to VM {owner}.")

    def done(_: object) -> None:
        world.resources.remove(disk.id)

    operation = begin(call, "disk.delete", disk.id, Course(done), region=disk.body["location"])
    return accepted(call, operation, 202, monitor=True)


def _check_size(call: Call, disk: Resource, wanted: int) -> None:
    now = disk.properties["diskSizeGB"]
    if wanted < now:
        raise invalid("disk.diskSizeGB", f"Disk '{disk.name}' cannot shrink from {now} GB.")
    if wanted > MAX_DISK_GB:
        raise invalid("disk.diskSizeGB", f"The disk size may not exceed {MAX_DISK_GB} GB.")
    vm = call.world.resources.get(disk.body.get("managedBy", "-"))
    if vm is not None and wanted != now and vm.facts["power"] != "deallocated":
        raise Problem(
            409,
            "OperationNotAllowed",
            "Disk resizing is allowed only when creating a VM or when the VM is deallocated.",
        )
