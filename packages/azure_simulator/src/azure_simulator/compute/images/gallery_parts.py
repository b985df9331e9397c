"""Common operations of galleries, image definitions and image versions: storing, changing and deleting one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.reading import location_of, read, tagged, tags_of
from azure_simulator.arm.regions import normal
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.longrunning import Course, begin, running_on
from azure_simulator.core.resources import Resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.arm.resource_types import ResourceType
    from azure_simulator.core.calls import Call

_CHANGEABLE = {"description", "eula", "privacyStatementUri", "releaseNoteUri", "endOfLifeDate", "recommended"}


def put(call: Call, kind: ResourceType, key: str, properties: Json) -> Answer:
    """Answer a PUT whose properties are complete."""
    world, location = call.world, location_of(call)
    existed = world.resources.get(call.path) is not None
    if not existed:
        check_limit(call, kind)
    resource = store(call, kind, properties, {})
    if existed and not kind.nested:
        resource.set(call.now_us, provisioningState="Succeeded")  # recorded: a gallery that exists has it in the answer
    course = Course(lambda _: resource.set(world.now_us, provisioningState="Succeeded"))
    operation = begin(call, f"{key}.put", resource.id, course, region=location)
    return accepted(call, operation, 200 if existed else 201, resource.body)


def patch(call: Call, key: str) -> Answer:
    """Change tags and descriptions."""
    found, body, world = call.resource(), call.object(), call.world
    wanted = read(body, "properties", "object", {})
    tags = tags_of(body) if "tags" in body else found.body.get("tags", {})
    properties = {**found.properties, **{name: wanted[name] for name in wanted if name in _CHANGEABLE}}
    found.replace({**found.body, "tags": tags, "properties": properties}, call.now_us)
    course = Course(lambda _: found.set(world.now_us, provisioningState="Succeeded"))
    operation = begin(call, f"{key}.put", found.id, course, region=normal(found.body["location"]))
    return accepted(call, operation, 200, found.body)


def delete(
    call: Call,
    key: str,
    *,
    begun: Callable[[Resource], None] | None = None,
) -> Answer:
    """Delete a resource without nested ones; `begun` runs when the deletion begins."""
    world, found = call.world, call.world.resources.get(call.path)
    if found is None:
        return Answer(status=204)
    if world.resources.under(found.id):
        raise Problem(
            409,
            "CannotDeleteResource",
            f"Cannot delete resource '{found.name}': nested resources exist. Delete them first.",
        )
    deleting = running_on(world, found.id, f"{key}.delete")
    if deleting:
        return accepted(call, deleting[0], 202, monitor=True)

    def done(_: object) -> None:
        world.resources.remove(found.id)

    operation = begin(call, f"{key}.delete", found.id, Course(done), region=found.body["location"])
    if begun is not None:
        begun(found)
    return accepted(call, operation, 202, monitor=True)


def check_limit(call: Call, kind: ResourceType) -> None:
    """Refuse one more resource than a subscription may have in a region; `config.galleryLimits` sets other limits."""
    limit = call.world.config.get("galleryLimits", {}).get(kind.name.rpartition("/")[2], kind.limit)
    if call.world.resources.number(kind.by_place, (call.param("sub").lower(), location_of(call))) >= limit:
        raise Problem(
            409,
            "OperationNotAllowed",
            f"The number of {kind.name} in the subscription and region exceeds the maximum of {limit}.",
        )


def store(call: Call, kind: ResourceType, properties: Json, facts: Json) -> Resource:
    """Add a resource, or replace its body."""
    found = call.world.resources.get(call.path)
    state = "Updating" if found else "Creating"
    body: Json = {
        "id": found.id if found else call.path,
        "name": call.path.rpartition("/")[2],
        "type": kind.name,
        "location": location_of(call),
        **tagged(tags_of(call.object())),
        "properties": {**properties, "provisioningState": state},
    }
    if found is None:
        return call.world.resources.add(Resource(call.path, kind.name, body, call.now_us, facts))
    found.facts = facts
    found.replace(body, call.now_us)
    return found
