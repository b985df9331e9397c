"""Bodies of maintenance windows."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from shared.domain.policies.maintenance_window import MaintenanceWindowForm
from shared.domain.values import Value
from shared.domain.wizards.forms import parse
from triggers.http.bodies.declared import Only, changes, read_declared
from triggers.http.openapi_metadata import properties_of
from triggers.http.views.maintenance import MaintenanceWindowView

Form = TypeVar("Form", bound=Value)
_OURS = properties_of(MaintenanceWindowForm)
_READ_ONLY = properties_of(MaintenanceWindowView) - _OURS - {"assignments"}


def maintenance_window_body(
    form: type[Form], raw: Mapping[str, Any], view: Mapping[str, Any] = MappingProxyType({})
) -> Form:
    """Convert a Graph body to the *form*. *view*: the current window as clients see it, for a change.

    Raises: InvalidError.
    """
    assignments = Only(() if view else ([],), "is set by assign")
    given = changes(raw, view)
    body = read_declared(form, given, ignored=_READ_ONLY, hidden={"assignments": assignments}, nulls=_OURS)
    body.settle()
    return parse(form, body.values)
