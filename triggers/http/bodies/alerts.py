"""Bodies of alert rules."""

from collections.abc import Mapping
from typing import Any

from shared.domain.alerts.alert import AlertRuleEdit, AlertRuleForm
from shared.domain.values import Value
from shared.domain.wizards.forms import parse
from triggers.http.bodies.declared import changes, read_declared
from triggers.http.openapi_metadata import properties_of
from triggers.http.views.alerts import AlertRuleView

_OURS = properties_of(AlertRuleForm)
_READ_ONLY = properties_of(AlertRuleView) - _OURS


def alert_rule_edit(raw: Mapping[str, Any], view: Mapping[str, Any]) -> Value:
    """Read the changes of an alert rule, which clients see as *view*. Raises: InvalidError."""
    body = read_declared(AlertRuleEdit, changes(raw, view), ignored=_READ_ONLY, nulls=_OURS)
    body.settle()
    return parse(AlertRuleEdit, body.values)
