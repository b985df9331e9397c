"""Compute galleries: definitions, versions, replication region by region."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local.cloud.arm import machine
from local.cloud.arm.accepted import accepted
from local.cloud.arm.catalogue import REGIONS
from local.cloud.arm.images import replicas
from local.cloud.arm.plane import normal
from local.cloud.arm.reading import check_name, invalid, location_of, need_group, read, tags_of
from local.cloud.core.answers import Answer, Json, Problem
from local.cloud.core.longrunning import Course, begin, running_on
from local.cloud.core.resources import Resource
from local.cloud.core.routing import Routes

if TYPE_CHECKING:
    from local.cloud.core.calls import Call

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
    facts = dict(found.facts) if found else _capture(call, image, body)
    targets = _targets(body, location)
    facts["regions"] = _plan(call, targets, facts.get("regions", {}))
    end_us = max(plan["untilUs"] for plan in facts["regions"].values())
    publishing = {**read(body, "properties.publishingProfile", "object", {}), "targetRegions": targets}
    properties = {**read(body, "properties", "object"), "publishingProfile": publishing}
    version = _keep(call, VERSION_TYPE, properties, facts)
    course = Course(
        lambda _: version.set(world.now_us, provisioningState="Succeeded"),
        lambda _: version.set(world.now_us, provisioningState="Failed"),
        (("capturing", 0.2), ("replicating", 0.8)),
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
    failed = version.properties["provisioningState"] == "Failed"
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
    delete = ROUTES.operation(f"{kind}.delete", "DELETE", one, action=f"{resource_type}/delete")
    delete(lambda call: _delete(call, kind))


def _list(call: Call) -> Answer:
    if "gallery" in call.params:
        call.need(call.path.rpartition("/")[0])
    return Answer({"value": [each.body for each in call.world.resources.collection(call.path)]})


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

    def done(_: object) -> None:
        world.resources.remove(found.id)

    operation = begin(call, f"{kind}.delete", found.id, Course(done), region=found.body["location"])
    return accepted(call, operation, 202, monitor=True)


def _put(call: Call, kind: str, resource_type: str, properties: Json) -> Answer:
    world, location = call.world, location_of(call)
    existed = world.resources.get(call.path) is not None
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


def _check_same(found: Resource, body: Json, *names: str) -> None:
    for name in names:
        asked = body["properties"].get(name)
        if asked is not None and asked != found.properties.get(name):
            raise Problem(409, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.")


def _capture(call: Call, image: Resource, body: Json) -> Json:
    """Give what a new version is made of: the source's disk and whether sysprep ran there."""
    profile = read(body, "properties.storageProfile", "object")
    source_id = read(profile, "source.virtualMachineId", "string", "") or read(profile, "source.id", "string")
    source = call.world.resources.get(source_id)
    if source is None or source.type not in {machine.TYPE, VERSION_TYPE}:
        raise Problem(404, "ResourceNotFound", f"The source '{source_id}' of the version was not found.")
    if source.type == VERSION_TYPE:
        return {"diskGb": source.facts["diskGb"], "bootable": source.facts["bootable"]}
    if source.body["location"] != location_of(call):
        raise invalid("location", "The source and the version must be in the same region.")
    if image.properties["osState"] == "Generalized" and not source.facts["generalized"]:
        raise Problem(
            409,
            "OperationNotAllowed",
            f"The VM '{source.name}' is not generalized. Only a generalized VM can be captured "
            "into a definition whose osState is Generalized.",
        )
    _check_security(image, source)
    disk_gb = source.properties["storageProfile"]["osDisk"]["diskSizeGB"]
    return {"diskGb": disk_gb, "bootable": bool(source.facts["sysprepped"])}


def _check_security(image: Resource, source: Resource) -> None:
    features = {f["name"]: f["value"] for f in image.properties.get("features", [])}
    wanted = source.properties.get("securityProfile", {}).get("securityType", "Standard")
    if wanted == "TrustedLaunch" and "TrustedLaunch" not in features.get("SecurityType", ""):
        raise Problem(
            409,
            "BadRequest",
            "A Trusted Launch VM can only be captured into a definition that supports Trusted Launch.",
            target="securityType",
        )


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
        rows.append({"name": name, "regionalReplicaCount": count, "storageAccountType": kind})
    if normal(location) not in {normal(row["name"]) for row in rows}:
        home: Json = {"name": location, "regionalReplicaCount": 1}
        rows.append({**home, "storageAccountType": "Standard_LRS"})
    return rows


def _plan(call: Call, targets: list[Json], before: Json) -> Json:
    """Say from when to when each region is replicated; regions that are done stay so."""
    plan: Json = {}
    for entry in targets:
        region = normal(entry["name"])
        if region in before:
            plan[region] = before[region]
            continue
        length_us = call.world.duration_us("gallery.replicate", f"{call.path}/{region}")
        plan[region] = {"fromUs": call.now_us, "untilUs": call.now_us + length_us}
    return plan


_declare("gallery", GALLERY, TYPE)
_declare("gallery.image", IMAGE, IMAGE_TYPE)
_declare("gallery.version", VERSION, VERSION_TYPE, with_get=False)
