"""Snapshots: copies of a disk at a moment (azure.md 1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.paging import page
from azure_simulator.arm.reading import check_name, invalid, location_of, need_group, read, tags_of, unchangeable
from azure_simulator.compute.capacity.sizes import REGIONS
from azure_simulator.compute.disks import disk_bodies
from azure_simulator.compute.disks.disks import read_source
from azure_simulator.compute.machines import machine_disks
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.longrunning import Course, begin, running_on
from azure_simulator.core.resources import Index
from azure_simulator.core.routing import Routes

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

ROUTES = Routes("arm")
TYPE = disk_bodies.SNAPSHOT_TYPE
ALL = f"/subscriptions/{{sub}}/resourceGroups/{{rg}}/providers/{TYPE}"
ONE = f"{ALL}/{{snapshot}}"
MOST_OF_A_DISK = 500
"""Incremental snapshots of one disk."""


def _source(found: Resource) -> str | None:
    if not found.properties.get("incremental"):
        return None
    return str(found.properties["creationData"].get("sourceResourceId", "")).lower()


BY_SOURCE = Index(TYPE, _source)


@ROUTES.operation("snapshot.put", "PUT", ONE, action=f"{TYPE}/write")
def put_snapshot(call: Call) -> Answer:
    """Copy a disk, or another snapshot, as it is now; or change tags of one that is there."""
    need_group(call)
    check_name(call.param("snapshot"), r"[-\w.]{1,80}", disk_bodies.NAME_RULE)
    found, body = call.world.resources.get(call.path), call.object()
    creation = read(body, "properties.creationData", "object")
    option = read(creation, "createOption", "string")
    if option not in {"Copy", "CopyStart"}:
        raise invalid("creationData.createOption", f"The value '{option}' is not one of Copy, CopyStart.")
    if found is not None:
        if found.properties["creationData"]["sourceResourceId"].lower() != creation.get("sourceResourceId", "").lower():
            raise unchangeable("creationData")
        if read(body, "properties.incremental", "boolean", False) != bool(found.properties.get("incremental")):
            raise unchangeable("incremental")
        return _change(call, found)
    return _take(call, body, creation, option)


@ROUTES.operation("snapshot.update", "PATCH", ONE, action=f"{TYPE}/write")
def patch_snapshot(call: Call) -> Answer:
    """Change a snapshot's tags or sku."""
    return _change(call, call.resource())


@ROUTES.operation("snapshot.get", "GET", ONE, action=f"{TYPE}/read")
def get_snapshot(call: Call) -> Answer:
    """Show a snapshot, and how far it is copied."""
    return Answer(_shown(call, call.resource()))


@ROUTES.operation("snapshots.list", "GET", ALL, action=f"{TYPE}/read")
def list_snapshots(call: Call) -> Answer:
    """List the snapshots of a group."""
    need_group(call)
    return page(call, call.world.resources.collection(call.path), lambda found: _shown(call, found))


@ROUTES.operation("snapshots.list_all", "GET", f"/subscriptions/{{sub}}/providers/{TYPE}", action=f"{TYPE}/read")
def list_all_snapshots(call: Call) -> Answer:
    """List the snapshots of a subscription."""
    prefix = f"/subscriptions/{call.param('sub')}/".lower()
    found = [each for each in call.world.resources.of_type(TYPE) if each.key.startswith(prefix)]
    return page(call, found, lambda each: _shown(call, each))


@ROUTES.operation("snapshot.delete", "DELETE", ONE, action=f"{TYPE}/delete")
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
    incremental = bool(read(body, "properties.incremental", "boolean", False))
    elsewhere = source.body["location"] != region
    if region not in REGIONS or elsewhere != (option == "CopyStart") or (elsewhere and not incremental):
        raise invalid(
            "creationData.createOption",
            "A snapshot is in the location of its source; only an incremental one may be copied elsewhere (CopyStart).",
        )
    if incremental and world.resources.number(BY_SOURCE, source.key) >= MOST_OF_A_DISK:
        raise Problem(409, "OperationNotAllowed", f"Disk '{source.name}' has {MOST_OF_A_DISK} incremental snapshots.")
    family = {"incrementalSnapshotFamilyId": world.guid("family", source.properties["uniqueId"])}
    plan = disk_bodies.Plan(
        call.path,
        region,
        disk_bodies.read_sku(body, disk_bodies.SNAPSHOT_SKUS, "Standard_LRS"),
        source.properties["diskSizeGB"],
        {**creation, "sourceUniqueId": source.properties["uniqueId"]},
        tags_of(body),
        inherits=source.properties,
        content=machine_disks.content_of(world, source),
    )
    more: Json = {"incremental": incremental, **(family if incremental else {})}
    found = disk_bodies.make(world, plan, state="Creating", **more)
    kind = "snapshot.copy" if elsewhere else "snapshot.put"
    return _begin(call, found, kind)


def _change(call: Call, found: Resource) -> Answer:
    body = call.object()
    if running_on(call.world, found.id):
        raise Problem(409, "Conflict", f"Another operation is in progress on snapshot '{found.name}'.", target=found.id)
    sku = disk_bodies.read_sku(body, disk_bodies.SNAPSHOT_SKUS, found.body["sku"]["name"])
    tags = tags_of(body) if "tags" in body else found.body.get("tags", {})
    properties = {**found.properties, "provisioningState": "Updating"}
    found.replace({**found.body, "tags": tags, "sku": disk_bodies.sku(sku), "properties": properties}, call.now_us)
    return _begin(call, found, "snapshot.update")


def _begin(call: Call, found: Resource, kind: str) -> Answer:
    world = call.world
    course = Course(
        lambda _: found.set(world.now_us, provisioningState="Succeeded"),
        lambda _: found.set(world.now_us, provisioningState="Failed"),
    )
    operation = begin(call, kind, found.id, course, region=found.body["location"])
    return accepted(call, operation, 202, _shown(call, found), monitor=True)


def _shown(call: Call, found: Resource) -> Json:
    """Show a snapshot; the share that is copied follows from the clock."""
    copying = running_on(call.world, found.id, "snapshot.put", "snapshot.copy")
    share = 100.0
    if copying:
        length_us = max(1, copying[0].due_us - copying[0].accepted_us)
        share = min(99.0, 100.0 * (call.now_us - copying[0].accepted_us) / length_us)
    return {**found.body, "properties": {**found.properties, "completionPercent": round(share, 1)}}
