"""Managed disks: make, copy, show, grow, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.reading import invalid, location_of, need_group, read, tags_of, unsupported
from azure_simulator.arm.regions import REGIONS
from azure_simulator.arm.resource_types import FIXED, Immutable, NameRule, ResourceType
from azure_simulator.arm.value_rules import between
from azure_simulator.compute.disks import attached_disks, disk_bodies
from azure_simulator.compute.provider import COMPUTE, DISK_VERSIONS, NAMING, SDK
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.longrunning import Course, begin, running_on

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

TYPE = disk_bodies.TYPE
DISKS = ResourceType(
    name=TYPE,
    provider=COMPUTE,
    params=("disk",),
    api_versions=DISK_VERSIONS,
    models=BodyModels(SDK, "Disk", "DiskUpdate"),
    naming=NameRule(NAMING, "disk.name"),
    immutable={"properties.creationData": FIXED, "properties.hyperVGeneration": FIXED, "zones": Immutable([])},
    omitted={
        **disk_bodies.OMITTED,
        **dict.fromkeys(
            f"properties.{name}" for name in ("burstingEnabled", "maxShares", "optimizedForFrequentAttach")
        ),
        **dict.fromkeys(("properties.availabilityPolicy", "properties.tier")),
    },
    links={"properties.creationData.sourceResourceId": (TYPE, disk_bodies.SNAPSHOT_TYPE)},
    values={"properties.maxShares": between(1, 15), **disk_bodies.VALUES},
    latencies={"disk.put": about(3, 10, 1), "disk.update": about(3, 10, 1), "disk.delete": about(2, 8, 0.5)},
    removed=attached_disks.forget,
)
OPERATIONS = Operations(DISKS)
OPERATIONS.reads(
    get="disk.get",
    group="disks.list",
    subscription="disks.list_all",
    show=lambda call, disk: disk_bodies.shown(call.world, disk),
)
SOURCES = frozenset({TYPE, disk_bodies.SNAPSHOT_TYPE})


@OPERATIONS.put("disk.put")
def put_disk(call: Call) -> Answer:
    """Make an empty disk or one copied from a disk or snapshot; or change one as a PATCH does."""
    need_group(call)
    found, body = call.world.resources.get(call.path), call.object()
    creation = read(body, "properties.creationData", "object")
    option = read(creation, "createOption", "string")
    if found is None:
        return _make(call, _plan(call, body, creation, option))
    return _change(call, found)


@OPERATIONS.patch("disk.update")
def patch_disk(call: Call) -> Answer:
    """Change tags, sku or size; a disk only grows, and an OS disk only while nothing runs from it."""
    return _change(call, call.resource())


@OPERATIONS.delete("disk.delete")
def delete_disk(call: Call) -> Answer:
    """Delete a disk no machine uses."""
    world, disk = call.world, call.world.resources.get(call.path)
    if disk is None:
        return Answer(status=204)
    owner = disk.body.get("managedBy")
    if owner:
        raise Problem(409, "OperationNotAllowed", f"Disk {disk.name} is attached to VM {owner}.", target=disk.id)
    deleting = running_on(world, disk.id, "disk.delete")
    if deleting:
        return accepted(call, deleting[0], 202, monitor=True)

    def done(_: object) -> None:
        world.resources.remove(disk.id)

    operation = begin(call, "disk.delete", disk.id, Course(done), region=disk.body["location"])
    return accepted(call, operation, 202, monitor=True)


def read_source(call: Call, creation: Json) -> Resource:
    """Return the disk or snapshot that is to be copied."""
    source_id = read(creation, "sourceResourceId", "string")
    source = call.world.resources.get(source_id)
    if source is None or source.type not in SOURCES:
        raise Problem(404, "ResourceNotFound", f"The source resource '{source_id}' was not found.", target="source")
    if source.properties["provisioningState"] not in {"Succeeded", "Updating"}:
        raise Problem(409, "OperationNotAllowed", f"The source '{source.name}' is not ready.", target=source.id)
    return source


def _plan(call: Call, body: Json, creation: Json, option: str) -> disk_bodies.Plan:
    region, wanted = location_of(call), int(read(body, "properties.diskSizeGB", "integer", 0))
    zones = read(body, "zones", "array", [])
    if region not in REGIONS or set(zones) - set(REGIONS[region]) or len(zones) > 1:
        raise Problem(400, "InvalidAvailabilityZone", f"The zones {zones} are not supported in '{region}'.")
    inherits: Json = {k: v for k, v in body["properties"].items() if k in {"osType", "hyperVGeneration"}}
    content: Json = {}
    given = disk_bodies.given_in(body)
    disk_bodies.check_origin(creation, option)
    if option == "Copy":
        source = read_source(call, creation)
        if source.body["location"] != region:
            raise invalid("creationData.sourceResourceId", "The source must be in the location of the disk.")
        if wanted and wanted < source.properties["diskSizeGB"]:
            raise invalid("disk.diskSizeGB", "The disk must not be smaller than its source.")
        wanted = wanted or source.properties["diskSizeGB"]
        inherits, content = {**source.properties, **inherits}, attached_disks.content_of(call.world, source)
    elif option != "Empty":
        raise unsupported("creationData.createOption", f"A disk made with the createOption {option}")
    if not 1 <= wanted <= disk_bodies.MAX_DATA_GB:
        raise invalid("disk.diskSizeGB", f"The disk size {wanted} GB is not 1 to {disk_bodies.MAX_DATA_GB}.")
    sku = disk_bodies.read_sku(body, disk_bodies.SKUS, "Standard_LRS")
    disk_bodies.check_creation(creation, sku, wanted)
    disk_bodies.check_given(given, sku, wanted)
    return disk_bodies.Plan(call.path, region, sku, wanted, creation, tags_of(body), zones, inherits, content, given)


def _make(call: Call, plan: disk_bodies.Plan) -> Answer:
    world = call.world
    disk = disk_bodies.make(world, plan, state="Creating")
    course = Course(
        lambda _: disk.set(world.now_us, provisioningState="Succeeded"),
        lambda _: disk.set(world.now_us, provisioningState="Failed"),
    )
    operation = begin(call, "disk.put", disk.id, course, region=plan.region)
    return accepted(call, operation, 202, disk_bodies.begun(call, disk.body), monitor=True)


def _change(call: Call, disk: Resource) -> Answer:
    world, body = call.world, call.object()
    if running_on(world, disk.id):
        raise Problem(409, "Conflict", f"Another operation is in progress on disk '{disk.name}'.", target=disk.id)
    wanted = int(read(body, "properties.diskSizeGB", "integer", 0))
    if wanted:
        disk_bodies.check_size(call.world, disk, wanted)
    sku = disk_bodies.read_sku(body, disk_bodies.SKUS, disk.body["sku"]["name"])
    _check_sku(call, disk, sku)
    tags = {"tags": tags_of(body)} if "tags" in body else {}
    sized = disk_bodies.sized(disk, disk_bodies.given_in(body), sku, wanted or disk.properties["diskSizeGB"])
    properties: Json = {**sized, "provisioningState": "Updating"}
    disk.replace({**disk.body, **tags, "sku": disk_bodies.sku(sku), "properties": properties}, call.now_us)

    def done(_: object) -> None:
        disk.set(world.now_us, provisioningState="Succeeded")
        _show_in_machine(call, disk)

    course = Course(done, lambda _: disk.undo(world.now_us))
    operation = begin(call, "disk.update", disk.id, course, region=disk.body["location"])
    shown = disk_bodies.begun(call, disk.body) if call.method == "PUT" else disk.body
    return accepted(call, operation, 202, shown, monitor=True)


def _show_in_machine(call: Call, disk: Resource) -> None:
    """Show a disk's new size and sku in the machine that has it."""
    vm = disk_bodies.owner_of(call.world, disk)
    if vm is None:
        return
    storage = vm.properties["storageProfile"]

    def updated(row: Json) -> Json:
        managed = row.get("managedDisk", {})
        if managed.get("id", "").lower() != disk.key:
            return row
        managed = {**managed, "storageAccountType": disk.body["sku"]["name"]}
        return {**row, "diskSizeGB": disk.properties["diskSizeGB"], "managedDisk": managed}

    rows = [updated(row) for row in storage.get("dataDisks", [])]
    vm.set(call.world.now_us, storageProfile={**storage, "osDisk": updated(storage["osDisk"]), "dataDisks": rows})


def _check_sku(call: Call, disk: Resource, wanted: str) -> None:
    vm = disk_bodies.owner_of(call.world, disk)
    if wanted != disk.body["sku"]["name"] and vm is not None and vm.facts["power"] != "deallocated":
        raise Problem(
            409,
            "OperationNotAllowed",
            f"The sku of disk '{disk.name}' can only be changed when it is unattached or its VM is deallocated.",
        )
