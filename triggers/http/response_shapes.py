"""What routes return that is no type of its own: a page, an entity of which ``$select`` chooses, a trimmed model."""

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
    """A schema with a name, made of the schemas of its *parts*."""

    media_type: ClassVar[str] = "application/json"

    @property
    @abstractmethod
    def name(self) -> str:
        """Its name in the document."""

    @property
    @abstractmethod
    def parts(self) -> tuple[Node, ...]:
        """What it is made of."""

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
        self.view = view

    @property
    def name(self) -> str:
        """That of the view."""
        return name_of(self.view)

    @property
    def parts(self) -> tuple[Node, ...]:
        """The view."""
        return (self.view,)

    def schema(self, schemas: Schemas) -> Json:
        """Return the schema of the view with the annotations of an entity; only the id is required."""
        whole = schemas.whole(self.view)
        properties = {"@odata.context": _STRING, "@odata.etag": _STRING, **whole["properties"]}
        return {**whole, "properties": properties, "required": ["id"]}


class Page(Derived):
    """A page of a list."""

    def __init__(self, of: type[Any] | Derived) -> None:
        self.of = of

    @property
    def name(self) -> str:
        """That of an item, and ``Page``."""
        return f"{name_of(self.of)}Page"

    @property
    def parts(self) -> tuple[Node, ...]:
        """The items."""
        return (self.of,)

    def schema(self, schemas: Schemas) -> Json:
        """Return the schema: the items, and what OData says of the list."""
        properties = {
            "value": {"type": "array", "items": schemas.ref(self.of)},
            "@odata.context": _STRING,
            "@odata.count": {"type": "integer"},
            "@odata.nextLink": _STRING,
        }
        return {"type": "object", "properties": properties, "required": ["value"], "additionalProperties": False}


class Without(Derived):
    """A model of which some properties are left out, because the address has them or nobody may send them."""

    def __init__(self, model: type[Value], fields: tuple[str, ...], name: str = "") -> None:
        self.model, self.fields = model, fields
        self._name = name or model.__name__

    @property
    def name(self) -> str:
        """That of the model, if it was given no other."""
        return self._name

    @property
    def parts(self) -> tuple[Node, ...]:
        """The model."""
        return (self.model,)

    def schema(self, schemas: Schemas) -> Json:
        """Return the schema of the model without the properties."""
        whole = schemas.whole(self.model)
        made = {**whole, "properties": {k: v for k, v in whole["properties"].items() if k not in self.fields}}
        if "required" in whole:
            made["required"] = [name for name in whole["required"] if name not in self.fields]
        return made

    def dump(self, value: Value) -> Json:
        """Return *value*, which is one of the model, as JSON without these properties."""
        return {name: each for name, each in value.to_json().items() if name not in self.fields}


class _Text(Derived):
    """A body that is not JSON."""

    media_type: ClassVar[str] = "text/plain"

    @property
    def name(self) -> str:
        """The one name."""
        return "Text"

    @property
    def parts(self) -> tuple[Node, ...]:
        """None."""
        return ()

    def schema(self, schemas: Schemas) -> Json:
        """Return that it is a string."""
        del schemas
        return _STRING


TEXT = _Text()
