"""Ids and members of bodies as the directory checks them, and its refusals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Problem

if TYPE_CHECKING:
    from azure_simulator.graph.directory.records import Doc

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def bad_request(message: str, code: str = "Request_BadRequest") -> Problem:
    """Make the 400 of Graph."""
    return Problem(400, code, message)


def texts(body: Doc, name: str) -> list[str]:
    """Return an optional list of strings of a body; raise a 400 when it is something else."""
    value = body.get(name)
    if value is not None and not (isinstance(value, list) and all(isinstance(each, str) for each in value)):
        raise bad_request(f"Invalid value specified for property '{name}': a list of texts is needed.")
    return list(value or ())


def fields(body: Doc, name: str) -> Doc:
    """Return an optional object of a body; raise a 400 when it is something else."""
    value = body.get(name)
    if value is not None and not isinstance(value, dict):
        raise bad_request(f"Invalid value specified for property '{name}': an object is needed.")
    return dict(value or {})


def is_id(text: str) -> bool:
    """Return whether a text is a GUID."""
    return _GUID.fullmatch(text) is not None


def check_id(text: str) -> str:
    """Return an object id; raise the directory's 400 for a text that is not a GUID."""
    if not is_id(text):
        raise Problem(400, "Request_BadRequest", f"Invalid object identifier '{text}'.")
    return text


def not_found(what: str) -> Problem:
    """Make the 404 of the directory."""
    return Problem(
        404,
        "Request_ResourceNotFound",
        f"Resource '{what}' does not exist or one of its queried reference-property objects are not present.",
    )
