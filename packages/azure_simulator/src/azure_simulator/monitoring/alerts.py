"""Alert rules of metrics and of logs, and the groups of people who are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import plain_resources
from azure_simulator.arm.body_models import TAGS, TEXT, BodyModels, written
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.plain_resources import Plain
from azure_simulator.arm.reading import invalid, read
from azure_simulator.arm.resource_types import NameRule, ResourceType
from azure_simulator.arm.value_rules import between, lasting
from azure_simulator.core.latency import about
from azure_simulator.monitoring.insights import ANY, INSIGHTS, kind_beside

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

_SHORT_NAME = 12
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_SEVERITY = between(0, 4)
_NAME = NameRule(r"[^*#&+:<>?@%{}\\/|]{0,259}[^*#&+:<>?@%{}\\/| .]")
GROUPS = ResourceType(
    name="Microsoft.Insights/actionGroups",
    provider=INSIGHTS,
    params=("group",),
    anywhere=True,
    api_versions="2023-01-01 2024-10-01-preview",
    models=BodyModels(written=written("ActionGroup", location=TEXT, tags=TAGS, properties=ANY)),
    naming=_NAME,
    latencies={"action_group.put": about(2, 5, 1), "action_group.delete": about(2, 5, 1)},
)
METRICS = ResourceType(
    name="Microsoft.Insights/metricAlerts",
    provider=INSIGHTS,
    params=("alert",),
    anywhere=True,
    api_versions="2018-03-01 2026-01-01",
    models=BodyModels(written=written("MetricAlert", location=TEXT, tags=TAGS, properties=ANY)),
    naming=_NAME,
    values={
        "properties.severity": _SEVERITY,
        "properties.evaluationFrequency": lasting(_MINUTE_S, _HOUR_S),
        "properties.windowSize": lasting(_MINUTE_S, _DAY_S),
    },
    latencies={"metric_alert.put": about(2, 5, 1), "metric_alert.delete": about(2, 5, 1)},
)
QUERIES = ResourceType(
    name="Microsoft.Insights/scheduledQueryRules",
    provider=INSIGHTS,
    params=("rule",),
    api_versions="2022-06-15 2023-12-01 2026-03-01",
    models=BodyModels(written=written("ScheduledQueryRule", location=TEXT, tags=TAGS, kind=TEXT, properties=ANY)),
    naming=_NAME,
    values={
        "properties.severity": _SEVERITY,
        "properties.evaluationFrequency": lasting(_MINUTE_S, _DAY_S),
        "properties.windowSize": lasting(_MINUTE_S, 2 * _DAY_S),
    },
    latencies={"query_rule.put": about(3, 10, 1), "query_rule.delete": about(2, 5, 1)},
)
GROUP_OPERATIONS, METRIC_OPERATIONS, QUERY_OPERATIONS = Operations(GROUPS), Operations(METRICS), Operations(QUERIES)
OPERATIONS = (GROUP_OPERATIONS, METRIC_OPERATIONS, QUERY_OPERATIONS)


def _check_group(call: Call) -> None:
    short = read(call.object(), "properties.groupShortName", "string", "")
    if not 0 < len(short) <= _SHORT_NAME:
        text = f"The short name of an action group has 1 to {_SHORT_NAME} characters."
        raise invalid("properties.groupShortName", text)


def _check_rule(call: Call) -> None:
    scopes = read(call.object(), "properties.scopes", "array", [])
    if not scopes:
        raise invalid("properties.scopes", "An alert rule names the resources that it watches.")
    for scope in scopes:
        call.need(str(scope))


plain_resources.serve(GROUP_OPERATIONS, "action_group", "action_groups", Plain(check=_check_group))
plain_resources.serve(METRIC_OPERATIONS, "metric_alert", "metric_alerts", Plain(check=_check_rule))
plain_resources.serve(QUERY_OPERATIONS, "query_rule", "query_rules", Plain(check=_check_rule, top_level=kind_beside))
