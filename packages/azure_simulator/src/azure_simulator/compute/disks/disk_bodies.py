"""What managed disks and snapshots are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azure_simulator.arm.reading import invalid, read, tagged
from azure_simulator.core.answers import Problem
from azure_simulator.core.resources import Resource
from azure_simulator.core.times import iso

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.world import World

TYPE = "Microsoft.Compute/disks"
SNAPSHOT_TYPE = "Microsoft.Compute/snapshots"
MAX_OS_GB = 4095
MAX_DATA_GB = 32767
SKUS = frozenset(
    {
        "Standard_LRS",
        "StandardSSD_LRS",
        "StandardSSD_ZRS",
        "Premium_LRS",
        "Premium_ZRS",
        "PremiumV2_LRS",
        "UltraSSD_LRS",
    }
)
SNAPSHOT_SKUS = frozenset({"Standard_LRS", "Standard_ZRS", "Premium_LRS"})
TIERS_GB = {4: 1, 8: 2, 16: 3, 32: 4, 64: 6, 128: 10, 256: 15, 512: 20, 1024: 30, 2048: 40, 4096: 50, 8192: 60}
"""Size a performance tier reaches to -> its number: 128 GB of Premium_LRS is a P10."""
SPEEDS = {
    "Premium": (
        *((32, 120, 25), (64, 240, 50), (128, 500, 100), (256, 1100, 125), (512, 2300, 150), (1024, 5000, 200)),
        *((4096, 7500, 250), (8192, 16_000, 500), (16_384, 18_000, 750), (MAX_DATA_GB, 20_000, 900)),
    ),
    "StandardSSD": ((4096, 500, 100), (8192, 2000, 400), (16_384, 4000, 600), (MAX_DATA_GB, 6000, 750)),
    "Standard": ((4096, 500, 60), (8192, 1300, 300), (MAX_DATA_GB, 2000, 500)),
    "PremiumV2": ((MAX_DATA_GB, 3000, 125),),
    "UltraSSD": ((MAX_DATA_GB, 500, 8),),
}
"""Kind of disk -> sizes with the operations and megabytes a second of disks up to them.

Source: learn.microsoft.com/azure/virtual-machines/disks-types.
"""
NAME_RULE = "Disk names hold up to 80 letters, digits, - . _"
GIB = 1 << 30
_INHERITED = ("osType", "hyperVGeneration", "securityProfile", "supportedCapabilities")


@dataclass(frozen=True, slots=True)
class Plan:
    """A disk or snapshot to be made. `inherits` are properties of what it is copied from.

    `content` is what lies on it and Azure does not show: the partition's size, whether sysprep ran.
    """

    id: str
    region: str
    sku: str
    gb: int
    creation: Json
    tags: dict[str, str]
    zones: list[str] = field(default_factory=list)
    inherits: Json = field(default_factory=dict)
    content: Json = field(default_factory=dict)


def make(world: World, plan: Plan, *, owner: str = "", state: str = "Succeeded", **more: object) -> Resource:
    """Put a disk (or, by its id, a snapshot) into the world; `more` are further properties."""
    kind = SNAPSHOT_TYPE if "/snapshots/" in plan.id.lower() else TYPE
    properties: Json = {
        **{key: plan.inherits[key] for key in _INHERITED if key in plan.inherits},
        "creationData": plan.creation,
        "diskSizeGB": plan.gb,
        "diskSizeBytes": plan.gb * GIB,
        "diskState": "Attached" if owner else "Unattached",
        "encryption": {"type": "EncryptionAtRestWithPlatformKey"},
        "networkAccessPolicy": "AllowAll",
        "publicNetworkAccess": "Enabled",
        "provisioningState": state,
        "timeCreated": iso(world.now_us),
        "uniqueId": world.guid("disk", plan.id, world.now_us),
        **more,
    }
    body: Json = {"id": plan.id, "name": plan.id.rpartition("/")[2], "type": kind, "location": plan.region}
    body |= {**tagged(plan.tags), "sku": sku(plan.sku)}
    if owner:
        body["managedBy"] = owner
    if plan.zones:
        body["zones"] = plan.zones
    if kind == TYPE and tier(plan.sku, plan.gb):
        properties["tier"] = tier(plan.sku, plan.gb)
    if kind == TYPE:
        properties |= speed(plan.sku, plan.gb)
    new = Resource(plan.id, kind, {**body, "properties": properties}, world.now_us, {"content": plan.content})
    return world.resources.add(new)


def sku(name: str) -> Json:
    """Write a sku as disks show it."""
    return {"name": name, "tier": name.partition("_")[0]}


def tier(kind: str, gb: int) -> str:
    """Give the performance tier of a premium disk; empty for others."""
    if kind not in {"Premium_LRS", "Premium_ZRS"}:
        return ""
    return f"P{next((number for limit, number in TIERS_GB.items() if gb <= limit), 80)}"


def speed(kind: str, gb: int) -> Json:
    """Give the operations and megabytes a second of a disk."""
    family = kind.partition("_")[0]
    steps = SPEEDS.get(family, SPEEDS["Standard"])
    _, operations, megabytes = next((row for row in steps if gb <= row[0]), steps[-1])
    return {"diskIOPSReadWrite": operations, "diskMBpsReadWrite": megabytes}


def sized(properties: Json, kind: str, gb: int) -> Json:
    """Give the properties of a disk of another size or sku."""
    kept = {key: value for key, value in properties.items() if key != "tier"} | speed(kind, gb)
    mark = tier(kind, gb)
    return {**kept, "diskSizeGB": gb, "diskSizeBytes": gb * GIB, **({"tier": mark} if mark else {})}


def check_size(world: World, disk: Resource, wanted: int) -> None:
    """Refuse to shrink a disk, and to grow one that Windows runs from."""
    now = disk.properties["diskSizeGB"]
    if wanted < now:
        raise invalid("disk.diskSizeGB", f"Disk '{disk.name}' cannot shrink from {now} GB.")
    system = bool(disk.properties.get("osType"))
    limit = MAX_OS_GB if system else MAX_DATA_GB
    if wanted > limit:
        raise invalid("disk.diskSizeGB", f"The disk size may not exceed {limit} GB.")
    vm = owner_of(world, disk)
    if system and vm is not None and wanted != now and vm.facts["power"] != "deallocated":
        text = "Disk resizing is allowed only when creating a VM or when the VM is deallocated."
        raise Problem(409, "Conflict", text)


def read_sku(body: Json, allowed: frozenset[str], default: str) -> str:
    """Give the sku a body asks for."""
    wanted = str(read(body, "sku.name", "string", default))
    if wanted not in allowed:
        raise invalid("sku.name", f"The value '{wanted}' of parameter 'sku.name' is not one of {sorted(allowed)}.")
    return wanted


def owner_of(world: World, disk: Resource) -> Resource | None:
    """Give the machine a disk is attached to."""
    return world.resources.get(disk.body.get("managedBy") or "-")


def shown(world: World, disk: Resource) -> Json:
    """Show a disk; that of a deallocated machine is `Reserved`."""
    vm = owner_of(world, disk)
    if vm is None or vm.facts["power"] != "deallocated":
        return disk.body
    return {**disk.body, "properties": {**disk.properties, "diskState": "Reserved"}}
