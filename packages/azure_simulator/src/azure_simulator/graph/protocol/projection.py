"""Projection of a document in Graph: all properties that are not internal, or those in `$select`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.graph.directory.entities import COLLECTIONS, entity

if TYPE_CHECKING:
    from azure_simulator.graph.directory.records import Doc


def visible(doc: Doc) -> Doc:
    """Return a document without its internal fields, whose names begin with an underscore."""
    return {key: value for key, value in doc.items() if not key.startswith("_")}


def select(kind: str, doc: Doc, wanted: tuple[str, ...], *, typed: bool = False) -> Doc:
    """Return the selected properties; a property of the type that the document lacks is null.

    `typed` adds `@odata.type`, as in collections of directory objects.
    """
    declared = entity(kind)
    names = wanted or declared.default
    head = {"@odata.type": declared.odata_type} if typed else {}
    if not names:
        return {**head, **visible(doc)}
    # Graph gives the id of a directory object even when it was not selected in a collection
    keep = [name for name in names if not declared.properties or name in declared.properties]
    return {**head, **{name: _value(doc, name) for name in keep}}


def _value(doc: Doc, name: str) -> object:
    value = doc.get(name)
    return [] if value is None and name in COLLECTIONS else value
