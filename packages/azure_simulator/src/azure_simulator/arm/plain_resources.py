"""Answers for resource types without behaviour of their own: the body of a PUT is kept and shown.

`plain_resources.serve(OPERATIONS, "nat", "natGateways")` makes a type plain. `Plain` holds what is special about it;
who uses a resource and what its deletion gives back stands in its `ResourceType`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from azure_simulator.arm.async_operations import accepted
from azure_simulator.arm.reading import location_of, need_group, read, tagged, tags_of
from azure_simulator.arm.settling import is_changed, parts, settling
from azure_simulator.core.answers import Answer, Json
from azure_simulator.core.longrunning import Course, begin
from azure_simulator.core.resources import Resource

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.arm.operations import Operations
    from azure_simulator.arm.resource_types import ResourceType
    from azure_simulator.core.calls import Call


def _as_given(call: Call, found: Resource | None) -> Json:
    del found
    return dict(read(call.object(), "properties", "object", {}))


def _sku_and_zones(call: Call) -> Json:
    return {key: call.object()[key] for key in ("sku", "zones") if key in call.object()}


def _nothing(*_: object) -> None:
    return


@dataclass(frozen=True, slots=True)
class Plain:
    """Hooks and rules of a plain resource type.

    `check` refuses a PUT; `properties` makes those that are kept, from the request and the resource as it was;
    `stored` runs once they are; `check_unused` refuses a DELETE where `used_by` does not. `top_level` makes what stands
    beside the properties, `parts` names the lists of parts, which show the ETag and the state of the whole.
    """

    check: Callable[[Call], None] = _nothing
    properties: Callable[[Call, Resource | None], Json] = _as_given
    stored: Callable[[Call, Resource], None] = _nothing
    check_unused: Callable[[Resource], None] = _nothing
    top_level: Callable[[Call], Json] = _sku_and_zones
    parts: tuple[str, ...] = ()


_PLAIN = Plain()


def serve(operations: Operations, key: str, collection: str, plain: Plain = _PLAIN) -> None:
    """Declare and answer the operations of a plain type.

    They are called `{key}.put`, `.get`, `.list`, `.delete` and `{collection}.list_all`, `.tags`; durations go by
    `{key}.put` and `{key}.delete`. A type below another one has no list of a subscription and no tags.
    """
    kind = operations.type
    operations.put(f"{key}.put")(partial(_put, kind, key, plain))
    operations.delete(f"{key}.delete")(partial(_delete, kind, key, plain))
    show = partial(shown, kind, plain)
    all_of_subscription = "" if kind.nested else f"{collection}.list_all"
    operations.reads(get=f"{key}.get", group=f"{key}.list", subscription=all_of_subscription, show=show)
    if not kind.nested:
        serve_tags(operations, f"{collection}.tags", show)


def serve_tags(operations: Operations, name: str, show: Callable[[Call, Resource], Json]) -> None:
    """Declare and answer a PATCH that can only change tags."""

    def patch(call: Call) -> Answer:
        found, body = call.resource(), call.object()
        if "tags" in body:
            found.replace({**found.body, "tags": tags_of(body)}, call.now_us)
        return Answer(show(call, found))

    operations.patch(name)(patch)


def shown(kind: ResourceType, plain: Plain, call: Call, resource: Resource) -> Json:
    """Show a resource with its ETag and the ids of its users, by the last part of their types."""
    mark = kind.etag_of(call.world, resource)
    body = {**resource.body, "etag": mark} if mark else resource.body
    users: Json = {name: parts(resource, resource.properties[name], mark) for name in plain.parts if mark}
    for user in _users(kind, call, resource):
        users.setdefault(user.type.rpartition("/")[2], []).append({"id": user.id})
    return {**body, "properties": {**resource.properties, **users}} if users else body


def _users(kind: ResourceType, call: Call, resource: Resource) -> list[Resource]:
    return [user for index in kind.used_by for user in call.world.resources.find(index, resource.key)]


def _put(kind: ResourceType, key: str, plain: Plain, call: Call) -> Answer:
    need_group(call)
    plain.check(call)
    body, location, world = call.object(), location_of(call) if kind.located else "", call.world
    found = world.resources.get(call.path)
    before = found.body if found else None
    new: Json = {
        "id": found.id if found else call.path,
        "name": found.name if found else call.param(kind.params[-1]),
        "type": kind.name,
        **({"location": location} if location else {}),
        **tagged(tags_of(body)),
        **plain.top_level(call),
        "properties": {**plain.properties(call, found), **kind.provider.own_properties(call)},
    }
    if found is None:
        resource = world.resources.add(Resource(call.path, kind.name, new, call.now_us))
    else:
        resource = found
        found.replace(new, call.now_us)
    plain.stored(call, resource)
    if is_changed(before, resource.body):
        resource.set(call.now_us, provisioningState=kind.provider.written)
    operation = begin(call, f"{key}.put", resource.id, settling(world, f"{key}.put", resource), region=location)
    return accepted(call, operation, 200 if found else 201, shown(kind, plain, call, resource))


def _delete(kind: ResourceType, key: str, plain: Plain, call: Call) -> Answer:
    world, resource = call.world, call.world.resources.get(call.path)
    if resource is None:
        return Answer(status=204)
    users = _users(kind, call, resource)
    if users:
        raise kind.provider.in_use(resource, users[0])
    plain.check_unused(resource)

    def done(_: object) -> None:
        if kind.removed is not None:
            kind.removed(world, resource)
        world.resources.remove(resource.id)

    operation = begin(call, f"{key}.delete", resource.id, Course(done), region=resource.body.get("location", ""))
    return accepted(call, operation, 202, monitor=True)
