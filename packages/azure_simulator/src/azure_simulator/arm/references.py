"""What a body refers to: malformed ids, and resources that do not exist."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.arm.reading import unsupported
from azure_simulator.arm.registry import registry
from azure_simulator.core.answers import Json, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.arm.providers import ResourceProvider
    from azure_simulator.core.calls import Call
    from azure_simulator.core.resources import Resource

_ID = re.compile(r"/(subscriptions/[^/]+|providers/[^/]+/.+)", re.IGNORECASE)


def check(call: Call, provider: ResourceProvider) -> None:
    """Refuse malformed ids and, where the provider's links must exist, those of resources that do not."""
    if call.method not in {"PUT", "PATCH"} or not provider.checks_ids or not isinstance(call.body, dict):
        return
    for path, wanted in _references(call.body.get("properties"), "properties"):
        if _ID.match(wanted) is None:
            raise Problem(
                400,
                "LinkedInvalidPropertyId",
                f"Property id '{wanted}' at path '{path}' is invalid. Expect fully qualified resource Id that start "
                "with '/subscriptions/{subscriptionId}' or '/providers/{resourceProviderNamespace}/'.",
            )
        if provider.links_exist and not wanted.lower().startswith(f"{call.path.lower()}/"):
            need(call, wanted)
        elif not provider.links_exist and not registry(call.world).declares(_type(wanted)):
            name = path.removeprefix("properties.").removesuffix(".id")
            raise unsupported(name, f"A reference to a resource of the type {_type(wanted)}")


def _type(wanted: str) -> str:
    start = wanted.lower().rfind("/providers/") + len("/providers/")
    namespace, *rest = wanted[start:].split("/")
    return "/".join([namespace, *rest[::2]])


def need(call: Call, wanted: str) -> Resource:
    """Give what a network resource refers to."""
    found = call.world.resources.get(wanted)
    if found is None:
        raise missing(call, wanted)
    return found


def missing(call: Call, wanted: str) -> Problem:
    """Word a reference to what does not exist, or not in this region."""
    return Problem(
        400,
        "InvalidResourceReference",
        f"Resource {wanted} referenced by resource {call.path} was not found. Please make sure that the referenced "
        "resource exists, and that both resources are in the same region.",
    )


def check_twins(call: Call, rows: list[Json]) -> None:
    """Refuse two parts of one resource with the same name."""
    seen: set[str] = set()
    for row in rows:
        name = str(row.get("name", ""))
        if name.lower() in seen:
            text = f"Resource {call.path} has two child resources with the same name ({name})."
            detail = {"code": "DuplicateResourceName", "message": text}
            raise Problem(400, "InvalidRequestFormat", "Cannot parse the request.", details=[detail])
        seen.add(name.lower())


def _references(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Find `{"id": ...}` below a body's properties; an image may be named in other ways."""
    if isinstance(value, list):
        for at, each in enumerate(value):
            yield from _references(each, f"{path}[{at}]")
    if not isinstance(value, dict) or path.endswith(".imageReference"):
        return
    wanted = value.get("id")
    if isinstance(wanted, str):
        yield f"{path}.id", wanted
    for key, each in value.items():
        yield from _references(each, f"{path}.{key}")
