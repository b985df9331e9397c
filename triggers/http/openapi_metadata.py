"""Declarations of routes: bodies, results and query parameters, and responses that are derived from a type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, ClassVar, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel, Field, TypeAdapter
from typing_extensions import TypedDict

from shared.domain.values import Value
from triggers.http.json_schema import Json, unrestricted
from triggers.http.odata import Collection

_STRING: Json = {"type": "string"}


def nullable(schema: Json) -> Json:
    """Return a schema that allows null too."""
    return {"anyOf": [schema, {"type": "null"}]}


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

    def properties(self) -> frozenset[str]:
        """Return the names of all properties that it may have."""
        return properties_of(self.parts)


Node: TypeAlias = "type[Any] | Derived | tuple[Node, ...]"
"""Type that a route accepts or returns: a model or ``TypedDict``, something derived of these, or any of several."""


def name_of(node: type[Any] | Derived) -> str:
    """Return a body's name in the OpenAPI document; a view has the name of its resource."""
    return node.name if isinstance(node, Derived) else node.__name__.removesuffix("View")


def properties_of(node: Node | None) -> frozenset[str]:
    """Return the names of all properties that a route's result may have; for a page, its items' properties."""
    match node:
        case None:
            return frozenset()
        case tuple():
            return frozenset().union(*map(properties_of, node))
        case Derived():
            return node.properties()
    if issubclass(node, BaseModel):
        return frozenset(field.serialization_alias or field.alias or name for name, field in node.model_fields.items())
    return frozenset(node.__annotations__)


def choices_of(node: Node | None, names: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return the values of those properties of a page's items that have one of a few, by name; ``a/b`` is b of a."""
    items = node.items if isinstance(node, Page) else node
    while isinstance(items, Derived):
        items = items.parts[0]
    return _choices_within(items, names) if isinstance(items, type) else {}  # type: ignore[arg-type] # a type is hashable


@cache
def _choices_within(items: type[Any], names: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    schema = TypeAdapter(items).json_schema(mode="serialization")
    found = {name: tuple(_choices(schema, schema, name)) for name in names}
    return {name: choices for name, choices in found.items() if len(choices) > 1}


def _choices(schema: Json, part: Json, name: str) -> list[str]:
    """Return the texts that a property may be by its schema, none if it may be any text."""
    if "$ref" in part:
        return _choices(schema, schema["$defs"][part["$ref"].rpartition("/")[2]], name)
    if alternatives := [each for each in part.get("anyOf", ()) if each.get("type") != "null"]:
        found = [_choices(schema, each, name) for each in alternatives]
        return [each for choices in found for each in choices] if all(found) else []
    if part.get("type") == "array":
        return _choices(schema, part["items"], name)
    if not name:
        named = part.get("enum", [part["const"]] if "const" in part else [])
        return named if all(isinstance(each, str) for each in named) else []
    properties = part.get("properties", {})
    first, rest = (name, "") if name in properties or "/" not in name else name.split("/", 1)
    return _choices(schema, properties[first], rest) if first in properties else []


class Entity(Derived):
    """A resource of Graph: ``$select`` decides which properties of *view* an answer has; its *key* it always has."""

    def __init__(self, view: type[Any], key: tuple[str, ...] = ("id",)) -> None:
        super().__init__(name_of(view), view)
        self.view, self.key = view, key

    def schema(self, schemas: Schemas) -> Json:
        """Return the schema of the view with the annotations of an entity; only its key is required."""
        whole = schemas.whole(self.view)
        properties = {"@odata.context": _STRING, "@odata.etag": _STRING, **whole["properties"]}
        return {**whole, "properties": properties, "required": [*self.key]}


_UNREADABLE = {
    "type": "object",
    "properties": {"id": _STRING, "reason": _STRING},
    "required": ["id", "reason"],
    "additionalProperties": False,
}
_UNREADABLE_MEANS = "Records that the list lacks because this release cannot read them; only where there are any"


class Page(Derived):
    """A page of a list of *items*. *more*: further properties of the page by name, which may be null."""

    def __init__(self, items: type[Any] | Derived, more: Mapping[str, type[Any]] | None = None) -> None:
        self.items, self.more = items, more or {}
        super().__init__(f"{name_of(items)}Page", items, *self.more.values())

    def schema(self, schemas: Schemas) -> Json:
        """Return the schema: the items, the further properties, and the annotations of the list."""
        properties = {
            "value": {"type": "array", "items": schemas.ref(self.items)},
            "@odata.context": _STRING,
            "@odata.count": {"type": "integer"},
            "@odata.nextLink": _STRING,
            "@deskwright.unreadable": {"type": "array", "items": _UNREADABLE, "description": _UNREADABLE_MEANS},
        }
        required = ["value", *self.more]
        properties |= {name: nullable(schemas.ref(node)) for name, node in self.more.items()}
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}

    def properties(self) -> frozenset[str]:
        """Return the names of all properties that its items may have."""
        return properties_of(self.items)


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

    def properties(self) -> frozenset[str]:
        """Return the names of the fields that are left."""
        return properties_of(self.model) - {*self.fields}

    def dump(self, value: Value) -> Json:
        """Return *value*, an instance of the model, as JSON without the fields."""
        return {name: each for name, each in value.to_json().items() if name not in self.fields}


class Text(Derived):
    """A body that is not JSON."""

    media_type: ClassVar[str] = "text/plain"

    def __init__(self) -> None:
        super().__init__("Text")

    def schema(self, schemas: Schemas) -> Json:
        """Return the schema of a string."""
        del schemas
        return _STRING


PAGES = ("$top", "$skiptoken")
ONE = ("$select",)
_ATTRIBUTE = "__deskwright_openapi__"
_ELSEWHERE = "__deskwright_shown_elsewhere__"
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class RouteMetadata:
    """Facts of a route. *accepts*: its body, or None; *optional*: it may be left out. *returns*: bodies by status.

    *query*: a collection, for the options of OData; or names of query parameters. *graph*: errors have Graph's shape.
    *verb*: the permission, empty for a route that asks for none. *action*: facts for clients about its action.
    *scoped*: whether callers whose roles have a scope may call it.
    """

    accepts: Node | None = None
    optional: bool = False
    returns: Mapping[int, Node | None] = field(default_factory=dict)
    query: Collection | tuple[str, ...] = ()
    graph: bool = False
    verb: str = ""
    action: Json | None = None
    scoped: bool = False

    @property
    def bodies(self) -> tuple[Node, ...]:
        """The bodies that it accepts and returns."""
        return tuple(each for each in (self.accepts, *self.returns.values()) if each is not None)


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address. *metadata* is None if nothing was declared; *keyed*: a function key is required."""

    name: str
    method: str
    address: str
    docstring: str
    keyed: bool = False
    metadata: RouteMetadata | None = None


@unrestricted
class Document(TypedDict):
    """An OpenAPI document."""

    openapi: str
    info: Annotated[Json, Field(description="Title and version")]
    servers: list[Annotated[Json, Field(description="Where the addresses begin")]]
    tags: list[Annotated[Json, Field(description="A resource by whose name operations are grouped")]]
    paths: dict[str, Annotated[Json, Field(description="The operations of one address, by method")]]
    components: Annotated[Json, Field(description="Schemas and security schemes")]


def returns(
    answers: Mapping[int, Node | None], *, accepts: Node | None = None, query: tuple[str, ...] = ()
) -> Callable[[F], F]:
    """Declare a route outside the frame of ``triggers.http.endpoints``; a body may be left out."""
    metadata = RouteMetadata(accepts, optional=True, returns=answers, query=query)
    return lambda function: attach(function, metadata)


def attach(function: F, metadata: RouteMetadata) -> F:
    """Keep the metadata with the function that is registered for the route."""
    setattr(function, _ATTRIBUTE, metadata)
    return function


def shown_elsewhere(function: F) -> F:
    """Mark a function that does the same as a documented one at another address."""
    setattr(function, _ELSEWHERE, True)
    return function


def is_shown_elsewhere(function: Callable[..., Any]) -> bool:
    """Return whether another route documents the function."""
    return getattr(function, _ELSEWHERE, False) is True


def metadata_of(function: Callable[..., Any]) -> RouteMetadata | None:
    """Return the metadata declared for a route, None without any."""
    found = getattr(function, _ATTRIBUTE, None)
    return found if isinstance(found, RouteMetadata) else None
