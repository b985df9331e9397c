"""Compute galleries: definitions, versions, replication region by region."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.paging import page
from azure_simulator.arm.plane import normal
from azure_simulator.arm.reading import (
    check_name,
    invalid,
    location_of,
    missing,
    need_group,
    read,
    tags_of,
    unchangeable,
)
from azure_simulator.compute.capacity.sizes import REGIONS
from azure_simulator.compute.images.image_references import replicas, vanished
from azure_simulator.compute.images.image_sources import capture
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.longrunning import Course, LongRunning, begin, running_on
from azure_simulator.core.resources import Index, Resource
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import iso

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

ROUTES = Routes("arm")
TYPE = "Microsoft.Compute/galleries"
IMAGE_TYPE = f"{TYPE}/images"
VERSION_TYPE = f"{IMAGE_TYPE}/versions"
ALL = "/subscriptions/{sub}/resourceGroups/{rg}/providers/Microsoft.Compute/galleries"
GALLERY = f"{ALL}/{{gallery}}"
IMAGES = f"{GALLERY}/images"
IMAGE = f"{IMAGES}/{{image}}"
VERSIONS = f"{IMAGE}/versions"
VERSION = f"{VERSIONS}/{{version}}"
NAME = r"[A-Za-z0-9]([\w.]{0,78}[A-Za-z0-9])?"
IMAGE_NAME = r"[A-Za-z0-9]([-\w.]{0,78}[A-Za-z0-9])?"
MAX_REPLICAS = 100
LIMITS = {TYPE: 100, IMAGE_TYPE: 1000, VERSION_TYPE: 10_000}
"""How many a subscription may have in a region; `config.galleryLimits` sets others."""


def _place(found: Resource) -> tuple[str, str]:
    return found.key.split("/")[2], normal(found.body["location"])


PLACES = {kind: Index(kind, _place) for kind in LIMITS}


@ROUTES.operation("gallery.put", "PUT", GALLERY, action=f"{TYPE}/write")
def put_gallery(call: Call) -> Answer:
    """Create or update a gallery."""
    need_group(call)
    check_name(call.param("gallery"), NAME, "Gallery names hold letters, digits, _ and .")
    properties = read(call.object(), "properties", "object", {})
    identifier = {"uniqueName": f"{call.param('sub')}-{call.param('gallery').upper()}"}
    return _put(call, "gallery", TYPE, {**properties, "identifier": identifier})


@ROUTES.operation("gallery.image.put", "PUT", IMAGE, action=f"{IMAGE_TYPE}/write")
def put_image(call: Call) -> Answer:
    """Create or update an image definition."""
    gallery = call.need(call.path[: call.path.lower().rindex("/images/")])
    check_name(call.param("image"), IMAGE_NAME, "Image names hold letters, digits, - _ and .")
    body = call.object()
    for key in ("osType", "osState"):
        read(body, f"properties.{key}", "string")
    identifier = [read(body, f"properties.identifier.{k}", "string") for k in ("publisher", "offer", "sku")]
    found = call.world.resources.get(call.path)
    if found is not None:
        _check_same(found, body, "identifier", "osType", "osState", "hyperVGeneration")
    for other in call.world.resources.collection(f"{gallery.id}/images"):
        theirs = other.properties["identifier"]
        same = [theirs["publisher"], theirs["offer"], theirs["sku"]] == identifier
        if same and other.key != call.path.lower():
            raise Problem(
                409,
                "OperationNotAllowed",
                f"The publisher, offer, sku of '{call.param('image')}' are used by '{other.name}'.",
            )
    return _put(call, "gallery.image", IMAGE_TYPE, dict(body["properties"]))


@ROUTES.operation("gallery.version.put", "PUT", VERSION, action=f"{VERSION_TYPE}/write")
def put_version(call: Call) -> Answer:
    """Capture a generalized machine, or change where a version is replicated."""
    world = call.world
    image = call.need(call.path[: call.path.lower().rindex("/versions/")])
    if not re.fullmatch(r"\d+\.\d+\.\d+", call.param("version")):
        raise Problem(
            400,
            "InvalidParameter",
            "The gallery image version name must be of the form Major.Minor.Patch.",
            target="galleryImageVersionName",
        )
    location, body = location_of(call), call.object()
    found = world.resources.get(call.path)
    under_way = running_on(world, call.path, "gallery.version.put")
    if found is not None and under_way:
        return accepted(call, under_way[0], 200, found.body)
    facts = _known(found, body) if found else _capture(call, image, body)
    if found is None:
        _check_limit(call, VERSION_TYPE)
    targets = _targets(body, location)
    facts["regions"] = _plan(call, targets, facts.get("regions", {}))
    end_us = max(plan["untilUs"] for plan in facts["regions"].values())
    before = found.properties.get("publishingProfile", {}) if found else {"publishedDate": iso(call.now_us)}
    publishing = {**before, **read(body, "properties.publishingProfile", "object", {}), "targetRegions": targets}
    disk = {"sizeInGB": facts["diskGb"], "hostCaching": "ReadWrite"}
    storage = {"osDiskImage": disk, **read(body, "properties.storageProfile", "object", {})}
    kept = found.properties if found else {}
    properties = {**kept, **read(body, "properties", "object"), "publishingProfile": publishing}
    properties["storageProfile"] = {**storage, **kept.get("storageProfile", {})}
    version = _keep(call, VERSION_TYPE, properties, facts)
    lost = [region for region, plan in facts["regions"].items() if plan.get("failed")]
    course = Course(
        lambda _: version.set(world.now_us, provisioningState="Succeeded"),
        lambda _: version.set(world.now_us, provisioningState="Failed"),
        (("capturing", 0.2), ("replicating", 0.8)),
        _replication_failed(lost),
        extra_us=end_us - call.now_us,
    )
    operation = begin(call, "gallery.version.put", version.id, course, region=location)
    return accepted(call, operation, 200 if found else 201, version.body)


@ROUTES.operation("gallery.version.get", "GET", VERSION, action=f"{VERSION_TYPE}/read")
def get_version(call: Call) -> Answer:
    """Show a version; `$expand=ReplicationStatus` tells how far it is replicated."""
    version = call.resource()
    if call.query.get("$expand", "").lower() != "replicationstatus":
        return Answer(version.body)
    rows = replicas(version, call.now_us)
    done = all(row["state"] == "Completed" for row in rows)
    failed = version.properties["provisioningState"] == "Failed" or any(row["state"] == "Failed" for row in rows)
    state = "Failed" if failed else "Completed" if done else "InProgress"
    status = {"aggregatedState": state, "summary": rows}
    return Answer({**version.body, "properties": {**version.properties, "replicationStatus": status}})


def _declare(kind: str, one: str, resource_type: str, *, with_get: bool = True) -> None:
    """Declare GET, list and DELETE of one level."""
    every = one.rpartition("/")[0]
    action = f"{resource_type}/read"
    if with_get:
        ROUTES.operation(f"{kind}.get", "GET", one, action=action)(lambda call: Answer(call.resource().body))
    ROUTES.operation(f"{kind}s.list", "GET", every, action=action)(_list)
    patch = ROUTES.operation(f"{kind}.update", "PATCH", one, action=f"{resource_type}/write")
    patch(lambda call: _patch(call, kind))
    delete = ROUTES.operation(f"{kind}.delete", "DELETE", one, action=f"{resource_type}/delete")
    delete(lambda call: _delete(call, kind))


@ROUTES.operation("galleries.list_all", "GET", f"/subscriptions/{{sub}}/providers/{TYPE}", action=f"{TYPE}/read")
def list_all_galleries(call: Call) -> Answer:
    """List the galleries of a subscription."""
    prefix = f"/subscriptions/{call.param('sub')}/".lower()
    return page(call, [each for each in call.world.resources.of_type(TYPE) if each.key.startswith(prefix)])


def _list(call: Call) -> Answer:
    if "gallery" in call.params:
        call.need(call.path.rpartition("/")[0])
    else:
        need_group(call)
    return page(call, call.world.resources.collection(call.path))


def _patch(call: Call, kind: str) -> Answer:
    """Change tags and descriptions, or (of a version) where and whether it is published."""
    found, body, world = call.resource(), call.object(), call.world
    if kind == "gallery.version":
        call.body = {"location": found.body["location"], "tags": found.body.get("tags", {}), **body}
        call.body.setdefault("properties", {}).setdefault("publishingProfile", found.properties["publishingProfile"])
        return put_version(call)
    allowed = {"description", "eula", "privacyStatementUri", "releaseNoteUri", "endOfLifeDate", "recommended"}
    asked = read(body, "properties", "object", {})
    tags = tags_of(body) if "tags" in body else found.body.get("tags", {})
    properties = {**found.properties, **{key: asked[key] for key in asked if key in allowed}}
    found.replace({**found.body, "tags": tags, "properties": properties}, call.now_us)
    course = Course(lambda _: found.set(world.now_us, provisioningState="Succeeded"))
    operation = begin(call, f"{kind}.put", found.id, course, region=normal(found.body["location"]))
    return accepted(call, operation, 200, found.body)


def _delete(call: Call, kind: str) -> Answer:
    world, found = call.world, call.world.resources.get(call.path)
    if found is None:
        return Answer(status=204)
    if world.resources.under(found.id):
        raise Problem(
            409,
            "CannotDeleteResource",
            f"Cannot delete resource '{found.name}': nested resources exist. Delete them first.",
        )

    if kind == "gallery.version":
        _check_deletable(found)
    deleting = running_on(world, found.id, f"{kind}.delete")
    if deleting:
        return accepted(call, deleting[0], 202, monitor=True)

    def done(_: LongRunning) -> None:
        world.resources.remove(found.id)

    operation = begin(call, f"{kind}.delete", found.id, Course(done), region=found.body["location"])
    if kind == "gallery.version":
        found.set(call.now_us, provisioningState="Deleting")
        vanished(world, found.id)
    return accepted(call, operation, 202, monitor=True)


def _check_deletable(version: Resource) -> None:
    """Keep a version that its safety profile protects while it is replicated elsewhere."""
    safety = version.properties.get("safetyProfile", {})
    elsewhere = set(version.facts["regions"]) - {normal(version.body["location"])}
    if safety.get("allowDeletionOfReplicatedLocations") is False and elsewhere:
        raise Problem(
            409,
            "OperationNotAllowed",
            f"The gallery image version '{version.name}' cannot be deleted while it is replicated to "
            f"{', '.join(sorted(elsewhere))}, since its safetyProfile does not allow that.",
        )


def _put(call: Call, kind: str, resource_type: str, properties: Json) -> Answer:
    world, location = call.world, location_of(call)
    existed = world.resources.get(call.path) is not None
    if not existed:
        _check_limit(call, resource_type)
    resource = _keep(call, resource_type, properties, {})
    course = Course(lambda _: resource.set(world.now_us, provisioningState="Succeeded"))
    operation = begin(call, f"{kind}.put", resource.id, course, region=location)
    return accepted(call, operation, 200 if existed else 201, resource.body)


def _keep(call: Call, resource_type: str, properties: Json, facts: Json) -> Resource:
    found = call.world.resources.get(call.path)
    state = "Updating" if found else "Creating"
    body: Json = {
        "id": found.id if found else call.path,
        "name": call.path.rpartition("/")[2],
        "type": resource_type,
        "location": location_of(call),
        "tags": tags_of(call.object()),
        "properties": {**properties, "provisioningState": state},
    }
    if found is None:
        return call.world.resources.add(Resource(call.path, resource_type, body, call.now_us, facts))
    found.facts = facts
    found.replace(body, call.now_us)
    return found


def _known(version: Resource, body: Json) -> Json:
    """Give what a version was filled with; refuse to fill it with something else."""
    asked = read(body, "properties.storageProfile.source", "object", {})
    now = version.properties["storageProfile"].get("source", {})
    if any(str(now.get(key, "")).lower() != str(value).lower() for key, value in asked.items()):
        raise unchangeable("galleryImageVersion.properties.storageProfile.source")
    return dict(version.facts)


def _check_same(found: Resource, body: Json, *names: str) -> None:
    for name in names:
        asked = body["properties"].get(name)
        if asked is not None and asked != found.properties.get(name):
            raise unchangeable(name)


def _check_limit(call: Call, kind: str) -> None:
    limit = call.world.config.get("galleryLimits", {}).get(kind.rpartition("/")[2], LIMITS[kind])
    if call.world.resources.number(PLACES[kind], (call.param("sub").lower(), location_of(call))) >= limit:
        raise Problem(
            409,
            "OperationNotAllowed",
            f"The number of {kind} in the subscription and region exceeds the maximum of {limit}.",
        )


def _capture(call: Call, image: Resource, body: Json) -> Json:
    """Give what a new version is made of."""
    profile = read(body, "properties.storageProfile", "object")
    source_id = str(read(profile, "source.virtualMachineId", "string", ""))
    for path in ("source.id", "osDiskImage.source.id"):
        source_id = source_id or str(read(profile, path, "string", ""))
    if not source_id:
        raise missing("storageProfile.source.id")
    features = {each["name"]: each["value"] for each in image.properties.get("features", [])}
    secure = "TrustedLaunch" in features.get("SecurityType", "")
    generalized = image.properties["osState"] == "Generalized"
    return capture(call, source_id, location_of(call), generalized=generalized, secure=secure)


def _replication_failed(regions: list[str]) -> Problem | None:
    if not regions:
        return None
    return Problem(200, "ReplicationFailed", f"Replication to the regions {', '.join(regions)} failed.")


def _targets(body: Json, location: str) -> list[Json]:
    """Give the target regions in full; the home region is always one."""
    asked = read(body, "properties.publishingProfile.targetRegions", "array", [])
    rows: list[Json] = []
    for entry in asked:
        name = read(entry, "name", "string")
        if normal(name) not in REGIONS:
            raise invalid("targetRegions", f"The region '{name}' is not valid.")
        count = read(entry, "regionalReplicaCount", "integer", 1)
        if not 1 <= count <= MAX_REPLICAS:
            raise invalid("regionalReplicaCount", f"The replica count {count} is not 1 to 100.")
        kind = entry.get("storageAccountType", "Standard_LRS")
        more = {"excludeFromLatest": True} if entry.get("excludeFromLatest") else {}
        rows.append({"name": name, "regionalReplicaCount": count, "storageAccountType": kind, **more})
    if normal(location) not in {normal(row["name"]) for row in rows}:
        home: Json = {"name": location, "regionalReplicaCount": 1}
        rows.append({**home, "storageAccountType": "Standard_LRS"})
    if len({normal(row["name"]) for row in rows}) < len(rows):
        raise invalid("targetRegions", "A target region is named twice.")
    if sum(row["regionalReplicaCount"] for row in rows) > MAX_REPLICAS:
        raise invalid("targetRegions", f"A version has at most {MAX_REPLICAS} replicas in all.")
    return rows


def _plan(call: Call, targets: list[Json], before: Json) -> Json:
    """Say from when to when each region is replicated; regions that are done stay so."""
    plan: Json = {}
    for entry in targets:
        region = normal(entry["name"])
        if region in before and not before[region].get("failed"):
            plan[region] = before[region]
            continue
        length_us = call.world.duration_us("gallery.replicate", f"{call.path}/{region}")
        plan[region] = {"fromUs": call.now_us, "untilUs": call.now_us + length_us}
        if any(fnmatchcase(region, glob) for glob in call.world.config.get("replicationFailures", [])):
            plan[region]["failed"] = True
    return plan


_declare("gallery", GALLERY, TYPE)
_declare("gallery.image", IMAGE, IMAGE_TYPE)
_declare("gallery.version", VERSION, VERSION_TYPE, with_get=False)
