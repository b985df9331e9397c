"""Snapshots: copies of a disk at a moment (docs/notes.md 1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.reading import invalid, location_of, need_group, read, tags_of, unchangeable, unsupported
from azure_simulator.arm.regions import REGIONS
from azure_simulator.arm.resource_types import NameRule, ResourceType
from azure_simulator.compute.disks import attached_disks, disk_bodies
from azure_simulator.compute.disks.disks import read_source
from azure_simulator.compute.provider import COMPUTE, DISK_VERSIONS, NAMING, SDK
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.longrunning import Course, begin, running_on
from azure_simulator.core.resources import Index

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

TYPE = disk_bodies.SNAPSHOT_TYPE
SNAPSHOTS = ResourceType(
    name=TYPE,
    provider=COMPUTE,
    params=("snapshot",),
    api_versions=DISK_VERSIONS,
    models=BodyModels(SDK, "Snapshot", "SnapshotUpdate"),
    naming=NameRule(NAMING, "snapshot.name"),
    unshown=("properties.completionPercent",),
    omitted=disk_bodies.OMITTED,
    values=disk_bodies.VALUES,
    links={"properties.creationData.sourceResourceId": (disk_bodies.TYPE, TYPE)},
    latencies={
        "snapshot.put": about(2, 10, 0.5),
        "snapshot.copy": about(600, 2400, 120),  # to another region; a guess
        "snapshot.update": about(2, 6, 0.5),
        "snapshot.delete": about(2, 8, 0.5),
    },
)
OPERATIONS = Operations(SNAPSHOTS)
MOST_OF_A_DISK = 500
"""Incremental snapshots of one disk."""


def _source(found: Resource) -> str | None:
    if not found.properties.get("incremental"):
        return None
    return str(found.properties["creationData"].get("sourceResourceId", "")).lower()


BY_SOURCE = Index(TYPE, _source)


@OPERATIONS.put("snapshot.put")
def put_snapshot(call: Call) -> Answer:
    """Copy a disk, or another snapshot, in its present state; or change the tags of an existing snapshot."""
    need_group(call)
    found, body = call.world.resources.get(call.path), call.object()
    creation = read(body, "properties.creationData", "object")
    option = read(creation, "createOption", "string")
    if option not in {"Copy", "CopyStart"}:
        raise unsupported("creationData.createOption", f"A snapshot made with the createOption {option}")
    if found is not None:
        if found.properties["creationData"]["sourceResourceId"].lower() != creation.get("sourceResourceId", "").lower():
            raise unchangeable("creationData")
        if read(body, "properties.incremental", "boolean", False) != bool(found.properties.get("incremental")):
            raise unchangeable("incremental")
        return _change(call, found)
    return _take(call, body, creation, option)


@OPERATIONS.patch("snapshot.update")
def patch_snapshot(call: Call) -> Answer:
    """Change a snapshot's tags or sku."""
    return _change(call, call.resource())


@OPERATIONS.delete("snapshot.delete")
def delete_snapshot(call: Call) -> Answer:
    """Delete a snapshot; disks made of it stay."""
    world, found = call.world, call.world.resources.get(call.path)
    if found is None:
        return Answer(status=204)

    def done(_: object) -> None:
        world.resources.remove(found.id)

    operation = begin(call, "snapshot.delete", found.id, Course(done), region=found.body["location"])
    return accepted(call, operation, 202, monitor=True)


def _take(call: Call, body: Json, creation: Json, option: str) -> Answer:
    world, region, source = call.world, location_of(call), read_source(call, creation)
    disk_bodies.check_origin(creation, option)
    incremental = bool(read(body, "properties.incremental", "boolean", False))
    elsewhere = source.body["location"] != region
    if region not in REGIONS or elsewhere != (option == "CopyStart") or (elsewhere and not incremental):
        raise invalid(
            "creationData.createOption",
            "A snapshot is in the location of its source; only an incremental one may be copied elsewhere (CopyStart).",
        )
    if incremental and world.resources.number(BY_SOURCE, source.key) >= MOST_OF_A_DISK:
        raise Problem(409, "OperationNotAllowed", f"Disk '{source.name}' has {MOST_OF_A_DISK} incremental snapshots.")
    wanted = int(read(body, "properties.diskSizeGB", "integer", source.properties["diskSizeGB"]))
    if wanted < source.properties["diskSizeGB"]:
        raise invalid("snapshot.diskSizeGB", "The snapshot must not be smaller than its source.")
    family = {"incrementalSnapshotFamilyId": world.guid("family", source.properties["uniqueId"])}
    plan = disk_bodies.Plan(
        call.path,
        region,
        disk_bodies.read_sku(body, disk_bodies.SNAPSHOT_SKUS, "Standard_LRS"),
        wanted,
        {**creation, "sourceUniqueId": source.properties["uniqueId"]},
        tags_of(body),
        inherits=source.properties,
        content=attached_disks.content_of(world, source),
        given=disk_bodies.given_in(body),
    )
    more: Json = {"incremental": incremental, **(family if incremental else {})}
    found = disk_bodies.make(world, plan, state="Creating", **more)
    kind = "snapshot.copy" if elsewhere else "snapshot.put"
    return _begin(call, found, kind)


def _change(call: Call, found: Resource) -> Answer:
    body = call.object()
    if running_on(call.world, found.id):
        raise Problem(409, "Conflict", f"Another operation is in progress on snapshot '{found.name}'.", target=found.id)
    now = found.properties["diskSizeGB"]
    if read(body, "properties.diskSizeGB", "integer", now) < now:
        raise invalid("snapshot.diskSizeGB", f"Snapshot '{found.name}' cannot shrink from {now} GB.")
    sku = disk_bodies.read_sku(body, disk_bodies.SNAPSHOT_SKUS, found.body["sku"]["name"])
    tags = {"tags": tags_of(body)} if "tags" in body else {}
    properties = {**found.properties, **disk_bodies.given_in(body), "provisioningState": "Updating"}
    found.replace({**found.body, **tags, "sku": disk_bodies.sku(sku), "properties": properties}, call.now_us)
    return _begin(call, found, "snapshot.update")


def _begin(call: Call, found: Resource, kind: str) -> Answer:
    world = call.world
    course = Course(
        lambda _: found.set(world.now_us, provisioningState="Succeeded"),
        lambda _: found.set(world.now_us, provisioningState="Failed"),
    )
    operation = begin(call, kind, found.id, course, region=found.body["location"])
    shown = disk_bodies.begun(call, found.body) if call.method == "PUT" else _shown(call, found)
    return accepted(call, operation, 202, shown, monitor=True)


def _shown(call: Call, found: Resource) -> Json:
    """Show a snapshot; the share that is copied follows from the clock."""
    copying = running_on(call.world, found.id, "snapshot.put", "snapshot.copy")
    share = 100.0
    if copying:
        length_us = max(1, copying[0].due_us - copying[0].accepted_us)
        share = min(99.0, 100.0 * (call.now_us - copying[0].accepted_us) / length_us)
    return {**found.body, "properties": {**found.properties, "completionPercent": round(share, 1)}}


OPERATIONS.reads(get="snapshot.get", group="snapshots.list", subscription="snapshots.list_all", show=_shown)
