"""Read the body of a virtual machine: everything Azure checks before it accepts one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.cloud.arm.catalogue import REGIONS, Size, size_of
from local.cloud.arm.images import Image, resolve
from local.cloud.arm.interfaces import check_reserved
from local.cloud.arm.reading import check_name, invalid, location_of, missing, read, tags_of
from local.cloud.core.answers import Json, Problem

if TYPE_CHECKING:
    from local.cloud.core.calls import Call
    from local.cloud.core.resources import Resource
    from local.cloud.core.world import World

NAME_RULE = "Virtual machine names hold 1 to 64 letters, digits, - . _ and end with none of - . _"
MAX_DISK_GB = 4095


@dataclass(frozen=True, slots=True)
class Order:
    """A machine that may be made."""

    name: str
    region: str
    zone: str
    size: Size
    image: Image
    disk_name: str
    disk_gb: int
    computer_name: str
    nics: tuple[Resource, ...]
    inline: tuple[Json, ...]
    tags: dict[str, str]


def read_order(call: Call) -> Order:
    """Check a machine's body against the world; raise a `Problem` for the first thing wrong."""
    body, name = call.object(), call.param("vm")
    check_name(name, r"[A-Za-z0-9]([-\w.]{0,62}[A-Za-z0-9])?", NAME_RULE)
    region = location_of(call)
    if region not in REGIONS:
        raise Problem(
            400,
            "LocationNotAvailableForResourceType",
            f"The provided location '{region}' is not available for resource type 'Microsoft.Compute/virtualMachines'.",
        )
    image = resolve(call, read(body, "properties.storageProfile.imageReference", "object"), region)
    disk = read(body, "properties.storageProfile.osDisk", "object", {})
    nics, inline = _interfaces(call, body, region)
    return Order(
        name=name,
        region=region,
        zone=_zone(body, region),
        size=read_size(call.world, body),
        image=image,
        disk_name=_disk_name(call, disk),
        disk_gb=_disk_gb(disk, image),
        computer_name=_os_profile(body, name),
        nics=nics,
        inline=inline,
        tags=tags_of(body),
    )


def read_size(world: World, body: Json) -> Size:
    """Give the size a body asks for."""
    wanted = read(body, "properties.hardwareProfile.vmSize", "string")
    size = size_of(world, wanted)
    if size is None:
        raise invalid("vmSize", f"The value {wanted} provided for the VM size is not valid.")
    return size


def _zone(body: Json, region: str) -> str:
    zones = read(body, "zones", "array", [])
    if not zones:
        return ""
    if len(zones) > 1 or zones[0] not in REGIONS[region]:
        raise Problem(
            400,
            "InvalidAvailabilityZone",
            f"The zone(s) '{','.join(map(str, zones))}' for resource are not supported in "
            f"'{region}'. The supported zones are '{','.join(REGIONS[region])}'.",
        )
    return str(zones[0])


def _os_profile(body: Json, name: str) -> str:
    profile = read(body, "properties.osProfile", "object")
    computer = str(read(profile, "computerName", "string", name))
    if len(computer) > 15 or computer.isdigit() or not re.fullmatch(r"[A-Za-z0-9-]+", computer):  # noqa: PLR2004 - NetBIOS
        raise invalid(
            "computerName",
            "Windows computer name cannot be more than 15 characters long, be entirely numeric, "
            "or contain the following characters: ` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : "
            ". ' \" , < > / ?.",
        )
    user = read(profile, "adminUsername", "string")
    if user.lower() in {"administrator", "admin", "user", "guest", "root", "test"}:
        raise invalid("adminUsername", f"The Admin Username specified is not allowed: {user}.")
    read(profile, "adminPassword", "string")
    return computer


def _disk_name(call: Call, disk: Json) -> str:
    made = f"{call.param('vm')}_OsDisk_1_{call.world.guid('osdisk', call.path).replace('-', '')}"
    name = str(read(disk, "name", "string", made))
    check_name(name, r"[-\w.]{1,80}", "Disk names hold up to 80 letters, digits, - . _")
    group = call.path[: call.path.lower().index("/providers/")]
    existing = call.world.resources.get(f"{group}/providers/Microsoft.Compute/disks/{name}")
    owner = existing.body.get("managedBy", "") if existing else ""
    if existing is not None and owner.lower() != call.path.lower():
        raise Problem(
            409,
            "ConflictingUserInput",
            f"Disk {name} already exists in resource group {call.params['rg']}. Only CreateOption.Attach is supported.",
            target="/subscriptions",
        )
    return name


def _disk_gb(disk: Json, image: Image) -> int:
    wanted = int(read(disk, "diskSizeGB", "integer", image.disk_gb))
    if wanted < image.disk_gb:
        raise invalid(
            "osDisk.diskSizeGB",
            f"The specified disk size {wanted} GB is smaller than the size of the corresponding "
            f"disk in the VM image: {image.disk_gb} GB.",
        )
    if wanted > MAX_DISK_GB:
        raise invalid("osDisk.diskSizeGB", f"The disk size may not exceed {MAX_DISK_GB} GB.")
    return wanted


def _interfaces(call: Call, body: Json, region: str) -> tuple[tuple[Resource, ...], tuple[Json, ...]]:
    profile = read(body, "properties.networkProfile", "object")
    inline = read(profile, "networkInterfaceConfigurations", "array", [])
    references = read(profile, "networkInterfaces", "array", [])
    if not inline and not references:
        raise missing("networkProfile.networkInterfaces")
    for entry in inline:
        read(entry, "name", "string")
        read(entry, "properties.ipConfigurations", "array")
    nics = tuple(_interface(call, read(entry, "id", "string"), region) for entry in references)
    return nics, tuple(inline)


def _interface(call: Call, nic_id: str, region: str) -> Resource:
    nic = call.world.resources.get(nic_id)
    if nic is None or nic.body["location"] != region:
        raise Problem(
            400,
            "InvalidResourceReference",
            f"Resource {nic_id} referenced by resource {call.path} was not found. Please make "
            "sure that the referenced resource exists, and that both resources are in the same "
            "region.",
        )
    owner = nic.properties.get("virtualMachine", {}).get("id", "")
    if owner and owner.lower() != call.path.lower():
        raise Problem(
            400,
            "NicInUse",
            f"Network Interface {nic.id} is used by existing resource {owner}.",
        )
    check_reserved(call.world, nic, call.path)
    return nic
