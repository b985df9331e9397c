"""Managed images: the plain kind, in one region, without versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.reading import location_of, missing, need_group, read, tags_of, unsupported
from azure_simulator.arm.resource_types import FIXED, NameRule, ResourceType
from azure_simulator.compute.disks import disk_bodies
from azure_simulator.compute.images import image_references
from azure_simulator.compute.images.image_sources import IMAGE_TYPE as TYPE
from azure_simulator.compute.images.image_sources import capture, disk_shown, system_of
from azure_simulator.compute.provider import COMPUTE, NAMING, SDK, VIRTUAL_MACHINE
from azure_simulator.core.answers import Answer, Json
from azure_simulator.core.latency import about
from azure_simulator.core.longrunning import Course, begin
from azure_simulator.core.resources import Resource

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

IMAGES = ResourceType(
    name=TYPE,
    provider=COMPUTE,
    params=("image",),
    models=BodyModels(SDK, "Image", "ImageUpdate"),
    naming=NameRule(NAMING, "imageName"),
    immutable=dict.fromkeys(
        (
            "properties.sourceVirtualMachine.id",
            "properties.storageProfile.osDisk.managedDisk.id",
            "properties.storageProfile.osDisk.snapshot.id",
            "properties.storageProfile.osDisk.osState",
            "properties.storageProfile.osDisk.osType",
            "properties.hyperVGeneration",
        ),
        FIXED,
    ),
    links={
        "properties.sourceVirtualMachine.id": (VIRTUAL_MACHINE,),
        **{
            f"properties.storageProfile.{disk}.managedDisk.id": (disk_bodies.TYPE,)
            for disk in ("osDisk", "dataDisks[]")
        },
        **{
            f"properties.storageProfile.{disk}.snapshot.id": (disk_bodies.SNAPSHOT_TYPE,)
            for disk in ("osDisk", "dataDisks[]")
        },
    },
    latencies={"image.put": about(30, 90, 10), "image.delete": about(8, 20, 2)},
)
OPERATIONS = Operations(IMAGES)
OPERATIONS.reads(get="image.show", group="image.list", subscription="image.list_all")


@OPERATIONS.put("image.put")
def put_image(call: Call) -> Answer:
    """Capture a generalized machine, or a disk of one."""
    need_group(call)
    world, region, body = call.world, location_of(call), call.object()
    found = world.resources.get(call.path)
    if found is not None:
        found.replace({**found.body, "tags": tags_of(body)}, call.now_us)
        return Answer(found.body)
    profile = read(body, "properties.storageProfile", "object", {})
    disk = read(profile, "osDisk", "object", {})
    source_id = _source(body, disk)
    generalized = disk.get("osState", "Generalized") == "Generalized"
    system = str(disk.get("osType") or system_of(call, source_id) or "Windows")
    facts = capture(call, source_id, region, generalized=generalized, security=None, system=system)
    kept = {
        "osType": system,
        "osState": "Generalized",
        **disk_shown(call, source_id),
        **disk,
        "diskSizeGB": facts["diskGb"],
    }
    new: Json = {"id": call.path, "name": call.param("image"), "type": TYPE, "location": region, "tags": tags_of(body)}
    new["properties"] = {
        **body["properties"],
        "storageProfile": {**profile, "osDisk": kept, "dataDisks": []},
        "hyperVGeneration": body["properties"].get("hyperVGeneration", "V2"),
        "provisioningState": "Creating",
    }
    image = world.resources.add(Resource(call.path, TYPE, new, call.now_us, facts))
    course = Course(
        lambda _: image.set(world.now_us, provisioningState="Succeeded"),
        lambda _: image.set(world.now_us, provisioningState="Failed"),
    )
    return accepted(call, begin(call, "image.put", image.id, course, region=region), 201, image.body)


def _source(body: Json, disk: Json) -> str:
    """Return the id of an image's source; refuse sources that are not simulated."""
    if read(disk, "blobUri", "string", ""):
        raise unsupported("storageProfile.osDisk.blobUri", "A blob as the source of an image")
    if read(body, "properties.storageProfile.dataDisks", "array", []):
        raise unsupported("storageProfile.dataDisks", "A managed image with data disks")
    source_id = str(read(body, "properties.sourceVirtualMachine.id", "string", ""))
    for name in ("managedDisk", "snapshot"):
        source_id = source_id or str(read(disk, f"{name}.id", "string", ""))
    if not source_id:
        raise missing("image.sourceVirtualMachine")
    return source_id


@OPERATIONS.patch("image.update")
def patch_image(call: Call) -> Answer:
    """Change an image's tags; its source stays."""
    found = call.resource()
    if "tags" in call.object():
        found.replace({**found.body, "tags": tags_of(call.object())}, call.now_us)
    return Answer(found.body)


@OPERATIONS.delete("image.delete")
def delete_image(call: Call) -> Answer:
    """Delete an image; creations that still read it fail."""
    world, found = call.world, call.world.resources.get(call.path)
    if found is None:
        return Answer(status=204)

    def done(_: object) -> None:
        world.resources.remove(found.id)
        image_references.fail_creations(world, found.id)

    operation = begin(call, "image.delete", found.id, Course(done), region=found.body["location"])
    return accepted(call, operation, 202, monitor=True)
