"""What a route takes, asks and gives, declared beside its permission; ``openapi.py`` tells it to callers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared.domain.describing import Node
from shared.domain.graph.odata import Collection

PAGES = ("$top", "$skiptoken")
ONE = ("$select",)
_PLACE = "__deskwright_described__"
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Described:
    """*takes*: the body, None: there is none; *optional*: it may be left out. *gives*: the body for each good status.

    *asks*: a collection, for the options of OData; or names of query parameters. *graph*: errors have Graph's shape.
    """

    accepts: Node | None = None
    optional: bool = False
    returns: Mapping[int, Node | None] = field(default_factory=dict)
    query: Collection | tuple[str, ...] = ()
    graph: bool = False
    verb: str = ""


def returns(
    answers: Mapping[int, Node | None], *, accepts: Node | None = None, query: tuple[str, ...] = ()
) -> Callable[[F], F]:
    """Declare a route outside the frame of ``triggers.http.endpoints``; a body may be left out."""
    return lambda function: describe(function, Described(accepts, optional=True, returns=answers, query=query))


def describe(function: F, described: Described) -> F:
    """Keep with *function* what its route takes and gives."""
    setattr(function, _PLACE, described)
    return function


def description_of(function: Callable[..., Any]) -> Described | None:
    """Return what was declared for a route, None when nothing was."""
    found = getattr(function, _PLACE, None)
    return found if isinstance(found, Described) else None
