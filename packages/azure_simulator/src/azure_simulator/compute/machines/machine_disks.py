"""The disks of a machine: the one it starts from, those beside it, and how they come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure_simulator.arm.reading import check_name, invalid, read
from azure_simulator.compute.disks import disk_bodies
from azure_simulator.core.answers import Json, Problem

if TYPE_CHECKING:
    from azure_simulator.compute.capacity.sizes import Size
    from azure_simulator.compute.machines.machine_specs import Order
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World

KEPT_CONTENT = ("partitionGb", "sysprepped", "steps", "join", "computer")
"""What a machine's facts say of the contents of the disk it starts from."""


def os_disk(world: World, vm: Resource) -> Resource | None:
    """Give a machine's OS disk, once it exists."""
    disk_id = vm.properties["storageProfile"]["osDisk"].get("managedDisk", {}).get("id", "")
    return world.resources.get(disk_id) if disk_id else None


def data_disks(world: World, vm: Resource) -> list[Resource]:
    """Give a machine's data disks that exist."""
    rows = vm.properties["storageProfile"].get("dataDisks", [])
    found = (world.resources.get(row.get("managedDisk", {}).get("id", "-")) for row in rows)
    return [each for each in found if each is not None]


def content_of(world: World, disk: Resource) -> Json:
    """Tell what lies on a disk: the machine that runs from it knows, else the disk remembers."""
    vm = disk_bodies.owner_of(world, disk)
    if vm is not None and os_disk(world, vm) is disk:
        return {key: vm.facts[key] for key in KEPT_CONTENT if key in vm.facts}
    return dict(disk.facts.get("content", {}))


def check_attachable(disk: Resource, vm_id: str, region: str, zones: list[str]) -> None:
    """Refuse a disk that this machine cannot have."""
    owner = disk.body.get("managedBy", "")
    if disk.facts.get("detachingFrom"):
        raise Problem(
            409,
            "AttachDiskWhileBeingDetached",
            f"Cannot attach data disk '{disk.name}' to VM '{vm_id.rpartition('/')[2]}' because the disk is currently "
            "being detached or the last detach operation failed. Please wait until the disk is completely detached "
            "and then try again or delete/detach the disk explicitly again.",
        )
    if owner and owner.lower() != vm_id.lower():
        raise Problem(
            409,
            "ConflictingUserInput",
            f"Cannot attach the disk {disk.name} to VM {vm_id} because it is already attached to VM {owner}. "
            "A disk can be attached to only one VM at a time.",
            target=disk.id,
        )
    if disk.properties["provisioningState"] != "Succeeded":
        raise Problem(409, "OperationNotAllowed", f"Disk '{disk.name}' is not ready to be attached.", target=disk.id)
    if disk.body["location"] != region:
        raise Problem(400, "BadRequest", f"Disk '{disk.name}' is not in the location '{region}' of the VM.")
    if disk.body.get("zones") and disk.body["zones"] != zones:
        raise Problem(400, "BadRequest", f"Disk '{disk.name}' cannot be attached since it is not in the VM's zone.")


@dataclass(frozen=True, slots=True)
class Bay:
    """Where data disks go: the machine, its size, where it is, and the rows it has."""

    vm_id: str
    size: Size
    region: str
    zones: list[str]
    rows: list[Json]


def read_rows(call: Call, wanted: list[Json], bay: Bay) -> list[Json]:
    """Check the data disks a body wants and give them as the machine will show them.

    Rows without the id of a managed disk are of disks yet to be made (`mount`).
    """
    most = bay.size.cores * 2
    if len(wanted) > most:
        raise Problem(
            409,
            "OperationNotAllowed",
            f"The maximum number of data disks allowed to be attached to a VM of this size is {most}.",
            target="dataDisks",
        )
    rows = [_row(call, entry, bay) for entry in wanted if not entry.get("toBeDetached")]
    luns = [row["lun"] for row in rows]
    if len(set(luns)) < len(luns):
        raise invalid("dataDisk.lun", "The LUN of a data disk is used twice.")
    return rows


def _row(call: Call, entry: Json, bay: Bay) -> Json:
    lun = read(entry, "lun", "integer")
    disk_id = str(read(entry, "managedDisk.id", "string", ""))
    kept = next((row for row in bay.rows if row["lun"] == lun and _same_disk(row, entry, disk_id)), None)
    if kept is not None:
        return {**kept, **{key: entry[key] for key in ("caching", "deleteOption") if key in entry}}
    option = read(entry, "createOption", "string")
    row = {"caching": "None", "deleteOption": "Detach", **entry, "lun": lun}
    row.pop("toBeDetached", None)
    if option == "Attach":
        disk = call.need(disk_id or _sibling(bay.vm_id, str(read(entry, "name", "string"))))
        check_attachable(disk, bay.vm_id, bay.region, bay.zones)
        managed = {"id": disk.id, "storageAccountType": disk.body["sku"]["name"]}
        return {**row, "name": disk.name, "diskSizeGB": disk.properties["diskSizeGB"], "managedDisk": managed}
    if option != "Empty":
        raise invalid("dataDisk.createOption", f"The value '{option}' is not one of Attach, Empty.")
    gb = int(read(entry, "diskSizeGB", "integer"))
    if not 1 <= gb <= disk_bodies.MAX_DATA_GB:
        raise invalid("dataDisk.diskSizeGB", f"The disk size {gb} GB is not 1 to {disk_bodies.MAX_DATA_GB}.")
    made = f"{bay.vm_id.rpartition('/')[2]}_disk{lun + 2}_{call.world.guid('disk', bay.vm_id, lun).replace('-', '')}"
    name = str(read(entry, "name", "string", made))
    check_name(name, r"[-\w.]{1,80}", disk_bodies.NAME_RULE)
    if call.world.resources.get(_sibling(bay.vm_id, name)) is not None:
        raise exists(call, name)
    return {**row, "name": name, "managedDisk": {"storageAccountType": "Premium_LRS", **entry.get("managedDisk", {})}}


def exists(call: Call, name: str) -> Problem:
    """Word the refusal of a new disk whose name is taken."""
    return Problem(
        409,
        "ConflictingUserInput",
        f"Disk {name} already exists in resource group {call.params['rg']}. Only CreateOption.Attach is supported.",
        target="/subscriptions",
    )


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
                _sibling(vm.id, row["name"]),
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
    """Give the disks a machine refers to and has, the one it starts from included."""
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
    """Let a machine start from another disk from now on; the old one is free, with what lies on it."""
    if old is not None:
        content = {key: vm.facts[key] for key in KEPT_CONTENT if key in vm.facts}
        let_go(world, old)
        old.facts = {"content": content}
    vm.facts |= new.facts.get("content", {})


def claim(world: World, disk: Resource, vm_id: str) -> None:
    """Attach a disk to a machine."""
    disk.replace({**disk.body, "managedBy": vm_id}, world.now_us)
    disk.set(world.now_us, diskState="Attached")


def forget(world: World, vm: Resource, disk: Resource) -> None:
    """Take a disk that is gone out of its machine's list."""
    storage = vm.properties["storageProfile"]
    rows = [row for row in storage.get("dataDisks", []) if row["managedDisk"].get("id", "").lower() != disk.key]
    vm.set(world.now_us, storageProfile={**storage, "dataDisks": rows})


def let_go(world: World, disk: Resource) -> None:
    """Detach a disk; it remembers what lies on it."""
    disk.facts = {"content": content_of(world, disk)}
    disk.replace({key: value for key, value in disk.body.items() if key != "managedBy"}, world.now_us)
    disk.set(world.now_us, diskState="Unattached")


def make_os_disk(world: World, vm: Resource, order: Order) -> None:
    """Make the disk a new machine starts from, or take over the one it was made of."""
    shown = vm.properties["storageProfile"]["osDisk"]
    disk = order.os_disk
    if disk is not None:
        claim(world, disk, vm.id)
    elif order.image is not None:
        kind, secure = shown["managedDisk"]["storageAccountType"], vm.properties.get("securityProfile", {})
        inherits: Json = {"osType": "Windows", "hyperVGeneration": "V2"}
        if secure.get("securityType"):
            inherits["securityProfile"] = {"securityType": secure["securityType"]}
        creation = {"createOption": "FromImage", **_origin(vm, order)}
        place = (order.region, kind, order.disk_gb, creation, order.tags, [order.zone] if order.zone else [])
        disk = disk_bodies.make(
            world, disk_bodies.Plan(_sibling(vm.id, order.disk_name), *place, inherits), owner=vm.id
        )
        vm.facts["partitionGb"] = order.image.disk_gb
    else:
        raise ValueError("an order has an image or a disk")
    os_disk_body = {**shown, "managedDisk": {**shown["managedDisk"], "id": disk.id}}
    vm.set(world.now_us, storageProfile={**vm.properties["storageProfile"], "osDisk": os_disk_body})


def _origin(vm: Resource, order: Order) -> Json:
    """Say what a disk was made of as a disk does: by id, whether a gallery's or the marketplace's."""
    reference = order.image.reference if order.image else {}
    if "id" in reference:
        kind = "galleryImageReference" if "/galleries/" in reference["id"].lower() else "imageReference"
        return {kind: {"id": reference["id"]}}
    place = f"/Subscriptions/{vm.id.split('/')[2]}/Providers/Microsoft.Compute/Locations/{order.region}"
    what = f"Publishers/{reference['publisher']}/ArtifactTypes/VMImage/Offers/{reference['offer']}"
    exact = f"Skus/{reference['sku']}/Versions/{reference['exactVersion']}"
    return {"imageReference": {"id": f"{place}/{what}/{exact}"}}


def leave_behind(world: World, vm: Resource, *, spare: bool = False) -> None:
    """Delete the disks that go with their machine, detach the others (all of them, to `spare` them)."""
    storage = vm.properties["storageProfile"]
    for row in [storage["osDisk"], *storage.get("dataDisks", [])]:
        disk = world.resources.get(row.get("managedDisk", {}).get("id", "-"))
        if disk is None or disk.body.get("managedBy", "").lower() != vm.key:
            continue
        if row.get("deleteOption") == "Delete" and not spare:
            world.resources.remove(disk.id)
        else:
            let_go(world, disk)


def _same_disk(row: Json, entry: Json, disk_id: str) -> bool:
    known = row.get("managedDisk", {}).get("id", "").lower()
    if disk_id:
        return bool(known == disk_id.lower())
    return bool(str(entry.get("name", row["name"])).lower() == row["name"].lower())


def _sibling(vm_id: str, name: str) -> str:
    return f"{vm_id[: vm_id.lower().index('/providers/')]}/providers/{disk_bodies.TYPE}/{name}"
