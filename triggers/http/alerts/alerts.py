"""Alert rules and alert records: Graph's, below deviceManagement/monitoring."""

from __future__ import annotations

import azure.functions as func

from shared.domain.alerts.alert import AlertRule, AlertRuleEdit
from shared.errors import NotFoundError
from shared.services.alerts.judging import rules_of, update_alert_rule
from shared.workflow import Blueprint
from triggers.http.bodies.alerts import alert_rule_edit
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.graph import graph_item, graph_list, graph_whole_list
from triggers.http.openapi_metadata import ONE, Page
from triggers.http.views.alerts import (
    ALERT_RECORD,
    ALERT_RECORDS,
    ALERT_RULE,
    ALERT_RULES,
    alert_record_view,
    alert_rule_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_MONITORING = "tenants/{tenant}/{version}/deviceManagement/monitoring"


@bp.route(route=f"{_MONITORING}/alertRules", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/alertRules/read", graph=True, returns=Page(ALERT_RULE), query=ALERT_RULES)
async def list_alert_rules(call: Call) -> Response:
    """List the alert rules: one of each template."""
    rules = await rules_of(call.deps, call.tenant.id)
    return await graph_whole_list(call, ALERT_RULES, map(alert_rule_view, rules.values()))


@bp.route(route=f"{_MONITORING}/alertRules/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/alertRules/read", graph=True, returns=ALERT_RULE, query=ONE)
async def get_alert_rule(call: Call) -> Response:
    """Show one alert rule."""
    return graph_item(call, ALERT_RULES, alert_rule_view(await _rule(call)))


@bp.route(route=f"{_MONITORING}/alertRules/{{id}}", methods=["PATCH"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/alertRules/update", graph=True, accepts=AlertRuleEdit, returns=ALERT_RULE)
async def change_alert_rule(call: Call) -> Response:
    """Change the severity, the threshold or the channels of an alert rule, or switch it on or off."""
    rule = await _rule(call)
    stored = await call.deps.alert_rules.find(call.tenant.id, rule.id)
    call.match(stored.etag if stored else "")  # a rule that nobody has changed has no version
    edit = alert_rule_edit(call.json(), alert_rule_view(rule))
    return ok(alert_rule_view(await update_alert_rule(call.context, rule, edit)))


@bp.route(route=f"{_MONITORING}/alertRecords", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/alertRecords/read", graph=True, returns=Page(ALERT_RECORD), query=ALERT_RECORDS)
async def list_alert_records(call: Call) -> Response:
    """List the alerts, the latest first: active ones, and those that were resolved in the last 90 days."""
    return await graph_list(call, call.deps.alert_records, ALERT_RECORDS, alert_record_view)


@bp.route(route=f"{_MONITORING}/alertRecords/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/alertRecords/read", graph=True, returns=ALERT_RECORD, query=ONE)
async def get_alert_record(call: Call) -> Response:
    """Show one alert."""
    stored = await call.deps.alert_records.get(call.tenant.id, call.param("id"))
    return graph_item(call, ALERT_RECORDS, alert_record_view(stored.value), stored.etag)


async def _rule(call: Call) -> AlertRule:
    """Return the rule that the address names. Raises: NotFoundError."""
    found = {rule.id: rule for rule in (await rules_of(call.deps, call.tenant.id)).values()}
    if (rule := found.get(call.param("id"))) is None:
        raise NotFoundError("there is no such alert rule")
    return rule
