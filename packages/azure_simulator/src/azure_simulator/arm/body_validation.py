"""Validate a request body against its shape, as the provider it goes to would.

Members are matched in any case and come out in the documented one, as do values of enumerations.
Nulls count as absent. Read-only members are left out, as Azure ignores them: clients send back what they read. A
provider that is `steady` refuses one that says something else than the resource shows, or has lately shown.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from azure_simulator.arm.reading import unchangeable
from azure_simulator.core.answers import Json, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from azure_simulator.arm.sdk_models import Member, Shape

_KINDS = {
    "object": dict,
    "map": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}
_OPEN = frozenset({"VirtualMachineSizeTypes"})
"""Enumerations that name only some of the values there are."""
_FORMER = {("HostPoolType", "shared"): "Pooled"}
"""Values that Azure still takes, and those that it replaces them by (recorded)."""
_PASSING = frozenset({"provisioningstate", "etag", "diskstate", "status", "statustimestamp", "timecreated"})
"""Read-only members that change by themselves: a value that a client has read may be old."""
_LONG = frozenset(
    {
        "capacity",
        "diskIOPSReadWrite",
        "diskMBpsReadWrite",
        "diskIOPSReadOnly",
        "diskMBpsReadOnly",
        "diskSizeBytes",
        "uploadSizeBytes",
    }
)
"""Integers of 64 bits; all others have 32 (the formats of Microsoft's specifications)."""
_SHOWN = 60
_TRUTH = {"true": True, "false": False}
_DURATION = re.compile(r"P(?=.)(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?)")


@dataclass(frozen=True, slots=True)
class Dialect:
    """Wording of a provider's refusal of a body: its code, or the code of the detail below it."""

    code: str = "InvalidRequestContent"
    message: str = ""
    detail: str = ""
    converts: bool = False
    """Whether truth values may be written as texts, as .NET's reader takes them (recorded for Compute)."""

    def problem(self, path: str, text: str) -> Problem:
        """Make the 400 for a member."""
        if self.detail:
            detail = {"code": self.detail, "message": text, "target": path}
            return Problem(400, self.code, self.message, details=[detail])
        return Problem(400, self.code, text, target=path)


def _nothing(_: str) -> bool:
    return False


FRONT_DOOR = Dialect()
"""The dialect of ARM itself, which reads the members beside `properties`."""


@dataclass(frozen=True, slots=True)
class BodyReader:
    """Reads one body: in the provider's `dialect`; `complete` when nothing required may be missing.

    `before` is what the resource shows and has shown, `lacks` tells which members the api-version has not.
    """

    dialect: Dialect
    complete: bool
    before: Sequence[Json] = ()
    steady: bool = True
    lacks: Callable[[str], bool] = _nothing

    def conform(self, body: object, shape: Shape) -> Any:  # noqa: ANN401 - JSON in, JSON out
        """Copy a body in its documented form; raise a `Problem` for a body that the provider refuses."""
        return self._value(body, shape, "", list(self.before))

    def _value(self, value: object, shape: Shape, path: str, before: list[Any] | None) -> Any:  # noqa: ANN401 - JSON
        if shape.kind == "any":
            return value
        if self.dialect.converts and "." in path:
            value = _converted(value, shape.kind)
        self._check_kind(value, shape, path)
        match value:
            case dict() if shape.kind == "object":
                return self._object(value, shape, path, before)
            case dict() if shape.items is not None:
                items = shape.items
                return {
                    key: each if each is None else self._value(each, items, _join(path, key), None)
                    for key, each in value.items()
                }
            case list() if shape.items is not None:
                return [self._value(each, shape.items, f"{path}[{at}]", None) for at, each in enumerate(value)]
            case int() if shape.kind == "integer" and not -(1 << bits(path)) <= value < 1 << bits(path):
                self._refuse(path, f"JSON integer {value} is too large or small for an Int{bits(path) + 1}.")
            case str() if shape.choices and shape.name not in _OPEN:
                return self._choice(value, shape, path)
            case str() if shape.written and not is_written(value, shape.written):
                self._refuse(path, f"Error converting value \"{value[:_SHOWN]}\" to type '{shape.written}'.")
        return value

    def _object(self, body: Json, shape: Shape, path: str, before: list[Any] | None) -> Json:
        members, copy = shape.members, {}
        for key, value in body.items():
            inner, member = _join(path, key), members.get(key.lower())
            if (member is None and not shape.open) or (member and self.lacks(_join(path, member.name))):
                raise self._unknown(inner, key, shape)
            if value is None:
                continue
            if member is None:
                copy[key] = value
                continue
            if member.read_only:
                self._check_read_only(member, value, inner, before)
                continue
            below = None if before is None else [_at(each, member.name) for each in before]
            copy[member.name] = self._value(value, member.shape, inner, below)
        if self.complete:
            self._check_required(copy, members, path)
        return copy

    def _check_kind(self, value: object, shape: Shape, path: str) -> None:
        wanted = _KINDS[shape.kind]
        truth = isinstance(value, bool) and shape.kind in {"integer", "number"}
        if isinstance(value, wanted) and not truth:  # type: ignore[arg-type]
            return
        integral = shape.kind == "integer" and isinstance(value, float) and value.is_integer()
        if not integral:
            shown = value if isinstance(value, str) else json.dumps(value)
            self._refuse(path, f"Error converting value \"{shown[:_SHOWN]}\" to type '{shape.name or shape.kind}'.")

    def _choice(self, value: str, shape: Shape, path: str) -> str:
        if (shape.name, value.lower()) in _FORMER:
            return _FORMER[shape.name, value.lower()]
        if value.lower() not in shape.choices:
            self._refuse(path, f"Error converting value \"{value[:_SHOWN]}\" to type '{shape.name}'.")
        return shape.choices[value.lower()]

    def _refuse(self, path: str, text: str) -> None:
        raise self._problem(path, f"{text} Path '{path}'.")

    def _unknown(self, path: str, key: str, shape: Shape) -> Problem:
        owner = shape.name if "." in path else "ResourceDefinition"
        return self._problem(path, f"Could not find member '{key}' on object of type '{owner}'. Path '{path}'.")

    def _problem(self, path: str, text: str) -> Problem:
        if "." in path:
            return self.dialect.problem(path, text)
        return FRONT_DOOR.problem(path, f"The request content was invalid and could not be deserialized: '{text}'.")

    def _check_required(self, copy: Json, members: dict[str, Member], path: str) -> None:
        for member in members.values():
            if not member.required or member.name in copy or _join(path, member.name) == "location":
                continue
            name = _join(path, member.name).removeprefix("properties.")
            raise Problem(400, "InvalidParameter", f"Required parameter '{name}' is missing (null).", target=name)

    def _check_read_only(self, member: Member, value: object, path: str, before: list[Any] | None) -> None:
        views = member.shape.kind in {"object", "map", "array", "any"}
        if not self.steady or "." not in path or views or before is None or member.name.lower() in _PASSING:
            return
        shown = [each for each in (_at(one, member.name) for one in before) if each is not None]
        if shown and not any(_fold(value) == _fold(each) for each in shown):
            raise unchangeable(path.removeprefix("properties."))


def _converted(value: object, kind: str) -> object:
    """Read a truth value from a text; anything else stays."""
    text = value.strip().lower() if isinstance(value, str) else ""
    return _TRUTH[text] if kind == "boolean" and text in _TRUTH else value


def bits(path: str) -> int:
    """Tell in how many bits an integer of a path has to fit, without its sign."""
    return 63 if path.rpartition(".")[2] in _LONG else 31


def is_written(text: str, how: str) -> bool:
    """Return whether a text is a date-time, a duration or base64."""
    if how == "duration":
        return _DURATION.fullmatch(text) is not None
    try:
        if how == "byte":
            base64.b64decode(text, validate=True)
        else:
            datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _at(body: object, name: str) -> Any:  # noqa: ANN401 - JSON
    return body.get(name) if isinstance(body, dict) else None


def _fold(value: object) -> object:
    return value.lower() if isinstance(value, str) else value
