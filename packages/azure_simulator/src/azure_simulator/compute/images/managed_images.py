"""Managed images: the plain kind, in one region, without versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.paging import page
from azure_simulator.arm.reading import check_name, location_of, missing, need_group, read, tags_of
from azure_simulator.compute.images import image_references
from azure_simulator.compute.images.image_sources import IMAGE_TYPE as TYPE
from azure_simulator.compute.images.image_sources import capture
from azure_simulator.core.answers import Answer, Json
from azure_simulator.core.longrunning import Course, begin
from azure_simulator.core.resources import Resource
from azure_simulator.core.routing import Routes

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

ROUTES = Routes("arm")
ALL = f"/subscriptions/{{sub}}/resourceGroups/{{rg}}/providers/{TYPE}"
ONE = f"{ALL}/{{image}}"


@ROUTES.operation("image.put", "PUT", ONE, action=f"{TYPE}/write")
def put_image(call: Call) -> Answer:
    """Capture a generalized machine, or a disk of one."""
    need_group(call)
    check_name(call.param("image"), r"[A-Za-z0-9]([-\w.]{0,78}\w)?", "Image names hold letters, digits, - _ and .")
    world, region, body = call.world, location_of(call), call.object()
    found = world.resources.get(call.path)
    if found is not None:
        found.replace({**found.body, "tags": tags_of(body)}, call.now_us)
        return Answer(found.body)
    source_id = str(read(body, "properties.sourceVirtualMachine.id", "string", ""))
    disk = read(body, "properties.storageProfile.osDisk", "object", {})
    for name in ("managedDisk", "snapshot"):
        source_id = source_id or str(read(disk, f"{name}.id", "string", ""))
    if not source_id:
        raise missing("image.sourceVirtualMachine")
    generalized = disk.get("osState", "Generalized") == "Generalized"
    facts = capture(call, source_id, region, generalized=generalized, secure=False)
    kept = {
        "osType": "Windows",
        "osState": "Generalized",
        "caching": "ReadWrite",
        **disk,
        "diskSizeGB": facts["diskGb"],
    }
    new: Json = {"id": call.path, "name": call.param("image"), "type": TYPE, "location": region, "tags": tags_of(body)}
    new["properties"] = {
        **body["properties"],
        "storageProfile": {"osDisk": kept, "dataDisks": [], "zoneResilient": False},
        "hyperVGeneration": body["properties"].get("hyperVGeneration", "V2"),
        "provisioningState": "Creating",
    }
    image = world.resources.add(Resource(call.path, TYPE, new, call.now_us, facts))
    course = Course(
        lambda _: image.set(world.now_us, provisioningState="Succeeded"),
        lambda _: image.set(world.now_us, provisioningState="Failed"),
    )
    return accepted(call, begin(call, "image.put", image.id, course, region=region), 201, image.body)


@ROUTES.operation("image.update", "PATCH", ONE, action=f"{TYPE}/write")
def patch_image(call: Call) -> Answer:
    """Change an image's tags."""
    found = call.resource()
    found.replace({**found.body, "tags": tags_of(call.object())}, call.now_us)
    return Answer(found.body)


@ROUTES.operation("image.show", "GET", ONE, action=f"{TYPE}/read")
def get_image(call: Call) -> Answer:
    """Show an image."""
    return Answer(call.resource().body)


@ROUTES.operation("image.list", "GET", ALL, action=f"{TYPE}/read")
def list_images(call: Call) -> Answer:
    """List the images of a group."""
    need_group(call)
    return page(call, call.world.resources.collection(call.path))


@ROUTES.operation("image.list_all", "GET", f"/subscriptions/{{sub}}/providers/{TYPE}", action=f"{TYPE}/read")
def list_all_images(call: Call) -> Answer:
    """List the images of a subscription."""
    prefix = f"/subscriptions/{call.param('sub')}/".lower()
    return page(call, [each for each in call.world.resources.of_type(TYPE) if each.key.startswith(prefix)])


@ROUTES.operation("image.delete", "DELETE", ONE, action=f"{TYPE}/delete")
def delete_image(call: Call) -> Answer:
    """Delete an image; creations that still read it fail."""
    world, found = call.world, call.world.resources.get(call.path)
    if found is None:
        return Answer(status=204)

    def done(_: object) -> None:
        world.resources.remove(found.id)
        image_references.vanished(world, found.id)

    operation = begin(call, "image.delete", found.id, Course(done), region=found.body["location"])
    return accepted(call, operation, 202, monitor=True)
