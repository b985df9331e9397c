"""Responses that are derived from a type: a page of it, what ``$select`` leaves of a view, a part of a model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Protocol, TypeAlias

from shared.domain.values import Value
from triggers.http.json_schema import Json

_STRING: Json = {"type": "string"}


class Schemas(Protocol):
    """The schemas of a document."""

    def ref(self, node: Node) -> Json:
        """Return a schema that refers to *node*."""

    def whole(self, of: type[Any]) -> Json:
        """Return the schema of a type itself."""


class Derived(ABC):
    """A schema with a *name* in the document, made of the schemas of its *parts*."""

    media_type: ClassVar[str] = "application/json"

    def __init__(self, name: str, *parts: Node) -> None:
        self.name, self.parts = name, parts

    @abstractmethod
    def schema(self, schemas: Schemas) -> Json:
        """Return its schema."""


Node: TypeAlias = "type[Any] | Derived | tuple[Node, ...]"
"""What a route accepts or returns: a model or ``TypedDict``, something derived of these, or any of several."""


def name_of(node: type[Any] | Derived) -> str:
    """Return the name in the document: of a view, that of what it shows."""
    return node.name if isinstance(node, Derived) else node.__name__.removesuffix("View")


class Entity(Derived):
    """A resource of Graph: ``$select`` decides which properties of *view* an answer has; the id it always has."""

    def __init__(self, view: type[Any]) -> None:
        super().__init__(name_of(view), view)
        self.view = view

    def schema(self, schemas: Schemas) -> Json:
        """Return the schema of the view with the annotations of an entity; only the id is required."""
        whole = schemas.whole(self.view)
        properties = {"@odata.context": _STRING, "@odata.etag": _STRING, **whole["properties"]}
        return {**whole, "properties": properties, "required": ["id"]}


class Page(Derived):
    """A page of a list of *items*."""

    def __init__(self, items: type[Any] | Derived) -> None:
        super().__init__(f"{name_of(items)}Page", items)
        self.items = items

    def schema(self, schemas: Schemas) -> Json:
        """Return the schema: the items, and the annotations of the list."""
        properties = {
            "value": {"type": "array", "items": schemas.ref(self.items)},
            "@odata.context": _STRING,
            "@odata.count": {"type": "integer"},
            "@odata.nextLink": _STRING,
        }
        return {"type": "object", "properties": properties, "required": ["value"], "additionalProperties": False}


class Without(Derived):
    """A *model* without some *fields* (as in JSON): the address has them, or clients may not send them."""

    def __init__(self, model: type[Value], fields: tuple[str, ...], name: str = "") -> None:
        super().__init__(name or model.__name__, model)
        self.model, self.fields = model, fields

    def schema(self, schemas: Schemas) -> Json:
        """Return the schema of the model without the fields."""
        whole = schemas.whole(self.model)
        schema = {**whole, "properties": {k: v for k, v in whole["properties"].items() if k not in self.fields}}
        if "required" in whole:
            schema["required"] = [name for name in whole["required"] if name not in self.fields]
        return schema

    def dump(self, value: Value) -> Json:
        """Return *value*, an instance of the model, as JSON without the fields."""
        return {name: each for name, each in value.to_json().items() if name not in self.fields}


class Text(Derived):
    """A body that is not JSON."""

    media_type: ClassVar[str] = "text/plain"

    def __init__(self) -> None:
        super().__init__("Text")

    def schema(self, schemas: Schemas) -> Json:
        """Return that it is a string."""
        del schemas
        return _STRING
