"""Microsoft's types of resources, as `specification/types.json` has them: the members that a template may have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.infra.values import KINDS, Declared, Unknown, Value, kind_of, lengths, possible

FILE = Path(__file__).parent / "specification" / "types.json"
SCOPES = {"tenant": 1, "managementGroup": 2, "subscription": 4, "resourceGroup": 8, "resource": 16}
_compiled = cache(re.compile)


class ResourceTypes:
    """The types of the file, by `type@version` in lower case."""

    def __init__(self, file: Path = FILE) -> None:
        found = json.loads(file.read_text("utf-8"))
        self._types: list[Any] = found["types"]
        self._resources: dict[str, int] = found["resources"]
        self._scopes: dict[str, int] = found["scopes"]
        self.versions: dict[str, list[str]] = found["versions"]

    def unknown(self, kind: str, version: str) -> str | None:
        """Say why there is no such type, or None."""
        if f"{kind.lower()}@{version}" in self._resources:
            return None
        if kind.lower() not in self.versions:
            return f"there is no type {kind}, or tests.infra.record has not recorded it"
        if version in self.versions[kind.lower()]:
            return f"{kind}@{version} is not recorded: run tests.infra.record"
        return f"{kind} has no version {version}; it has {', '.join(self.versions[kind.lower()][-3:])}"

    def allowed_in(self, key: str, scope: str) -> bool:
        """Return whether resources of a type can be made in a scope, or on another resource."""
        return not self._scopes[key] or bool(self._scopes[key] & (SCOPES[scope] | SCOPES["resource"]))

    def place(self, key: str) -> int:
        """Return the place of a resource's type."""
        return self._resources[key]

    def member(self, place: int, name: str, body: dict[str, Value]) -> int | None:
        """Return the place of a member that can be read, None where anything may be.

        Raises:
            LookupError: there is no such member.
        """
        kind = self._types[place]
        if kind["kind"] != "object":
            return None
        members = self._members(kind, body)
        if name in members:
            found: int = members[name][0]
            return found
        if "more" in kind:
            return int(kind["more"])
        raise LookupError(f"'{name}' is no member of {kind['name']}")

    def value_at(self, place: int | None, of: Declared) -> Value:
        """Return the known facts about a member: its kind, and the place of its own members."""
        if place is None:
            return Unknown()
        kind = self._types[place]["kind"]
        return Declared(of.of, place) if kind == "object" else Unknown(kind if kind in KINDS else "any")

    def wrong(self, key: str, body: dict[str, Value]) -> Iterator[str]:
        """Yield the faults in the body of a resource that is to be created."""
        yield from self._wrong(body, self._resources[key], "")

    def wrong_name(self, key: str, name: Value) -> Iterator[str]:
        """Yield the faults in the name of a resource that exists."""
        place = self._members(self._types[self._resources[key]], {})["name"][0]
        yield from self._wrong(name, place, "name")

    def _wrong(self, value: Value, place: int, path: str) -> Iterator[str]:
        for each in possible(value):
            yield from self._wrong_one(each, place, path)

    def _wrong_one(self, value: Value, place: int, path: str) -> Iterator[str]:
        kind = self._types[place]
        if value is None or kind["kind"] in {"any", "null"}:
            return
        if kind["kind"] == "union":
            if all(any(self._wrong_one(value, each, path)) for each in kind["of"]):
                yield f"{path} fits none of its types"
            return
        have = "object" if isinstance(value, Declared) else kind_of(value)
        if have not in {"any", kind["kind"]}:
            yield f"{path} is of the kind {have}, not {kind['kind']}"
            return
        if isinstance(value, dict):
            yield from self._wrong_object(value, kind, path)
        elif isinstance(value, list):
            for each in value:
                yield from self._wrong(each, kind["items"], f"{path}[]")
        else:
            yield from _wrong_plain(value, kind, path)

    def _wrong_object(self, value: dict[str, Value], kind: Any, path: str) -> Iterator[str]:
        members = self._members(kind, value)
        if "by" in kind and isinstance(value.get(kind["by"]), str) and value[kind["by"]] not in kind["of"]:
            yield f"{path}.{kind['by']} is '{value[kind['by']]}', none of {', '.join(kind['of'])}".lstrip(".")
        for name, each in value.items():
            where = f"{path}.{name}".lstrip(".")
            if name not in members and "more" not in kind:
                if not name.startswith("${"):
                    yield f"{where} is no member of {kind['name']}"
                continue
            place, marks = members.get(name) or (kind["more"], "")
            if "o" in marks:
                yield f"{where} is read-only"
            yield from self._wrong(each, place, where)
        for name, (_, marks) in members.items():
            if "r" in marks and value.get(name) is None:
                yield f"{path}.{name} is missing".lstrip(".")

    def _members(self, kind: Any, value: dict[str, Value]) -> dict[str, Any]:
        found: dict[str, Any] = dict(kind["members"])
        chosen = kind.get("of", {}).get(str(value.get(kind.get("by", ""))))
        return found if chosen is None else {**found, **self._types[chosen]["members"]}


def _wrong_plain(value: Value, kind: Any, path: str) -> Iterator[str]:
    """Yield the faults of a known text or number."""
    if isinstance(value, int) and not kind.get("minValue", value) <= value <= kind.get("maxValue", value):
        yield f"{path} is {value}, out of {kind.get('minValue')} to {kind.get('maxValue')}"
    if isinstance(value, Unknown):
        least, most = lengths(value)
        if least is not None and least < kind.get("minLength", least):
            yield f"{path} may be {least} characters long, and needs {kind['minLength']}"
        if most is not None and most > kind.get("maxLength", most):
            yield f"{path} may be {most} characters long, of {kind['maxLength']}"
    if not isinstance(value, str):
        return
    choices = kind.get("choices", [value])
    # the compiler takes other values, too, of a list that Microsoft calls open; we would have to know why
    if value not in choices:
        yield f"{path} is '{value}', none of {', '.join(choices)}"
    if not kind.get("minLength", 0) <= len(value) <= kind.get("maxLength", len(value)):
        yield f"{path} is {len(value)} characters long"
    if "pattern" in kind and not _compiled(kind["pattern"]).search(value):
        yield f"{path} is '{value}', which does not match {kind['pattern']}"
