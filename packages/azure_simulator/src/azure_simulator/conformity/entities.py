"""Entities of Graph as its metadata has them: the rules by which a value fits one."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.core.answers import Json

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
OBSERVED = {
    "device": {
        "createdDateTime": "Edm.DateTimeOffset?",
        "domainName": "Edm.String?",
        "extensionAttributes": "onPremisesExtensionAttributes",
        "hostnames": "Collection(Edm.String)",
    },
    "servicePrincipal": {"createdDateTime": "Edm.DateTimeOffset?"},
}
"""Members of open types that answers of v1.0 show and its metadata lacks.

Sources: learn.microsoft.com/graph/api/resources/device (extension attributes), recorded answers, answers that people
have published.
"""
_LARGEST = {"Edm.Int16": 15, "Edm.Int32": 31, "Edm.Int64": 63}


class Entities:
    """The types of one file, by name."""

    def __init__(self, found: Json) -> None:
        self._types: Json = found["types"]
        self._all = cache(self._inherited)

    def knows(self, name: str) -> bool:
        """Return whether there is a type of that name."""
        return name in self._types

    def wrong(self, name: str, body: Json, path: str = "") -> Iterator[str]:
        """Yield the contradictions between an object and its type, without its annotations."""
        path = path or name
        members, links, is_open = self._all(name)
        for key, each in body.items():
            if "@" in key or key in links:
                continue
            if key not in members:
                if not is_open:
                    yield f"{path}.{key} is no member of {name}"
                continue
            yield from self._value(each, members[key], f"{path}.{key}")

    def _inherited(self, name: str) -> tuple[dict[str, str], frozenset[str], bool]:
        declared = self._types[name]
        members = {**declared.get("members", {}), **OBSERVED.get(name, {})}
        links = frozenset(declared.get("links", ()))
        is_open = bool(declared.get("open")) and not members  # users and groups are open for extensions; there are none
        if "base" in declared:
            more, others, also = self._inherited(declared["base"])
            members, links, is_open = {**more, **members}, links | others, is_open or also
        return members, links, is_open

    def _value(self, value: Any, kind: str, path: str) -> Iterator[str]:  # noqa: ANN401 - JSON
        bare = kind.removesuffix("?")
        if bare.startswith("Collection("):
            if not isinstance(value, list):  # never null: docs/notes.md 2
                yield f"{path} is {type(value).__name__}, not a list"
                return
            for each in value:
                yield from self._value(each, bare.removeprefix("Collection(").removesuffix(")"), f"{path}[]")
        elif value is None:
            if bare == kind:
                yield f"{path} is null"
        elif self._types.get(bare, {}).get("kind") == "object" and isinstance(value, dict):
            yield from self.wrong(bare, value, path)
        elif not self._fits(value, bare):
            yield f"{path} is {value!r:.60}, no {bare}"

    def _fits(self, value: object, kind: str) -> bool:
        if kind.startswith("Edm."):
            return _fits(value, kind)
        declared = self._types.get(kind)
        if declared is None:
            return isinstance(value, dict)
        return declared["kind"] == "enum" and value in declared["values"]


def _fits(value: object, kind: str) -> bool:
    match kind:
        case "Edm.Boolean":
            return isinstance(value, bool)
        case "Edm.Int16" | "Edm.Int32" | "Edm.Int64":
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) >> _LARGEST[kind] == 0
        case "Edm.Double" | "Edm.Single" | "Edm.Decimal":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "Edm.Guid":
            return isinstance(value, str) and _GUID.fullmatch(value) is not None
        case "Edm.DateTimeOffset":
            return isinstance(value, str) and _MOMENT.fullmatch(value) is not None
        case _:
            return isinstance(value, str)
