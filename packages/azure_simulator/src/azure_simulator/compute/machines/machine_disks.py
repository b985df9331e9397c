"""The disks of a machine: the one it starts from, those beside it, and how they come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.compute.disks import disk_bodies
from azure_simulator.compute.disks.attached_disks import KEPT_CONTENT, content_of
from azure_simulator.compute.machines.disk_rows import sibling

if TYPE_CHECKING:
    from azure_simulator.compute.machines.machine_specs import MachineSpec
    from azure_simulator.core.answers import Json
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World


def mount(world: World, vm: Resource, *, tags: dict[str, str]) -> None:
    """Make the data disks of a machine that are not there yet, and attach the others."""
    storage = vm.properties["storageProfile"]
    rows = []
    for row in storage.get("dataDisks", []):
        managed = row["managedDisk"]
        disk = world.resources.get(managed.get("id", "-"))
        if disk is None:
            zones = vm.body.get("zones", [])
            plan = disk_bodies.Plan(
                sibling(vm.id, row["name"]),
                vm.body["location"],
                managed["storageAccountType"],
                row["diskSizeGB"],
                {"createOption": "Empty"},
                tags,
                zones,
            )
            disk = disk_bodies.make(world, plan, owner=vm.id)
        elif disk.body.get("managedBy") != vm.id:
            claim(world, disk, vm.id)
        rows.append({**row, "managedDisk": {**managed, "id": disk.id}})
    vm.set(world.now_us, storageProfile={**storage, "dataDisks": rows})


def attached(world: World, vm: Resource) -> list[Resource]:
    """Return the disks a machine refers to and has, the one it starts from included."""
    storage = vm.properties["storageProfile"]
    rows = [storage["osDisk"], *storage.get("dataDisks", [])]
    found = (world.resources.get(row.get("managedDisk", {}).get("id") or "-") for row in rows)
    return [each for each in found if each is not None and each.body.get("managedBy", "").lower() == vm.key]


def claim_all(world: World, vm: Resource) -> None:
    """Attach the existing disks a machine refers to, so that no other machine can have them."""
    storage = vm.properties["storageProfile"]
    for row in [storage["osDisk"], *storage.get("dataDisks", [])]:
        disk = world.resources.get(row.get("managedDisk", {}).get("id") or "-")
        if disk is not None and not disk.body.get("managedBy"):
            claim(world, disk, vm.id)


def start_from(world: World, vm: Resource, old: Resource | None, new: Resource) -> None:
    """Replace a machine's OS disk by another from now on; the old disk is detached with its content."""
    if old is not None:
        content = {key: vm.facts[key] for key in KEPT_CONTENT if key in vm.facts}
        detach(world, old)
        old.facts = {"content": content}
    vm.facts |= new.facts.get("content", {})


def claim(world: World, disk: Resource, vm_id: str) -> None:
    """Attach a disk to a machine."""
    disk.replace({**disk.body, "managedBy": vm_id}, world.now_us)
    disk.set(world.now_us, diskState="Attached")


def detach(world: World, disk: Resource) -> None:
    """Detach a disk; its content is stored with it."""
    disk.facts = {"content": content_of(world, disk)}
    disk.replace({key: value for key, value in disk.body.items() if key != "managedBy"}, world.now_us)
    disk.set(world.now_us, diskState="Unattached")


def make_os_disk(world: World, vm: Resource, spec: MachineSpec) -> None:
    """Make the disk a new machine starts from, or take over the one it was made of."""
    shown = vm.properties["storageProfile"]["osDisk"]
    disk = spec.os_disk
    if disk is not None:
        claim(world, disk, vm.id)
    elif spec.image is not None:
        kind, secure = shown["managedDisk"]["storageAccountType"], vm.properties.get("securityProfile", {})
        inherits: Json = {"osType": spec.system, "hyperVGeneration": spec.image.generation}
        if secure.get("securityType"):
            inherits["securityProfile"] = {"securityType": secure["securityType"]}
        creation = {"createOption": "FromImage", **_origin(vm, spec)}
        place = (spec.region, kind, spec.disk_gb, creation, spec.tags, [spec.zone] if spec.zone else [])
        disk = disk_bodies.make(world, disk_bodies.Plan(sibling(vm.id, spec.disk_name), *place, inherits), owner=vm.id)
        vm.facts["partitionGb"] = spec.image.disk_gb
    else:
        raise ValueError("a machine is made from an image or a disk")
    os_disk_body = {**shown, "managedDisk": {**shown["managedDisk"], "id": disk.id}}
    vm.set(world.now_us, storageProfile={**vm.properties["storageProfile"], "osDisk": os_disk_body})


def _origin(vm: Resource, spec: MachineSpec) -> Json:
    """Return the source of a disk in the form of disks: an id, whether of a gallery or of the marketplace."""
    reference = spec.image.reference if spec.image else {}
    if "id" in reference:
        kind = "galleryImageReference" if "/galleries/" in reference["id"].lower() else "imageReference"
        return {kind: {"id": reference["id"]}}
    place = f"/Subscriptions/{vm.id.split('/')[2]}/Providers/Microsoft.Compute/Locations/{spec.region}"
    what = f"Publishers/{reference['publisher']}/ArtifactTypes/VMImage/Offers/{reference['offer']}"
    exact = f"Skus/{reference['sku']}/Versions/{reference['exactVersion']}"
    return {"imageReference": {"id": f"{place}/{what}/{exact}"}}


def remove_or_detach(world: World, vm: Resource, *, spare: bool = False) -> None:
    """Delete the disks that go with their machine, detach the others (all of them, to `spare` them)."""
    storage = vm.properties["storageProfile"]
    for row in [storage["osDisk"], *storage.get("dataDisks", [])]:
        disk = world.resources.get(row.get("managedDisk", {}).get("id", "-"))
        if disk is None or disk.body.get("managedBy", "").lower() != vm.key:
            continue
        if row.get("deleteOption") == "Delete" and not spare:
            world.resources.remove(disk.id)
        else:
            detach(world, disk)
