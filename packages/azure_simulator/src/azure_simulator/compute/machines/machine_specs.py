"""Read the body of a virtual machine: everything Azure checks before it accepts one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure_simulator.arm import references
from azure_simulator.arm.reading import check_name, invalid, location_of, missing, read, tags_of, unsupported
from azure_simulator.arm.regions import REGIONS
from azure_simulator.compute.capacity import placement
from azure_simulator.compute.capacity.sizes import Size, size_of
from azure_simulator.compute.disks import disk_bodies
from azure_simulator.compute.disks.attached_disks import content_of
from azure_simulator.compute.images.image_references import Image, check_security, resolve
from azure_simulator.compute.machines import disk_rows, os_profiles
from azure_simulator.compute.machines.machine_values import check_together
from azure_simulator.compute.provider import NAMING
from azure_simulator.core.answers import Json, Problem
from azure_simulator.network.ip_configurations import NIC_TYPE
from azure_simulator.network.network_interfaces import check_reserved

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource
    from azure_simulator.core.world import World


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """A machine that may be made: from an image, or from a disk that has an operating system on it already."""

    name: str
    region: str
    zone: str
    size: Size
    place: placement.Placement
    system: str
    image: Image | None
    os_disk: Resource | None
    disk_name: str
    disk_gb: int
    data_rows: tuple[Json, ...]
    computer_name: str
    nics: tuple[Resource, ...]
    inline: tuple[Json, ...]
    tags: dict[str, str]


def read_spec(call: Call) -> MachineSpec:
    """Check a machine's body against the world; raise a `Problem` for the first thing wrong."""
    body, name = call.object(), call.param("vm")
    region = location_of(call)
    if region not in REGIONS:
        raise Problem(
            400,
            "LocationNotAvailableForResourceType",
            f"The provided location '{region}' is not available for resource type 'Microsoft.Compute/virtualMachines'.",
        )
    zone, size = _zone(body, region), read_size(call.world, body)
    system = _system(call, body, region, zone)
    check_together(body, system["system"])
    _check_plan(call, body, system["image"])
    _check_generation(size, system["image"])
    _check_hibernation(body, size, system["image"])
    nics, inline = _interfaces(call, body, region)
    wanted = read(body, "properties.storageProfile.dataDisks", "array", [])
    bay = disk_rows.Bay(call.path, size, region, [zone] if zone else [], [])
    return MachineSpec(
        name=name,
        region=region,
        zone=zone,
        size=size,
        place=placement.find_placement(call.world, body, placement.Placement(call.param("sub"), region, zone, size)),
        **system,
        data_rows=tuple(disk_rows.read_rows(call, wanted, bay)),
        nics=nics,
        inline=inline,
        tags=tags_of(body),
    )


def _check_generation(size: Size, image: Image | None) -> None:
    """Refuse a size that does not start images of this generation, in the words that Azure's callers quote."""
    if image is not None and image.generation not in size.generations.split(","):
        text = (
            f"The selected VM size '{size.name}' cannot boot Hypervisor Generation '{image.generation[1:]}'. If this "
            "was a Create operation please check that the Hypervisor Generation of the Image matches the Hypervisor "
            "Generation of the selected VM Size."
        )
        raise Problem(400, "BadRequest", text)


def _check_hibernation(body: Json, size: Size, image: Image | None) -> None:
    """Refuse hibernation for a size, an image or a priority without it.

    Source: learn.microsoft.com/azure/virtual-machines/hibernate-resume; the words of the refusals were not recorded.
    """
    if not read(body, "properties.additionalCapabilities.hibernationEnabled", "boolean", False):
        return
    without = ""
    if not size.hibernates:
        without = f"VM size '{size.name}'"
    elif image is not None and not image.hibernates:
        without = "image"
    elif read(body, "properties.priority", "string", "Regular") != "Regular":
        without = "priority 'Spot'"
    if without:
        raise Problem(409, "OperationNotAllowed", f"The {without} does not support hibernation.")


def _check_plan(call: Call, body: Json, image: Image | None) -> None:
    """Refuse a plan for an image that has none, and the reverse (github.com/openshift/installer/pull/7721)."""
    plan = read(body, "plan", "object", {})
    if image is not None and bool(plan) is not image.plan:
        text = "Creating a virtual machine from a non Marketplace image does not need Plan information in the request."
        if image.plan:
            text = "Creating a virtual machine from Marketplace image or a custom image sourced from a Marketplace "
            text += "image requires Plan information in the request."
        raise Problem(400, "VMMarketplaceInvalidInput", f"{text} VM: '{call.path}'.")


def _system(call: Call, body: Json, region: str, zone: str) -> Json:
    """Return the operating system of a new machine: image, disk and its size, and the computer's name."""
    disk = read(body, "properties.storageProfile.osDisk", "object", {})
    for name in ("vhd", "image"):
        if name in disk:
            raise unsupported(f"osDisk.{name}", "An unmanaged disk")
    if disk.get("createOption") == "Attach":
        found = _own_disk(call, body, disk)
        disk_rows.check_attachable(found, call.path, region, [zone] if zone else [])
        computer = content_of(call.world, found).get("computer", call.param("vm"))
        gb = found.properties["diskSizeGB"]
        shown = {"disk_name": found.name, "disk_gb": gb, "computer_name": computer}
        return {"image": None, "os_disk": found, "system": str(found.properties["osType"]), **shown}
    if read(disk, "managedDisk.id", "string", ""):
        raise invalid("osDisk.managedDisk.id", "Parameter 'osDisk.managedDisk.id' is not allowed.")
    image = resolve(call, read(body, "properties.storageProfile.imageReference", "object"), region)
    check_security(image, str(read(body, "properties.securityProfile.securityType", "string", "")))
    computer = image.computer
    if computer:
        _refuse(body, "osProfile")
    else:
        computer = os_profiles.read_profile(call, image.system)
    gb = _disk_gb(disk, image)
    name = _disk_name(call, disk)
    wanted = disk.get("osType", image.system)
    if wanted != image.system:
        raise invalid("osDisk.osType", f"The image is one of {image.system}, not of {wanted}.")
    shown = {"disk_name": name, "disk_gb": gb, "computer_name": computer}
    return {"image": image, "os_disk": None, "system": image.system, **shown}


def _own_disk(call: Call, body: Json, disk: Json) -> Resource:
    """Return the existing disk a machine is to start from."""
    found = call.need(read(disk, "managedDisk.id", "string"))
    _refuse(body, "osProfile")
    _refuse(body, "storageProfile.imageReference")
    if not found.properties.get("osType"):
        raise invalid("osDisk", f"Disk '{found.name}' has no operating system.")
    return found


def _refuse(body: Json, name: str) -> None:
    """Refuse a profile that makes no sense for a disk with an operating system."""
    if read(body, f"properties.{name}", "object", None) is not None:
        raise invalid(name, f"Parameter '{name}' is not allowed.")


def read_size(world: World, body: Json) -> Size:
    """Return the size a body asks for."""
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


def _disk_name(call: Call, disk: Json) -> str:
    """Return the name of a new OS disk; a machine that is made again under its name has another disk than before."""
    failed = call.world.resources.get(call.path)
    attempt = call.world.attempts.get(("vm.create", call.path.lower()), 0)
    made = f"{call.param('vm')}_OsDisk_1_{call.world.guid('osdisk', call.path, attempt).replace('-', '')}"
    if failed is not None:
        made = failed.properties["storageProfile"]["osDisk"]["name"]
    name = str(read(disk, "name", "string", made))
    check_name(name, NAMING, "Disk names hold up to 80 letters, digits, - . _")
    group = call.path[: call.path.lower().index("/providers/")]
    existing = call.world.resources.get(f"{group}/providers/Microsoft.Compute/disks/{name}")
    owner = existing.body.get("managedBy", "") if existing else ""
    if existing is not None and owner.lower() != call.path.lower():
        raise disk_rows.exists(call, name)
    return name


def _disk_gb(disk: Json, image: Image) -> int:
    wanted = int(read(disk, "diskSizeGB", "integer", image.disk_gb))
    if wanted < image.disk_gb:
        raise Problem(
            409,
            "OperationNotAllowed",
            f"The specified disk size {wanted} GB is smaller than the size of the corresponding disk in the VM image: "
            f"{image.disk_gb} GB. This is not allowed. Please choose equal or greater size or do not specify an "
            "explicit size.",
            target="osDisk.diskSizeGB",
        )
    if wanted > disk_bodies.MAX_OS_GB:
        raise invalid("osDisk.diskSizeGB", f"The disk size may not exceed {disk_bodies.MAX_OS_GB} GB.")
    return wanted


def _interfaces(call: Call, body: Json, region: str) -> tuple[tuple[Resource, ...], tuple[Json, ...]]:
    profile = read(body, "properties.networkProfile", "object")
    inline = read(profile, "networkInterfaceConfigurations", "array", [])
    references = read(profile, "networkInterfaces", "array", [])
    if not inline and not references:
        raise missing("networkProfile.networkInterfaces")
    if inline:
        read(profile, "networkApiVersion", "string")
    for entry in inline:
        read(entry, "name", "string")
        read(entry, "properties.ipConfigurations", "array")
    check_interfaces(call, references)
    nics = tuple(read_interface(call, read(entry, "id", "string"), region) for entry in references)
    return nics, tuple(inline)


def check_interfaces(call: Call, references: list[Json]) -> None:
    """Refuse one interface twice, and two that are both primary."""
    ids = [str(read(entry, "id", "string")).lower() for entry in references]
    if len(set(ids)) < len(ids):
        raise invalid("networkProfile.networkInterfaces", "A network interface is named twice.")
    primaries = [entry for entry in references if read(entry, "properties.primary", "boolean", False)]
    if len(primaries) > 1:
        raise Problem(
            400,
            "VirtualMachineMustHaveOneNetworkInterfaceAsPrimary",
            f"Virtual machine {call.param('vm')} must have one network interface set as the primary.",
        )


def read_interface(call: Call, nic_id: str, region: str) -> Resource:
    """Return an interface that this machine may have; raise a `Problem` when it is not to be had."""
    nic = call.world.resources.get(nic_id)
    if nic is None or nic.type != NIC_TYPE or nic.body["location"] != region:
        raise references.missing(call, nic_id)
    owner = nic.properties.get("virtualMachine", {}).get("id", "")
    if owner and owner.lower() != call.path.lower():
        raise Problem(
            400,
            "NicInUse",
            f"Network Interface {nic.id} is used by existing resource {owner}.",
        )
    check_reserved(call.world, nic, call.path)
    return nic
