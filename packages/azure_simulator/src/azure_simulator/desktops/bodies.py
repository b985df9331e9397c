"""What the resources of Microsoft.DesktopVirtualization have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import immutable_properties
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.requests import whole
from azure_simulator.core.resources import Resource
from azure_simulator.core.times import iso_z

if TYPE_CHECKING:
    from azure_simulator.arm.resource_types import ResourceType
    from azure_simulator.core.calls import Call

_PAGE = 1_000


def invalid(text: str) -> Problem:
    """Make the provider's 400."""
    return Problem(400, "InvalidRequestContent", text)


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
    shown: Json = {
        "id": known.id if known else call.path,
        "name": call.path.rpartition("/")[2],
        "type": kind.name,
        "location": location,
        "tags": an_object(body.get("tags"), "tags"),
        "properties": {"objectId": call.world.guid("object", call.path), **properties},
    }
    if known is not None:
        known.replace({**shown, "systemData": known.body["systemData"]}, call.now_us)
        return known
    moment = iso_z(call.now_us)
    shown["systemData"] = {"createdAt": moment, "createdByType": "Application"}
    return call.world.resources.add(Resource(call.path, kind.name, shown, call.now_us))


def patched(call: Call, kind: ResourceType, resource: Resource, body: Json) -> None:
    """Apply a patch of properties, and of tags where a type has them."""
    wanted = an_object(body.get("properties"), "properties")
    immutable_properties.check(kind, body, resource)
    tags = resource.body.get("tags", {}) if body.get("tags") is None else an_object(body["tags"], "tags")
    properties = {**resource.properties, **{key: value for key, value in wanted.items() if value is not None}}
    tagged = {"tags": tags} if "tags" in resource.body else {}
    resource.replace({**resource.body, **tagged, "properties": properties}, call.now_us)


def listed(call: Call, kind: ResourceType) -> Answer:
    """List a type within the resource group or subscription of the path."""
    scope = call.path.lower().partition("/providers/")[0] + "/"
    found = [each.body for each in call.world.resources.of_type(kind.name) if each.key.startswith(scope)]
    return Answer({"value": found})


def _number(call: Call, name: str, otherwise: int) -> int:
    text = call.query.get(name) or str(otherwise)
    number = whole(text)
    if number is None:
        raise invalid(f"{name} is no number: '{text[:60]}'.")
    return number


def paged(call: Call, items: list[Json]) -> Answer:
    """Cut a list into pages by `pageSize` and `initialSkip`."""
    skip, size = _number(call, "initialskip", 0), max(1, _number(call, "pagesize", _PAGE))
    body: Json = {"value": items[skip : skip + size]}
    if skip + size < len(items):
        version = call.query.get("api-version", "")
        query = f"api-version={version}&pageSize={size}&initialSkip={skip + size}"
        body["nextLink"] = f"{call.base}{call.path}?{query}"
    return Answer(body)
