"""Views of alert rules and alert records."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from shared.domain.alerts.alert import (
    TEMPLATES,
    AlertRecord,
    AlertRule,
    AlertRuleTemplate,
    AlertSeverity,
    AlertStatus,
    AlertThreshold,
    NotificationChannel,
)
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Entity

_WITHIN = "deviceManagement/monitoring"
ALERT_RULES = Collection(
    name="alertRules",
    within=_WITHIN,
    kinds=kinds_of("id", "displayName", "alertRuleTemplate", "severity", flags="enabled isSystemRule"),
    searched=("displayName", "description"),
)
ALERT_RECORDS = Collection(
    name="alertRecords",
    within=_WITHIN,
    kinds=kinds_of(
        *("id", "displayName", "alertRuleId", "alertRuleTemplate", "severity", "status"),
        moments="detectedDateTime lastUpdatedDateTime resolvedDateTime",
    ),
    searched=("displayName",),
    order="detectedDateTime desc",
)


class AlertRuleView(TypedDict):
    """Graph's alertRule: there is one of each template, made by the service."""

    id: str
    displayName: str
    description: str
    alertRuleTemplate: AlertRuleTemplate
    severity: AlertSeverity
    enabled: bool
    isSystemRule: Annotated[bool, Field(description="always true: nobody has to make rules")]
    threshold: Annotated[Json, DumpOf(AlertThreshold)]
    notificationChannels: list[Annotated[Json, DumpOf(NotificationChannel)]]


class AlertImpactView(TypedDict):
    """Graph's alertImpact: how many things are concerned."""

    value: int
    aggregationType: str


class AlertRecordView(TypedDict):
    """Graph's alertRecord."""

    id: str
    displayName: str
    alertRuleId: str
    alertRuleTemplate: AlertRuleTemplate
    severity: AlertSeverity
    status: AlertStatus
    alertImpact: AlertImpactView
    detectedDateTime: Timestamp
    lastUpdatedDateTime: Timestamp
    resolvedDateTime: Timestamp | None


ALERT_RULE = Entity(AlertRuleView)
ALERT_RECORD = Entity(AlertRecordView)


def alert_rule_view(rule: AlertRule) -> AlertRuleView:
    """Return an alert rule; its tenant is in the address."""
    facts = TEMPLATES[rule.alert_rule_template]
    return {
        "id": rule.id,
        "displayName": facts.title,
        "description": facts.about,
        "alertRuleTemplate": rule.alert_rule_template,
        "severity": rule.severity,
        "enabled": rule.enabled,
        "isSystemRule": True,
        "threshold": rule.threshold.to_json(),
        "notificationChannels": [each.to_json() for each in rule.notification_channels],
    }


def alert_record_view(record: AlertRecord) -> AlertRecordView:
    """Return an alert record; its tenant is in the address."""
    return {
        "id": record.id,
        "displayName": TEMPLATES[record.alert_rule_template].title,
        "alertRuleId": record.alert_rule_template.value,
        "alertRuleTemplate": record.alert_rule_template,
        "severity": record.severity,
        "status": record.status,
        "alertImpact": {"value": record.value, "aggregationType": "count"},
        "detectedDateTime": timestamp(record.detected_date_time),
        "lastUpdatedDateTime": timestamp(record.last_updated_date_time),
        "resolvedDateTime": timestamp(record.resolved_date_time),
    }
