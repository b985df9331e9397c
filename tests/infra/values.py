"""Possible values of a Bicep expression before its deployment: a value, one of several, or something of a kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Value = Any
"""JSON, or one of the classes below."""

KINDS = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict}
"""The types in the order of their checks: bool comes before int, of which it is a subclass."""


@dataclass(frozen=True)
class Unknown:
    """A value that only a deployment knows: of a kind of `types.json`, or `any`."""

    kind: str = "any"
    least: int | None = None
    """The shortest that a text, or an array, may be; None where nothing is known of that."""
    most: int | None = None


@dataclass(frozen=True)
class Either:
    """One of two values; a condition that only a deployment knows decides."""

    yes: Value
    no: Value


@dataclass
class Resource:
    """A declared resource, and the object that `x.properties...` refers to."""

    symbol: str
    type: str
    version: str
    line: int
    existing: bool = False
    deployed: Value = True
    body: dict[str, Value] = field(default_factory=dict)
    children: dict[str, Resource] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Name in `types.json`."""
        return f"{self.type.lower()}@{self.version}"


@dataclass
class Module:
    """Another template that is deployed as a part."""

    symbol: str
    file: str
    line: int
    deployed: Value = True
    body: dict[str, Value] = field(default_factory=dict)
    outputs: dict[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Declared:
    """A resource's or a module's own symbol, or one of its members, which has a place in `types.json`."""

    of: Resource | Module
    place: int | None = None


def kind_of(value: Value) -> str:
    """Name the kind of a value as `types.json` does."""
    if isinstance(value, Unknown):
        return value.kind
    if isinstance(value, Either):
        return kind_of(value.yes) if kind_of(value.yes) == kind_of(value.no) else "any"
    return next((kind for kind, of in KINDS.items() if isinstance(value, of)), "any")


def certain(value: Value) -> bool:
    """Return whether a value is known before the deployment."""
    match value:
        case dict():
            return all(map(certain, value.values()))
        case list():
            return all(map(certain, value))
        case Unknown() | Either() | Declared():
            return False
        case _:
            return True


def possible(value: Value) -> Iterator[Value]:
    """Yield each value that one may be."""
    if isinstance(value, Either):
        yield from possible(value.yes)
        yield from possible(value.no)
    else:
        yield value


def lengths(value: Value) -> tuple[int | None, int | None]:
    """Return how short and how long a text or an array may be."""
    if isinstance(value, str | list):
        return len(value), len(value)
    return (value.least, value.most) if isinstance(value, Unknown) else (None, None)
