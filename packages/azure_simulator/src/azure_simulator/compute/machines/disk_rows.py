"""The data disks that the body of a machine asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure_simulator.arm.reading import check_name, invalid, read, unsupported
from azure_simulator.compute.disks import disk_bodies
from azure_simulator.compute.provider import NAMING
from azure_simulator.core.answers import Json, Problem

if TYPE_CHECKING:
    from azure_simulator.compute.capacity.sizes import Size
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource


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
    """Attachment point of data disks: the machine, its size, where it is, and the rows it has."""

    vm_id: str
    size: Size
    region: str
    zones: list[str]
    rows: list[Json]


def read_rows(call: Call, wanted: list[Json], bay: Bay) -> list[Json]:
    """Check the data disks a body wants and give them as the machine will show them.

    Rows without the id of a managed disk are of disks yet to be made (`machine_disks.mount`).
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
    for name in ("vhd", "image", "sourceResource"):
        if name in entry:
            raise unsupported(f"dataDisk.{name}", "A data disk that is unmanaged, or made of another resource,")
    row = {"caching": "None", "deleteOption": "Detach", **entry, "lun": lun}
    row["toBeDetached"] = False  # recorded of every data disk
    if option == "Attach":
        disk = call.need(disk_id or sibling(bay.vm_id, str(read(entry, "name", "string"))))
        if disk.type != disk_bodies.TYPE:
            raise invalid("dataDisk.managedDisk.id", f"'{disk_id}' is not the id of a managed disk.")
        check_attachable(disk, bay.vm_id, bay.region, bay.zones)
        managed = {"id": disk.id, "storageAccountType": disk.body["sku"]["name"]}
        return {**row, "name": disk.name, "diskSizeGB": disk.properties["diskSizeGB"], "managedDisk": managed}
    if option != "Empty":
        raise unsupported("dataDisk.createOption", f"A data disk made with the createOption {option}")
    gb = int(read(entry, "diskSizeGB", "integer"))
    if not 1 <= gb <= disk_bodies.MAX_DATA_GB:
        raise invalid("dataDisk.diskSizeGB", f"The disk size {gb} GB is not 1 to {disk_bodies.MAX_DATA_GB}.")
    vm, attempt = call.world.resources.get(bay.vm_id), call.world.attempts.get(("vm.create", bay.vm_id.lower()), 0)
    mark = call.world.guid("disk", bay.vm_id, lun, attempt, vm.version if vm else 0).replace("-", "")
    made = f"{bay.vm_id.rpartition('/')[2]}_disk{lun + 2}_{mark}"
    name = str(read(entry, "name", "string", made))
    check_name(name, NAMING, disk_bodies.NAME_RULE)
    if call.world.resources.get(sibling(bay.vm_id, name)) is not None:
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


def _same_disk(row: Json, entry: Json, disk_id: str) -> bool:
    known = row.get("managedDisk", {}).get("id", "").lower()
    if disk_id:
        return bool(known == disk_id.lower())
    return bool(str(entry.get("name", row["name"])).lower() == row["name"].lower())


def sibling(vm_id: str, name: str) -> str:
    """Return the id of a disk in the resource group of a machine."""
    return f"{vm_id[: vm_id.lower().index('/providers/')]}/providers/{disk_bodies.TYPE}/{name}"
