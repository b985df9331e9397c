"""Bodies of power schedules."""

from collections.abc import Mapping
from typing import Any

from shared.domain.power.settings import PowerScheduleEdit, PowerScheduleForm
from shared.domain.values import Value
from shared.domain.wizards.forms import parse
from triggers.http.bodies.declared import changes, read_declared
from triggers.http.json_schema import Json
from triggers.http.openapi_metadata import properties_of
from triggers.http.views.power import PowerScheduleView

_OURS = properties_of(PowerScheduleForm)
_READ_ONLY = properties_of(PowerScheduleView) - _OURS


def power_schedule_body(raw: Mapping[str, Any]) -> PowerScheduleForm:
    """Read a new power schedule. Raises: InvalidError."""
    return parse(PowerScheduleForm, _read(PowerScheduleForm, raw))


def power_schedule_changes(raw: Mapping[str, Any], view: Mapping[str, Any]) -> Json:
    """Return the properties that a body changes in a power schedule, which clients see as *view*; null stays.

    Raises: InvalidError.
    """
    return _read(PowerScheduleEdit, changes(raw, view), nulls=_OURS)


def _read(form: type[Value], raw: Mapping[str, Any], nulls: frozenset[str] = frozenset()) -> Json:
    body = read_declared(form, raw, ignored=_READ_ONLY, nulls=nulls)
    body.settle()
    return body.values
