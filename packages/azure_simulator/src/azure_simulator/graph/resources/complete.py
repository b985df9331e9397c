"""A directory object of any kind with its computed properties, as lists of different kinds show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.graph.protocol import projection
from azure_simulator.graph.resources.groups import full_group
from azure_simulator.graph.resources.users import full_user

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.licenses import Licenses
    from azure_simulator.graph.directory.records import Doc


def complete(call: Call, kind: str, doc: Doc, licenses: Licenses | None = None) -> Doc:
    """Return an object of a kind with its computed properties."""
    match kind:
        case "user":
            return full_user(call, doc, licenses)
        case "group":
            return full_group(doc)
        case _:
            return projection.visible(doc)


def typed(call: Call, kind: str, doc: Doc, wanted: tuple[str, ...] = (), licenses: Licenses | None = None) -> Doc:
    """Return an object as a list of directory objects shows it, with its type."""
    return projection.select(kind, complete(call, kind, doc, licenses), wanted, typed=True)
