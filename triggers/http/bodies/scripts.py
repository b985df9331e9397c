"""Bodies of scripts."""

from collections.abc import Mapping
from typing import Any

from shared.domain.policies.script import ScriptEdit, ScriptForm
from shared.domain.values import Value
from shared.domain.wizards.forms import parse
from triggers.http.bodies.declared import changes, read_declared
from triggers.http.json_schema import Json
from triggers.http.openapi_metadata import properties_of
from triggers.http.views.scripts import ScriptView

_OURS = properties_of(ScriptForm)
_READ_ONLY = properties_of(ScriptView) - _OURS


def script_body(raw: Mapping[str, Any]) -> ScriptForm:
    """Read a new script. Raises: InvalidError."""
    return parse(ScriptForm, _read(ScriptForm, raw))


def script_changes(raw: Mapping[str, Any], view: Mapping[str, Any]) -> Json:
    """Return the properties that a body changes in a script, which clients see as *view*; null stays.

    Raises: InvalidError.
    """
    return _read(ScriptEdit, changes(raw, view), nulls=_OURS)


def _read(form: type[Value], raw: Mapping[str, Any], nulls: frozenset[str] = frozenset()) -> Json:
    body = read_declared(form, raw, ignored=_READ_ONLY, nulls=nulls)
    body.settle()
    return body.values
