"""The secrets of a body: the members that the schema of the body marks with ``writeOnly``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from triggers.http.json_schema import Json
from triggers.http.openapi_metadata import Node

Place: TypeAlias = "tuple[str, ...]"
"""The names of the members around a secret and its own; lists between them have none."""
_ANY = "*"  # a member of any name
_SAME_PLACE = ("anyOf", "oneOf", "allOf", "prefixItems")


def secret_places(node: Node | None) -> frozenset[Place]:
    """Return the places of all secrets in the bodies that *node* describes.

    The schemas are made for it: those of the wizards' forms take some tens of milliseconds.
    """
    from triggers.http.views.openapi_components import Components  # at a cold start nobody needs it

    if node is None:
        return frozenset()
    components = Components((node,))
    schema = components.ref(node)
    return frozenset(_places(schema, components.used_in(schema), frozenset()))


def without_secrets(body: Any, places: frozenset[Place]) -> Any:  # noqa: ANN401 - any JSON
    """Return a body with the secret at each of *places* left empty."""
    if isinstance(body, list):
        return [without_secrets(each, places) for each in body]
    if not (places and isinstance(body, dict)):
        return body
    return {name: _without_secrets_at(each, _inside(name, places)) for name, each in body.items()}


def _without_secrets_at(value: Any, places: frozenset[Place]) -> Any:  # noqa: ANN401 - any JSON
    return "" if () in places else without_secrets(value, places)


def _inside(name: str, places: frozenset[Place]) -> frozenset[Place]:
    return frozenset(place[1:] for place in places if place[0] in {name, _ANY})


def _places(schema: Json, schemas: Mapping[str, Json], seen: frozenset[str]) -> Iterator[Place]:
    if schema.get("writeOnly"):
        yield ()
        return
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name and name not in seen:
        yield from _places(schemas[name], schemas, seen | {name})
    for part in (*(each for key in _SAME_PLACE for each in schema.get(key, ())), schema.get("items")):
        if isinstance(part, dict):
            yield from _places(part, schemas, seen)
    for member, part in (*schema.get("properties", {}).items(), (_ANY, schema.get("additionalProperties"))):
        if isinstance(part, dict):
            yield from ((member, *place) for place in _places(part, schemas, seen))
