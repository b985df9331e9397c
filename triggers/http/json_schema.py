"""Descriptions of JSON, to be put into the OpenAPI document: a property a line, a model where there is one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

_WORDS: dict[str, dict[str, Any]] = {
    "any": {},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "object": {"type": "object"},
    "string": {"type": "string"},
    "strings": {"type": "array", "items": {"type": "string"}},
    "time": {"type": "string", "format": "date-time"},
    "null": {"type": "null"},
}
TEXT = {"type": "string", "contentMediaType": "text/plain"}
"""A body that is no JSON."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A named JSON object. *properties*: JSON schemas, in which a model or another shape may stand for its own."""

    name: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    open: bool = False  # there may be more properties
    annotated: bool = False  # there may be annotations of OData

    @property
    def schema(self) -> dict[str, Any]:
        """Return its JSON schema."""
        made: dict[str, Any] = {"title": self.name, "type": "object", "properties": dict(self.properties)}
        if self.required:
            made["required"] = list(self.required)
        if self.annotated:
            made["patternProperties"] = {"@odata[.]": {}}
        return made if self.open else {**made, "additionalProperties": False}


@dataclass(frozen=True, slots=True)
class Trimmed:
    """A model as it is shown or taken where the address says the rest: without some of its properties."""

    name: str
    model: type[BaseModel]
    without: tuple[str, ...]


Node = Any
"""A JSON schema, a word of it, a model, a shape."""


def word(said: Node) -> Node:
    """Return the JSON schema that a word stands for; ``string?`` may be null; what is no word stays."""
    if not isinstance(said, str):
        return said
    if said.endswith("?"):
        return maybe(said[:-1])
    return _WORDS[said]


def maybe(said: Node) -> dict[str, Any]:
    """Return the schema of *said* or null."""
    return {"anyOf": [word(said), _WORDS["null"]]}


def many(said: Node) -> dict[str, Any]:
    """Return the schema of a list."""
    return {"type": "array", "items": word(said)}


def one_of(*values: str) -> dict[str, Any]:
    """Return the schema of a text that is one of *values*."""
    return {"type": "string", "enum": list(values)}


def shape(name: str, said: Mapping[str, Node], *, required: tuple[str, ...] = (), **more: bool) -> Shape:
    """Return a shape of properties that are said in words; *more*: whether it is ``open``, or ``annotated``."""
    return Shape(name, {key: word(value) for key, value in said.items()}, required, **more)


def whole(name: str, said: Mapping[str, Node]) -> Shape:
    """Return a shape of which every property is always there."""
    return shape(name, said, required=tuple(said))


def entity(name: str, said: Mapping[str, Node]) -> Shape:
    """Return a resource of Graph's: ``$select`` decides which of its properties are there, the id always is."""
    head = {"@odata.context": "string", "@odata.etag": "string"}
    return shape(name, {**head, **said}, required=("id",))


def listing(of: Node, name: str) -> Shape:
    """Return a page of a list."""
    said = {"value": many(of), "@odata.context": "string", "@odata.count": "integer", "@odata.nextLink": "string"}
    return shape(f"{name}Page", said, required=("value",))
