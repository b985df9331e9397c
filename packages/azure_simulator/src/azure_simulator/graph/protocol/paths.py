"""The paths of Graph's metadata, by which paths that only the simulator lacks are told from those that Graph lacks.

`paths.json` has the entities of v1.0 with their properties and what is bound to them; `tests/tools/graph_paths.py`
writes it. What comes below a property of a complex type is not in it and counts as known.
Source: github.com/microsoftgraph/msgraph-metadata; segments: OData URL conventions 4.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_COLLECTION, _SINGLE, _KEYED, _VALUE = "GET POST", "GET PATCH PUT DELETE", "GET PATCH DELETE", "GET PUT PATCH DELETE"
_CALLS = {"Action": "POST", "Function": "GET"}
_ENDS = {"$value": _VALUE, "$ref": "GET POST PUT DELETE", "$count": "GET"}


class UnknownSegmentError(LookupError):
    """Graph's metadata does not have a path; `segment` is the first missing segment."""

    def __init__(self, segment: str) -> None:
        super().__init__(segment)
        self.segment = segment


@dataclass(frozen=True, slots=True)
class _Place:
    """`kind` is an entity (`user`), a collection of one (`*user`), or empty for another type."""

    kind: str
    methods: str
    anything: bool = False
    """Whether every segment may follow."""


def methods_of(path: str) -> list[str]:
    """Return the methods that a path below the version may have by its kind.

    Raises:
        UnknownSegmentError: the metadata does not have the path.
    """
    place = _place(path.strip("/").split("/"))
    return place.methods.split() if place else []


def _place(segments: list[str]) -> _Place | None:
    """Return the place that segments lead to, `None` without any. Raises: UnknownSegmentError."""
    place = None
    for segment in segments:
        place = _root(segment) if place is None else place if place.anything else _next(place, segment)
    return place


def is_key(path: str, segment: str) -> bool:
    """Return whether a segment of a path can be the key of an entity: no function, no cast, nothing like `$count`.

    Where the metadata does not have what comes before it, as for some paths of beta, it can.
    """
    if segment.lower() in _ENDS or _is_qualified(segment):
        return False
    before = path.strip("/").split("/")
    before = before[: before.index(segment)] if segment in before else before
    try:
        place = _place(before)
    except UnknownSegmentError:
        return True
    return place is None or segment.partition("(")[0].lower() not in _members(place.kind)


def has_property(entity: str, name: str) -> bool:
    """Return whether an entity has a property, which is not a relation."""
    found = _members(entity).get(name.lower())
    return found is not None and found.methods == _VALUE


def _root(segment: str) -> _Place:
    name, bracket, _ = segment.partition("(")
    found = _roots().get(name.lower())
    if found is None:
        raise UnknownSegmentError(segment)
    return _keyed(found) if bracket else found


def _next(place: _Place, segment: str) -> _Place:
    if segment.lower() in _ENDS:
        return _Place("", _ENDS[segment.lower()])
    if place.kind and ":" in segment:  # /drive/root:/folder/file, /sites/contoso.example:/teams/hr
        return _Place("", _VALUE, anything=True)
    name, bracket, key = segment.partition("(")
    plain = name.lower().removeprefix("microsoft.").removeprefix("graph.")
    many, entity = place.kind.startswith("*"), place.kind.strip("*")
    found = _members(place.kind).get(plain)
    if found is not None:
        return _keyed(found) if bracket and key != ")" and found.kind.startswith("*") else found
    if _is_qualified(name):
        if plain in _names() and entity in _lineage(_names()[plain]):
            return _Place(f"*{_names()[plain]}" if many else _names()[plain], place.methods)
        raise UnknownSegmentError(segment)
    if not many or not entity:
        raise UnknownSegmentError(segment)
    return _keyed(place)


def _is_qualified(segment: str) -> bool:
    """Return whether a segment begins with a namespace: a cast or a function, and no principal name."""
    return segment.lower().startswith(("microsoft.graph.", "graph.")) and "@" not in segment


def _keyed(place: _Place) -> _Place:
    return _Place(place.kind.strip("*"), _KEYED)


@cache
def _file() -> Mapping[str, Any]:
    text = (files("azure_simulator.graph.protocol") / "paths.json").read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


@cache
def _roots() -> Mapping[str, _Place]:
    return {name.lower(): _link(kind) for name, kind in _file()["roots"].items()}


@cache
def _names() -> Mapping[str, str]:
    return {name.lower(): name for name in _file()["types"]}


def _lineage(entity: str) -> Iterator[str]:
    """Yield a type and its bases."""
    while entity:
        yield entity
        entity = _file()["types"].get(entity, {}).get("base", "")


@cache
def _members(kind: str) -> Mapping[str, _Place]:
    """Return the segments that may follow a type, by name in lower case, without keys and casts."""
    found: dict[str, _Place] = {}
    for entity in _lineage(kind.strip("*")):
        calls = _file()["bound"].get(f"*{entity}" if kind.startswith("*") else entity, {})
        found |= {name.lower(): _Place(answer, _CALLS[call]) for name, (call, answer) in calls.items()}
        if kind.startswith("*"):
            continue
        declared = _file()["types"].get(entity, {})
        found |= {name.lower(): _Place("", _VALUE) for name in declared.get("plain", "").split()}
        found |= {name.lower(): _Place("", _VALUE, anything=True) for name in declared.get("complex", "").split()}
        found |= {name.lower(): _link(link) for name, link in declared.get("links", {}).items()}
    return found


def _link(kind: str) -> _Place:
    return _Place(kind, _COLLECTION if kind.startswith("*") else _SINGLE)
