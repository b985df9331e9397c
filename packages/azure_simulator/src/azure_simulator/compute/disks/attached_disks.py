"""The disks of a machine, and their content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.compute.disks import disk_bodies

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

KEPT_CONTENT = ("partitionGb", "sysprepped", "steps", "join", "computer", "sessionHostOf")
"""Facts of a machine about the contents of the disk it starts from."""


def system_of(vm: Resource) -> str:
    """Return the operating system of a machine: Windows or Linux."""
    return str(vm.properties["storageProfile"]["osDisk"].get("osType") or "Windows")


def is_linux(vm: Resource) -> bool:
    """Return whether Linux runs on a machine."""
    return system_of(vm) == "Linux"


def os_disk(world: World, vm: Resource) -> Resource | None:
    """Return a machine's OS disk, once it exists."""
    disk_id = vm.properties["storageProfile"]["osDisk"].get("managedDisk", {}).get("id", "")
    return world.resources.get(disk_id) if disk_id else None


def data_disks(world: World, vm: Resource) -> list[Resource]:
    """Return a machine's data disks that exist."""
    rows = vm.properties["storageProfile"].get("dataDisks", [])
    found = (world.resources.get(row.get("managedDisk", {}).get("id", "-")) for row in rows)
    return [each for each in found if each is not None]


def content_of(world: World, disk: Resource) -> Json:
    """Return the content of a disk: of the machine that runs from it, or the facts kept with the disk."""
    vm = disk_bodies.owner_of(world, disk)
    if vm is not None and os_disk(world, vm) is disk:
        return {key: vm.facts[key] for key in KEPT_CONTENT if key in vm.facts}
    return dict(disk.facts.get("content", {}))


def forget(world: World, disk: Resource) -> None:
    """Take a data disk that is removed out of its machine's list."""
    vm = disk_bodies.owner_of(world, disk)
    if vm is None:
        return
    storage = vm.properties["storageProfile"]
    rows = [row for row in storage.get("dataDisks", []) if row["managedDisk"].get("id", "").lower() != disk.key]
    vm.set(world.now_us, storageProfile={**storage, "dataDisks": rows})
