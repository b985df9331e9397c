"""Image versions: their sources, and their replication region by region."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.reading import invalid, location_of, missing, read, unchangeable, unsupported
from azure_simulator.arm.regions import REGIONS, normal
from azure_simulator.arm.resource_types import NameRule, ResourceType
from azure_simulator.arm.value_rules import between
from azure_simulator.compute.images import gallery_parts
from azure_simulator.compute.images.image_references import fail_creations, replicas
from azure_simulator.compute.images.image_sources import SOURCES, capture
from azure_simulator.compute.images.image_sources import VERSION_TYPE as TYPE
from azure_simulator.compute.provider import COMPUTE, GALLERY_VERSIONS, SDK, VIRTUAL_MACHINE
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.longrunning import Course, begin, running_on
from azure_simulator.core.times import iso

if TYPE_CHECKING:
    from collections.abc import Collection

    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

MAX_REPLICAS = 100
LARGEST_PART = (1 << 31) - 1
"""The largest number in a version: each is a 32-bit integer."""
VERSIONS = ResourceType(
    name=TYPE,
    provider=COMPUTE,
    params=("gallery", "image", "version"),
    api_versions=GALLERY_VERSIONS,
    models=BodyModels(SDK, "GalleryImageVersion", "GalleryImageVersionUpdate"),
    naming=NameRule(r"\d{1,10}(\.\d{1,10}){2}", "galleryImageVersionName"),
    omitted=dict.fromkeys(
        (
            "properties.publishingProfile.endOfLifeDate",
            "properties.publishingProfile.excludeFromLatest",
            "properties.publishingProfile.replicaCount",
            "properties.publishingProfile.targetExtendedLocations",
            "properties.restore",
            "properties.safetyProfile.allowDeletionOfReplicatedLocations",
            "properties.safetyProfile.blockDeletionBeforeEndOfLife",
        )
    ),
    latencies={
        "gallery.version.put": about(60, 150, 20),  # after its replication; recorded are both
        "gallery.replicate": about(360, 1800, 120),
        "gallery.version.delete": about(90, 121, 45),
    },
    limit=10_000,
    links={
        "properties.storageProfile.source.virtualMachineId": (VIRTUAL_MACHINE,),
        "properties.storageProfile.source.id": SOURCES,
        "properties.storageProfile.osDiskImage.source.id": SOURCES,
        "properties.storageProfile.dataDiskImages[].source.id": SOURCES,
    },
    values={"properties.publishingProfile.replicaCount": between(1, MAX_REPLICAS)},
    removed=lambda world, version: fail_creations(world, version.id),
    state={"imageUse": dict},
    settings={"replicationFailures": ([str], "regions (globs) where gallery versions cannot be replicated to")},
)
OPERATIONS = Operations(VERSIONS)
_PUBLISHED: Json = {"excludeFromLatest": False, "storageAccountType": "Standard_LRS"}
_SAFE: Json = {"allowDeletionOfReplicatedLocations": False}
"""Value shown for a version that omits it (recorded: github.com/Azure/azure-cli, vm/test_community_gallery_operations).
"""
OPERATIONS.reads(group="gallery.versions.list")


@OPERATIONS.put("gallery.version.put")
def put_version(call: Call) -> Answer:
    """Capture a generalized machine, or change where a version is replicated."""
    world = call.world
    image = call.need(call.path[: call.path.lower().rindex("/versions/")])
    location, body = location_of(call), call.object()
    if any(int(part) > LARGEST_PART for part in call.param("version").split(".")):
        raise invalid("galleryImageVersionName", f"The parts of a version may not exceed {LARGEST_PART}.")
    found = world.resources.get(call.path)
    under_way = running_on(world, call.path, "gallery.version.put")
    if found is not None and under_way:
        return accepted(call, under_way[0], 200, found.body)
    facts = _known(found, body) if found else _capture(call, image, body)
    if found is None:
        gallery_parts.check_limit(call, VERSIONS)
    targets = _targets(body, location)
    if found is not None:
        _check_kept(found, body, {normal(each["name"]) for each in targets})
    facts["regions"] = _plan(call, targets, facts.get("regions", {}))
    end_us = max(plan["untilUs"] for plan in facts["regions"].values())
    before = found.properties.get("publishingProfile", {}) if found else {"publishedDate": iso(call.now_us)}
    usual = _PUBLISHED if call.method == "PUT" else {}
    asked = read(body, "properties.publishingProfile", "object", {})
    publishing = {**before, **usual, **asked, "targetRegions": targets}
    disk = {"sizeInGB": facts["diskGb"], "hostCaching": "ReadWrite"}
    given = read(body, "properties.storageProfile", "object", {})
    storage = {**given, "osDiskImage": {**disk, **given.get("osDiskImage", {})}}
    kept = found.properties if found else {}
    properties = {**kept, **read(body, "properties", "object"), "publishingProfile": publishing}
    properties["safetyProfile"] = {**_SAFE, **properties.get("safetyProfile", {}), "reportedForPolicyViolation": False}
    properties["storageProfile"] = {**storage, **kept.get("storageProfile", {})}
    version = gallery_parts.store(call, VERSIONS, properties, facts)
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


@OPERATIONS.get("gallery.version.get")
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


@OPERATIONS.patch("gallery.version.update")
def patch_version(call: Call) -> Answer:
    """Change tags, where a version is published, and whether."""
    found, body = call.resource(), call.object()
    call.body = {"location": found.body["location"], "tags": found.body.get("tags", {}), **body}
    call.body.setdefault("properties", {}).setdefault("publishingProfile", found.properties["publishingProfile"])
    return put_version(call)


@OPERATIONS.delete("gallery.version.delete")
def delete_version(call: Call) -> Answer:
    """Delete a version; machines that are still being made from it fail."""
    world = call.world

    def begun(version: Resource) -> None:
        version.set(world.now_us, provisioningState="Deleting")
        fail_creations(world, version.id)

    return gallery_parts.delete(call, "gallery.version", begun=begun)


def _check_kept(version: Resource, body: Json, regions: Collection[str]) -> None:
    """Keep a version where it is replicated when its safety profile says so; it may go as a whole (recorded)."""
    safety = {**version.properties.get("safetyProfile", {}), **read(body, "properties.safetyProfile", "object", {})}
    lost = set(version.facts["regions"]) - set(regions)
    if safety.get("allowDeletionOfReplicatedLocations") is False and lost:
        raise Problem(
            409,
            "OperationNotAllowed",
            f"The gallery image version '{version.name}' cannot be removed from {', '.join(sorted(lost))}, since its "
            "safetyProfile does not allow that.",
        )


def _known(version: Resource, body: Json) -> Json:
    """Return the content of a version; refuse another source for it."""
    wanted = read(body, "properties.storageProfile.source", "object", {})
    now = version.properties["storageProfile"].get("source", {})
    if any(str(now.get(key, "")).lower() != str(value).lower() for key, value in wanted.items()):
        raise unchangeable("galleryImageVersion.properties.storageProfile.source")
    return dict(version.facts)


def _capture(call: Call, image: Resource, body: Json) -> Json:
    """Return the content of a new version, captured from its source."""
    profile = read(body, "properties.storageProfile", "object")
    _check_sources(profile)
    source_id = str(read(profile, "source.virtualMachineId", "string", ""))
    for path in ("source.id", "osDiskImage.source.id"):
        source_id = source_id or str(read(profile, path, "string", ""))
    if not source_id:
        raise missing("storageProfile.source.id")
    features = {each["name"]: each["value"] for each in image.properties.get("features", [])}
    security = str(features.get("SecurityType", ""))
    generalized = image.properties["osState"] == "Generalized"
    system = str(image.properties["osType"])
    return capture(call, source_id, location_of(call), generalized=generalized, security=security, system=system)


def _check_sources(profile: Json) -> None:
    """Refuse sources that Azure has and the simulator has not."""
    for name in ("communityGalleryImageId", "sharedGalleryImageId"):
        if read(profile, f"source.{name}", "string", ""):
            raise unsupported(f"storageProfile.source.{name}", "A source in a community or shared gallery")
    rows = [read(profile, "osDiskImage", "object", {}), *read(profile, "dataDiskImages", "array", [])]
    for row in rows:
        for name in ("uri", "storageAccountId"):
            if read(row, f"source.{name}", "string", ""):
                raise unsupported(f"storageProfile.source.{name}", "A blob as the source of an image version")
    if read(profile, "dataDiskImages", "array", []):
        raise unsupported("storageProfile.dataDiskImages", "An image version with data disks")


def _replication_failed(regions: list[str]) -> Problem | None:
    if not regions:
        return None
    return Problem(200, "ReplicationFailed", f"Replication to the regions {', '.join(regions)} failed.")


def _targets(body: Json, location: str) -> list[Json]:
    """Return the target regions in full: without any the home region, which must be one of them.

    Sources: learn.microsoft.com/azure/virtual-machines/linux/image-builder-json on `replicationRegions`, all recorded
    versions, and a refusal of one without (github.com/hashicorp/terraform-provider-azurerm/issues/7751), in other
    words, which are used for regions that are named twice.
    """
    wanted = read(body, "properties.publishingProfile.targetRegions", "array", [])
    rows: list[Json] = []
    for entry in wanted:
        name = read(entry, "name", "string")
        if normal(name) not in REGIONS:
            raise invalid("targetRegions", f"The region '{name}' is not valid.")
        count = read(entry, "regionalReplicaCount", "integer", 1)
        if not 1 <= count <= MAX_REPLICAS:
            raise invalid("regionalReplicaCount", f"The replica count {count} is not 1 to 100.")
        kind = entry.get("storageAccountType", "Standard_LRS")
        more = {"excludeFromLatest": True} if entry.get("excludeFromLatest") else {}
        rows.append({"name": name, "regionalReplicaCount": count, "storageAccountType": kind, **more})
    if not rows:
        rows = [{"name": location, "regionalReplicaCount": 1, "storageAccountType": "Standard_LRS"}]
    if normal(location) not in {normal(row["name"]) for row in rows}:
        raise invalid("targetRegions", f"The target regions must contain the region {location} of the image version.")
    if len({normal(row["name"]) for row in rows}) < len(rows):
        raise invalid("targetRegions", "Duplicate regions are not allowed in target publishing regions.")
    if sum(row["regionalReplicaCount"] for row in rows) > MAX_REPLICAS:
        raise invalid("targetRegions", f"A version has at most {MAX_REPLICAS} replicas in all.")
    return rows


def _plan(call: Call, targets: list[Json], before: Json) -> Json:
    """Return the times of replication by region; regions that are done stay so."""
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
