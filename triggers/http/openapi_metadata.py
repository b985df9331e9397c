"""Bodies, results and query parameters of a route, declared beside its permission; ``openapi.py`` publishes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from pydantic import Field
from typing_extensions import TypedDict

from triggers.http.json_schema import Json, unrestricted
from triggers.http.odata import Collection
from triggers.http.response_shapes import Node

PAGES = ("$top", "$skiptoken")
ONE = ("$select",)
_ATTRIBUTE = "__deskwright_openapi__"
_ELSEWHERE = "__deskwright_shown_elsewhere__"
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class RouteMetadata:
    """*accepts*: the body, None: there is none; *optional*: it may be left out. *returns*: the body for each status.

    *query*: a collection, for the options of OData; or names of query parameters. *graph*: errors have Graph's shape.
    *verb*: the permission, empty for a route that asks for none. *action*: facts for clients of the action that it is.
    """

    accepts: Node | None = None
    optional: bool = False
    returns: Mapping[int, Node | None] = field(default_factory=dict)
    query: Collection | tuple[str, ...] = ()
    graph: bool = False
    verb: str = ""
    action: Json | None = None

    @property
    def bodies(self) -> tuple[Node, ...]:
        """The bodies that it accepts and returns."""
        return tuple(each for each in (self.accepts, *self.returns.values()) if each is not None)


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address. *metadata* is None where nothing was declared; *keyed*: it asks for a function key."""

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
