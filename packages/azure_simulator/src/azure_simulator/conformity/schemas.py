"""Types of Resource Manager as bicep-types-az has them: the rules by which a value fits one."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.core.answers import Json

_KINDS = {"string": str, "boolean": bool, "array": list, "object": dict}
_compiled = cache(re.compile)


class Schemas:
    """The types of one file: `types` refer to each other by their places in the list."""

    def __init__(self, found: Json) -> None:
        self._types: list[Json] = found["types"]
        self._resources: dict[str, int] = found["resources"]

    def knows(self, resource_type: str) -> bool:
        """Return whether there is a type for resources such as `Microsoft.Compute/disks`."""
        return resource_type.lower() in self._resources

    def wrong(self, resource_type: str, body: object) -> Iterator[str]:
        """Yield the contradictions between a resource and its type."""
        for text in self._wrong(body, self._resources[resource_type.lower()], resource_type):
            if not text.startswith(f"{resource_type}.name "):  # the pattern is that of the last segment
                yield text

    def members(self, resource_type: str) -> Json:
        """Return the type of a resource: `members` by name, each a place in the list and its marks."""
        return self._types[self._resources[resource_type.lower()]]

    def at(self, place: int) -> Json:
        """Return the type at a place of the list."""
        return self._types[place]

    def _wrong(self, value: Any, place: int, path: str) -> Iterator[str]:  # noqa: ANN401 - JSON
        kind = self._types[place]
        if value is None or kind["kind"] in {"any", "null"}:
            return
        if kind["kind"] == "union":
            if all(any(self._wrong(value, each, path)) for each in kind["of"]):
                yield f"{path} fits none of its types"
            return
        if not _is(value, kind["kind"]):
            yield f"{path} is {type(value).__name__}, not {kind['kind']}"
            return
        match value:
            case dict():
                yield from self._wrong_object(value, kind, path)
            case list():
                for each in value:
                    yield from self._wrong(each, kind["items"], f"{path}[]")
            case str():
                yield from _wrong_text(value, kind, path)
            case int() | float() if not kind.get("minValue", value) <= value <= kind.get("maxValue", value):
                yield f"{path} is {value}, out of its range"

    def _wrong_object(self, value: Json, kind: Json, path: str) -> Iterator[str]:
        members = self._members(value, kind)
        for name, each in value.items():
            if name not in members and "more" not in kind:
                yield f"{path}.{name} is no member of {kind['name']}"
                continue
            place, marks = members.get(name) or (kind["more"], "")
            if "w" in marks:
                yield f"{path}.{name} is write-only and shown"
            yield from self._wrong(each, place, f"{path}.{name}")
        for name, (_, marks) in members.items():
            if "r" in marks and "w" not in marks and name not in value:
                yield f"{path}.{name} is missing"

    def _members(self, value: Json, kind: Json) -> dict[str, Any]:
        found: dict[str, Any] = dict(kind["members"])
        chosen = kind.get("of", {}).get(value.get(kind.get("by", "")))
        return found if chosen is None else {**found, **self._types[chosen]["members"]}


def _is(value: object, kind: str) -> bool:
    if kind == "integer":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, _KINDS[kind])


def _wrong_text(value: str, kind: Json, path: str) -> Iterator[str]:
    if kind.get("sensitive"):
        yield f"{path} is a secret and shown"
    choices = kind.get("choices", [value])
    # the case of `type` and of ids is the provider's
    if value not in choices and not kind.get("open") and value.lower() not in map(str.lower, choices):
        yield f"{path} is {value!r}, none of {', '.join(choices)}"
    if not kind.get("minLength", 0) <= len(value) <= kind.get("maxLength", len(value)):
        yield f"{path} is {len(value)} characters long"
    if "pattern" in kind and not _compiled(kind["pattern"]).search(value):
        yield f"{path} is {value!r}, which does not match {kind['pattern']}"
