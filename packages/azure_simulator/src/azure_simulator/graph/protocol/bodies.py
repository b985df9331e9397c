"""The shapes of bodies: the members that a writer may send, their kinds and lengths, and the directory's refusals.

A shape is a table of `Text`, `Flag`, `Number`, `Many` and `Complex`. `read` returns the members that were sent, as they
are kept. What Graph has and the simulator has not is named in `unsupported`, what only the directory sets in
`read_only`: three refusals with three texts. The wording of the 400s other than these is unchecked against Graph.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from azure_simulator.core.answers import Problem
from azure_simulator.core.times import parse_iso
from azure_simulator.graph.directory.countries import is_country
from azure_simulator.graph.protocol import checks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure_simulator.graph.directory.records import Doc

NOT_SUPPORTED = "NotSupportedBySimulator"
"""The code of a refusal of a feature that Graph has and the simulator lacks."""


@dataclass(frozen=True, slots=True)
class Text:
    """A string: at most so long, one of some choices, or all of a pattern.

    `written` is `guid`, `date`, `base64` or `country`.
    """

    longest: int = 0
    choices: tuple[str, ...] = ()
    pattern: str = ""
    written: str = ""
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number between two."""

    least: int = 0
    most: int = 2**31 - 1
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Many:
    """A collection, never null, with a largest length."""

    of: Shape
    most: int = 0
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Complex:
    """An object. A PATCH changes only the members in its body (`merges`), or replaces the whole object."""

    members: Mapping[str, Shape]
    needed: tuple[str, ...] = ()
    merges: bool = False
    nullable: bool = True


def names(text: str) -> frozenset[str]:
    """Return the names that a text has, between blanks."""
    return frozenset(text.split())


Shape = Text | Flag | Number | Many | Complex


@dataclass(frozen=True, slots=True)
class Body:
    """The body of one type of entity."""

    type: str
    members: Mapping[str, Shape]
    read_only: frozenset[str] = frozenset()
    unsupported: frozenset[str] = frozenset()
    code: str = "Request_BadRequest"
    annotations: frozenset[str] = field(default=frozenset({"@odata.type", "@odata.context", "@odata.id"}))
    """Members with an @ that are understood and not kept."""

    @property
    def resource(self) -> str:
        """Return the type as messages name it."""
        return self.type[:1].upper() + self.type[1:]


def read(body: Doc, shape: Body, before: Doc | None = None) -> Doc:
    """Return the members that a body sets; `before` is the entity that a PATCH changes.

    Raises:
        Problem: the 400 for the first member that is unknown, read-only, not simulated, or has no possible value.
    """
    read: Doc = {}
    for name, value in body.items():
        if name in shape.annotations:
            continue
        if name in shape.unsupported:
            raise not_supported(f"The property '{name}' of {shape.type}")
        if name in shape.read_only:
            raise checks.bad_request(f"Property '{name}' is read-only and cannot be set.", shape.code)
        if name not in shape.members:
            text = f"Property '{name}' does not exist as a declared property or extension property."
            raise checks.bad_request(text, shape.code)
        read[name] = _value(value, shape.members[name], _Place(name, shape.resource, shape.code))
        read[name] = _merged(read[name], (before or {}).get(name), shape.members[name])
    return read


def not_supported(what: str) -> Problem:
    """Return the 400 for a feature of Graph that the simulator lacks."""
    return Problem(400, NOT_SUPPORTED, f"{what} is not supported by the simulator.")


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    resource: str
    code: str

    def below(self, name: str) -> _Place:
        return _Place(f"{self.path}.{name}", self.resource, self.code)

    def refuse(self, why: str = "") -> Problem:
        text = f"Invalid value specified for property '{self.path}' of resource '{self.resource}'."
        return checks.bad_request(f"{text} {why}".strip(), self.code)


def _merged(value: Any, before: Any, shape: Shape) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(shape, Complex) or not shape.merges or not isinstance(value, dict):
        return value
    old: Doc = before if isinstance(before, dict) else {}
    return {**old, **{name: _merged(each, old.get(name), shape.members[name]) for name, each in value.items()}}


def _value(value: Any, shape: Shape, place: _Place) -> Any:  # noqa: ANN401 - JSON
    if value is None:
        if not shape.nullable:
            raise place.refuse("It cannot be null.")
        return None
    match shape:
        case Text():
            return _text(value, shape, place)
        case Many():
            return _many(value, shape, place)
        case Complex():
            return _complex(value, shape, place)
    if not _is_plain(value, shape):
        raise place.refuse()
    return value


def _is_plain(value: object, shape: Flag | Number) -> bool:
    if isinstance(shape, Flag):
        return isinstance(value, bool)
    return isinstance(value, int) and not isinstance(value, bool) and shape.least <= value <= shape.most


def _many(value: Any, shape: Many, place: _Place) -> list[Any]:  # noqa: ANN401 - JSON
    if not isinstance(value, list):
        raise place.refuse()
    if shape.most and len(value) > shape.most:
        raise place.refuse(f"At most {shape.most} are allowed.")
    return [_value(each, _inner(shape.of), place) for each in value]


def _inner(shape: Shape) -> Shape:
    """Return the shape of an element: no element of a collection is null."""
    match shape:
        case Text():
            return Text(shape.longest, shape.choices, shape.pattern, shape.written, nullable=False)
        case Complex():
            return Complex(shape.members, shape.needed, nullable=False)
        case _:
            return shape


def _complex(value: Any, shape: Complex, place: _Place) -> Doc:  # noqa: ANN401 - JSON
    if not isinstance(value, dict):
        raise place.refuse()
    for name in shape.needed:
        if value.get(name) in (None, ""):
            raise place.below(name).refuse("A value is required.")
    found: Doc = {}
    for name, each in value.items():
        if name.startswith("@odata."):
            continue
        if name not in shape.members:
            raise checks.bad_request(f"The property '{name}' does not exist on the type of '{place.path}'.")
        found[name] = _value(each, shape.members[name], place.below(name))
    return found


def _text(value: Any, shape: Text, place: _Place) -> str:  # noqa: ANN401 - JSON
    if not isinstance(value, str):
        raise place.refuse()
    if shape.longest and len(value) > shape.longest:
        raise place.refuse(f"It has more than {shape.longest} characters.")
    if shape.choices and value not in shape.choices:
        raise place.refuse(f"Possible values are: {', '.join(shape.choices)}.")
    if shape.pattern and not re.fullmatch(shape.pattern, value):
        raise place.refuse()
    if not _is_written(value, shape.written):
        raise place.refuse()
    return value


def _is_written(value: str, how: str) -> bool:
    try:
        match how:
            case "guid":
                return checks.is_id(value)
            case "country":
                return is_country(value)
            case "date":
                parse_iso(value)
            case "base64":
                base64.b64decode("".join(value.split()), validate=True)
    except (ValueError, OverflowError, binascii.Error):
        return False
    return True
