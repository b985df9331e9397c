"""Sources of managed disks and snapshots."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azure_simulator.arm.reading import invalid, read, tagged
from azure_simulator.arm.value_rules import a_uri, between, one_of
from azure_simulator.core.answers import Json, Problem
from azure_simulator.core.resources import Resource
from azure_simulator.core.times import iso

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
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
SKU_TIERS = {
    **dict.fromkeys(("StandardSSD_LRS", "StandardSSD_ZRS"), "Standard"),
    "PremiumV2_LRS": "Premium",
    "UltraSSD_LRS": "Ultra",
}
"""Tiers that are not the beginning of the SKU's name (recorded; PremiumV2_LRS is a guess)."""
SNAPSHOT_SKUS = frozenset({"Standard_LRS", "Standard_ZRS", "Premium_LRS"})
TIERS_GB = {4: 1, 8: 2, 16: 3, 32: 4, 64: 6, 128: 10, 256: 15, 512: 20, 1024: 30, 2048: 40, 4096: 50, 8192: 60}
"""Size a performance tier reaches to -> its number: 128 GB of Premium_LRS is a P10."""
CHOSEN_SPEED = {"UltraSSD_LRS": (100, 1, 1000, 400_000, 10_000), "PremiumV2_LRS": (3000, 125, 500, 80_000, 1200)}
"""Kinds of disks whose speed is chosen and does not follow from their size.

The least operations and megabytes a second, operations for each GiB, the most operations and megabytes a second.
Source: learn.microsoft.com/azure/virtual-machines/disks-types.
"""
_KIB_OF_ONE = 256
"""Size of an operation in kibibytes at most."""
_NOTHING: Json = {}
MOST_MINUTES = (1 << 31) - 1
SMALL_GB = 512
"""Disks up to this size have neither on-demand bursting nor performance plus."""
TIERS = tuple(f"P{number}" for number in (*TIERS_GB.values(), 70, 80))
PLATFORM_KEY = "EncryptionAtRestWithPlatformKey"
SPEEDS = {
    "Premium": (
        *((32, 120, 25), (64, 240, 50), (128, 500, 100), (256, 1100, 125), (512, 2300, 150), (1024, 5000, 200)),
        *((4096, 7500, 250), (8192, 16_000, 500), (16_384, 18_000, 750), (MAX_DATA_GB, 20_000, 900)),
    ),
    "StandardSSD": ((4096, 500, 100), (8192, 2000, 400), (16_384, 4000, 600), (MAX_DATA_GB, 6000, 750)),
    "Standard": ((4096, 500, 60), (8192, 1300, 300), (MAX_DATA_GB, 2000, 500)),
    "PremiumV2": ((MAX_DATA_GB, 3000, 125),),
    "UltraSSD": ((MAX_DATA_GB, 100, 13),),  # recorded of disks of 4 and of 10 GB that were made without a speed
}
"""Kind of disk -> sizes with the operations and megabytes a second of disks up to them.

Source: learn.microsoft.com/azure/virtual-machines/disks-types.
"""
NAME_RULE = "Disk names hold up to 80 letters, digits, - . _"
GIB = 1 << 30
_FOUND_OUT = frozenset({"completionPercent", "diskSizeBytes", "diskState", "timeCreated", "uniqueId"})
_INHERITED = ("osType", "hyperVGeneration", "securityProfile", "supportedCapabilities")


ORIGINS = {
    **dict.fromkeys(("imageReference", "galleryImageReference"), ("FromImage",)),
    **dict.fromkeys(("sourceUri", "storageAccountId"), ("Import", "ImportSecure")),
    **dict.fromkeys(("securityDataUri", "securityMetadataUri"), ("ImportSecure", "UploadPreparedSecure")),
    "uploadSizeBytes": ("Upload", "UploadPreparedSecure"),
    "elasticSanResourceId": ("CopyFromSanSnapshot",),
    "sourceResourceId": ("Copy", "CopyStart", "Restore"),
}
"""Source of a disk or snapshot -> the create options that have it."""
VALUES = {
    "properties.creationData.logicalSectorSize": one_of((512, 4096)),
    "properties.creationData.instantAccessDurationMinutes": between(1, MOST_MINUTES),
    "properties.creationData.sourceUri": a_uri(),
}
_ACCESS = {"networkAccessPolicy": "AllowAll", "publicNetworkAccess": "Enabled"}
OMITTED: dict[str, object] = {
    **{f"properties.{name}": usual for name, usual in _ACCESS.items()},
    **dict.fromkeys(f"properties.{name}" for name in ("dataAccessAuthMode", "supportsHibernation")),
}
"""Default values of disks and snapshots for properties that a PUT omits (`ResourceType.omitted`)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A disk or snapshot to be made. `inherits` are properties of its source.

    `given` are the other properties of the request, which are kept as they are.
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
    given: Json = field(default_factory=dict)


def make(world: World, plan: Plan, *, owner: str = "", state: str = "Succeeded", **more: object) -> Resource:
    """Put a disk (or, by its id, a snapshot) into the world; `more` are further properties."""
    kind = SNAPSHOT_TYPE if "/snapshots/" in plan.id.lower() else TYPE
    properties: Json = {
        **{key: plan.inherits[key] for key in _INHERITED if key in plan.inherits},
        "creationData": plan.creation,
        "diskSizeGB": plan.gb,
        "diskSizeBytes": plan.gb * GIB,
        "diskState": "Attached" if owner else "Unattached",
        "encryption": {"type": PLATFORM_KEY},
        **_ACCESS,
        **plan.given,
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
    if kind == TYPE:
        properties = fast(properties, plan.given, plan.sku, plan.gb)
    new = Resource(plan.id, kind, {**body, "properties": properties}, world.now_us, {"content": plan.content})
    return world.resources.add(new)


def begun(call: Call, shown: Json) -> Json:
    """Return the answer to a PUT that has begun: the request, and no value that Azure finds out meanwhile.

    Recorded: github.com/Azure/azure-cli, vm/test_completion_percent (53 disks, 20 snapshots of other recordings too).
    """
    asked = call.object()
    said = {name: value for name, value in asked["properties"].items() if name not in _FOUND_OUT}
    beside: Json = {name: shown[name] for name in ("id", "name", "type", "location", "tags", "zones") if name in shown}
    kind = {"sku": {"name": shown["sku"]["name"]}} if "sku" in asked else {}
    return {**beside, **kind, "properties": {**said, "provisioningState": "Updating"}}


def sku(name: str) -> Json:
    """Write a sku as disks show it."""
    return {"name": name, "tier": SKU_TIERS.get(name, name.partition("_")[0])}


def tier(kind: str, gb: int) -> str:
    """Return the performance tier of a premium disk; empty for others."""
    if kind not in {"Premium_LRS", "Premium_ZRS"}:
        return ""
    return f"P{next((number for limit, number in TIERS_GB.items() if gb <= limit), 80)}"


def speed(kind: str, gb: int) -> Json:
    """Return the operations and megabytes a second of a disk."""
    family = kind.partition("_")[0]
    steps = SPEEDS.get(family, SPEEDS["Standard"])
    _, operations, megabytes = next((row for row in steps if gb <= row[0]), steps[-1])
    return {"diskIOPSReadWrite": operations, "diskMBpsReadWrite": megabytes}


def fast(properties: Json, given: Json, kind: str, gb: int, before: Json = _NOTHING) -> Json:
    """Return the properties of a disk with the tier and speed of its size, or with those in the request.

    A speed that the disk showed `before` is what a client read and sends back.
    """
    mark, wanted = tier(kind, gb), str(given.get("tier", ""))
    if wanted and (not mark or wanted not in TIERS or TIERS.index(wanted) < TIERS.index(mark)):
        raise invalid("disk.tier", f"The performance tier '{wanted}' is not allowed for a disk of {gb} GB of {kind}.")
    usual = speed(kind, gb)
    custom = [name for name in usual if given.get(name, usual[name]) not in {usual[name], before.get(name)}]
    if custom and kind not in CHOSEN_SPEED:
        raise invalid(f"disk.{custom[0]}", f"{custom[0]} can be set only for disks of UltraSSD_LRS and PremiumV2_LRS.")
    kept = {key: value for key, value in properties.items() if key != "tier"}
    named = {"tier": wanted or mark} if mark else {}
    chosen = {name: given[name] for name in usual if name in given} if kind in CHOSEN_SPEED else {}
    _check_speed(chosen, kind, gb)
    return {**kept, **named, **usual, **chosen}


def _check_speed(chosen: Json, kind: str, gb: int) -> None:
    """Refuse a speed that a disk of its kind and size cannot have."""
    if not chosen:
        return
    least, slowest, of_each, most, fastest = CHOSEN_SPEED[kind]
    operations = chosen.get("diskIOPSReadWrite", least)
    ceiling = min(most, max(least, gb * of_each))
    bounds = {
        "diskIOPSReadWrite": (least, ceiling),
        "diskMBpsReadWrite": (slowest, min(fastest, max(slowest, operations * _KIB_OF_ONE // 1024))),
    }
    for name, value in chosen.items():
        if not bounds[name][0] <= value <= bounds[name][1]:
            text = (
                f"The value '{value}' of parameter 'disk.{name}' is out of range. For a disk of {gb} GB of {kind} the "
            )
            raise invalid(f"disk.{name}", f"{text}value must be between '{bounds[name][0]}' and '{bounds[name][1]}'.")


def check_origin(creation: Json, option: str) -> None:
    """Refuse a source that the way to make a disk does not have (the descriptions of `creationData`)."""
    for name, options in ORIGINS.items():
        if creation.get(name) and option not in options:
            text = f"The property 'creationData.{name}' is not allowed with the createOption {option}."
            raise invalid(f"creationData.{name}", text)


def check_creation(creation: Json, kind: str, gb: int) -> None:
    """Refuse options of a new disk that its kind or size has not."""
    if "logicalSectorSize" in creation and kind not in CHOSEN_SPEED:
        text = "A logical sector size can be set only for disks of UltraSSD_LRS and PremiumV2_LRS."
        raise invalid("creationData.logicalSectorSize", text)
    if creation.get("performancePlus") and (gb <= SMALL_GB or kind in CHOSEN_SPEED):
        text = "Performance plus needs a disk of Premium, Standard SSD or Standard HDD of 513 GB or more."
        raise invalid("creationData.performancePlus", text)


def check_given(given: Json, kind: str, gb: int) -> None:
    """Refuse properties of a disk that its kind or size has not."""
    if given.get("burstingEnabled") and (not kind.startswith("Premium_") or gb <= SMALL_GB):
        text = "On-demand bursting can be enabled only for disks of Premium SSD that are larger than 512 GB."
        raise invalid("disk.burstingEnabled", text)


def sized(disk: Resource, given: Json, kind: str, gb: int) -> Json:
    """Return the properties of a disk after a change of size or SKU, with the request's properties."""
    before = disk.properties
    same = (before["diskSizeGB"], disk.body["sku"]["name"]) == (gb, kind)
    stays = ("tier", "diskIOPSReadWrite", "diskMBpsReadWrite") if same else ()
    kept = {name: before[name] for name in stays if name in before}
    new = {key: value for key, value in given.items() if same or key != "tier" or value != before.get("tier")}
    check_given(given, kind, gb)
    properties = {**before, **new, "diskSizeGB": gb, "diskSizeBytes": gb * GIB}
    return fast(properties, {**kept, **new}, kind, gb, before)


def given_in(body: Json) -> Json:
    """Return the properties of a request that are kept unchanged; refuse encryption without its keys."""
    encryption = read(body, "properties.encryption", "object", {})
    if encryption.get("type", PLATFORM_KEY) != PLATFORM_KEY and not encryption.get("diskEncryptionSetId"):
        raise invalid("encryption.diskEncryptionSetId", "Encryption with a customer's key needs a disk encryption set.")
    if read(body, "properties.networkAccessPolicy", "string", "") == "AllowPrivate":
        raise invalid("disk.networkAccessPolicy", "The policy AllowPrivate needs a diskAccessId.")
    made = {"creationData", "diskSizeGB", "osType", "hyperVGeneration", "incremental"}
    return {key: value for key, value in read(body, "properties", "object", {}).items() if key not in made}


def check_size(world: World, disk: Resource, wanted: int) -> None:
    """Refuse to shrink a disk, to exceed the limit, and to grow the OS disk of a machine that is not deallocated."""
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
    """Return the sku a body asks for."""
    wanted = str(read(body, "sku.name", "string", default))
    if wanted not in allowed:
        raise invalid("sku.name", f"The value '{wanted}' of parameter 'sku.name' is not one of {sorted(allowed)}.")
    return wanted


def owner_of(world: World, disk: Resource) -> Resource | None:
    """Return the machine a disk is attached to."""
    return world.resources.get(disk.body.get("managedBy") or "-")


def shown(world: World, disk: Resource) -> Json:
    """Show a disk; a deallocated machine's disk is `Reserved`."""
    vm = owner_of(world, disk)
    if vm is None or vm.facts["power"] != "deallocated":
        return disk.body
    return {**disk.body, "properties": {**disk.properties, "diskState": "Reserved"}}
