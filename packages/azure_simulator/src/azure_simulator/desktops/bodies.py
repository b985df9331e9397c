"""Common parts of resources of Microsoft.DesktopVirtualization: how they are written, shown and refused.

As recorded (docs/notes.md 7.1): ids and types come back with their types in lower case, members without a value are
null and there, an error's code is its status in text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.requests import whole
from azure_simulator.core.resources import Resource
from azure_simulator.core.times import iso_z

if TYPE_CHECKING:
    from azure_simulator.arm.resource_types import ResourceType
    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World

_PAGE = 1_000
_GROUP, _TYPES = 3, 7
"""Places in the segments of an id: `resourceGroups`, the first type."""
_NULLS: dict[str, Json] = {}
_UNREAD = frozenset({"privateEndpointConnections"})


def invalid(text: str) -> Problem:
    """Make the provider's 400."""
    return Problem(400, "InvalidRequestContent", text)


def refused(world: World, status: int, text: str) -> Problem:
    """Make an error as the provider words it: the code is the status in text, the message has the activity's id."""
    activity = world.guid("activity", text, world.now_us)
    return Problem(status, str(status), f"ActivityId: {activity} Error: {text}")


def shown_id(path: str) -> str:
    """Write an id as the provider does: `/subscriptions/s/resourcegroups/g/providers/<namespace>/hostpools/p`."""
    parts = path.split("/")
    for place in (_GROUP, *range(_TYPES, len(parts), 2)):
        if place < len(parts):
            parts[place] = parts[place].lower()
    return "/".join(parts)


def shown_type(kind: str) -> str:
    """Write a type as the provider does: `Microsoft.DesktopVirtualization/hostpools`."""
    namespace, _, types = kind.partition("/")
    return f"{namespace}/{types.lower()}"


def nulls(kind: str, beside: str, *, empty: str = "", inside: str) -> None:
    """Declare the members of a type that are shown without a value: null, or an empty list."""
    properties: Json = {**dict.fromkeys(inside.split()), **{name: [] for name in empty.split()}}
    _NULLS[kind] = {**dict.fromkeys(beside.split()), "properties": properties}


def show(resource: Resource, **more: object) -> Json:
    """Return a resource's answer, with `more` in place of properties."""
    blank = _NULLS[resource.type]
    inside = {**blank["properties"], **resource.properties, **more}
    return {**blank, **resource.body, "properties": inside}


def shown(call: Call, resource: Resource) -> Json:
    """Return a resource's answer, for `Operations.reads`."""
    del call
    return show(resource)


def gone(resource: Resource, **more: object) -> Answer:
    """Answer the deletion of a tracked resource with its last body (recorded), `more` in place of properties."""
    return Answer(show(resource, **more))


def system_data(moment: str, before: Json | None = None, by: str | None = None) -> Json:
    """Return the creator of a resource and its last editor."""
    kind = "Application" if by else None
    made = before or {"createdBy": by, "createdByType": kind, "createdAt": moment}
    return {**made, "lastModifiedBy": by, "lastModifiedByType": kind, "lastModifiedAt": moment}


def properties_of(call: Call) -> Json:
    """Return a copy of the body's properties; raise a 400 when they are no object."""
    return dict(an_object(call.object().get("properties"), "properties"))


def an_object(value: object, name: str) -> Json:
    """Return an optional object of a body; raise a 400 when it is something else."""
    if value is not None and not isinstance(value, dict):
        raise invalid(f"The property '{name}' must be an object.")
    return value or {}


def names(value: object, name: str) -> list[str]:
    """Return an optional list of texts of a body; raise a 400 when it is something else."""
    if value is not None and not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
        raise invalid(f"The property '{name}' must be a list of texts.")
    return [str(each) for each in value or ()]


def check_choice(properties: Json, name: str, choices: tuple[str, ...]) -> None:
    """Raise a 400 unless a required property has one of its values (any case); tidy its case."""
    by_name = {each.lower(): each for each in choices}
    given = str(properties.get(name, "")).lower()
    if given not in by_name:
        text = f"The property '{name}' is required and must be one of {', '.join(choices)}."
        raise invalid(text)
    properties[name] = by_name[given]


def put_tracked(call: Call, kind: ResourceType, properties: Json) -> Resource:
    """Create or replace a tracked resource; the resource group must exist, the location stays."""
    body = call.object()
    group = "/".join(call.path.split("/")[:5])
    if call.world.resources.get(group) is None:
        raise Problem(404, "ResourceGroupNotFound", f"Resource group '{call.param('rg')}' could not be found.")
    location = str(body.get("location", "")).replace(" ", "").lower()
    known = call.world.resources.get(call.path)
    if not location:
        raise Problem(400, "LocationRequired", "The location property is required for this definition.")
    if known is not None and known.body["location"] != location:
        text = f"The resource '{known.name}' already exists in location '{known.body['location']}'."
        raise Problem(409, "InvalidResourceLocation", text)
    tags = an_object(body.get("tags"), "tags")
    written: Json = {
        "id": shown_id(known.id if known else call.path),
        "name": call.path.rpartition("/")[2],
        "type": shown_type(kind.name),
        "location": location,
        **({"tags": tags} if tags or "tags" not in _NULLS[kind.name] else {}),
        "systemData": stamped(call, known),
        "properties": {"objectId": call.world.guid("object", call.path), **properties},
    }
    if known is not None:
        known.replace(written, call.now_us)
        return known
    return call.world.resources.add(Resource(call.path, kind.name, written, call.now_us))


def created(resource: Resource) -> Answer:
    """Answer the PUT of a new resource (recorded: the location is a path)."""
    return Answer(written(resource), 201, {"Location": resource.body["id"]})


def written(resource: Resource, **more: object) -> Json:
    """Return a resource as the answer to a PUT shows it: a list that was not read is null (recorded)."""
    unread = dict.fromkeys(_UNREAD & _NULLS[resource.type]["properties"].keys())
    return show(resource, **unread, **more)


def stamped(call: Call, known: Resource | None) -> Json:
    """Return the system data after a write of the caller's."""
    who = call.principal.object_id or call.principal.name
    return system_data(iso_z(call.now_us), known.body.get("systemData") if known else None, who)


def patched(call: Call, resource: Resource, body: Json) -> None:
    """Apply a patch of properties, and of tags where a type has them."""
    wanted = an_object(body.get("properties"), "properties")
    changed = {"tags": an_object(body["tags"], "tags")} if body.get("tags") is not None else {}
    properties = {**resource.properties, **{key: value for key, value in wanted.items() if value is not None}}
    stamp = {"systemData": stamped(call, resource)}
    resource.replace({**resource.body, **changed, **stamp, "properties": properties}, call.now_us)


def listed(call: Call, kind: ResourceType) -> Answer:
    """List a type within the resource group or subscription of the path."""
    scope = call.path.lower().partition("/providers/")[0] + "/"
    found = [show(each) for each in call.world.resources.of_type(kind.name) if each.key.startswith(scope)]
    return paged(call, found)


def _number(call: Call, name: str, otherwise: int) -> int:
    text = call.query.get(name) or str(otherwise)
    number = whole(text)
    if number is None:
        raise invalid(f"{name} is no number: '{text[:60]}'.")
    return number


def paged(call: Call, items: list[Json]) -> Answer:
    """Cut a list into pages by `pageSize` and `initialSkip`."""
    skip, size = _number(call, "initialskip", 0), max(1, _number(call, "pagesize", _PAGE))
    body: Json = {"value": items[skip : skip + size], "nextLink": None}
    if skip + size < len(items):
        version = call.query.get("api-version", "")
        query = f"api-version={version}&pageSize={size}&initialSkip={skip + size}"
        body["nextLink"] = f"{call.base}{call.path}?{query}"
    return Answer(body)
