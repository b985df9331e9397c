"""Alert rules and alert records, with the names of Microsoft Graph (deviceManagement/monitoring). Pure.

Each tenant has one rule of each template from the first day, as in Windows 365; a rule is stored once it is changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from shared.domain.graph_property import edit_of
from shared.domain.naming import derived_id
from shared.domain.values import Value


class AlertRuleTemplate(StrEnum):
    """Situations that are judged. The first four are Graph's; the others are of this service alone."""

    PROVISION = "cloudPcProvisionScenario"
    IMAGE_UPLOAD = "cloudPcImageUploadScenario"
    CONNECTION = "cloudPcOnPremiseNetworkConnectionCheckScenario"
    GRACE_PERIOD = "cloudPcInGracePeriodScenario"
    CAPACITY = "deskwrightCapacityScenario"
    REMOVALS_HELD = "deskwrightRemovalsHeldScenario"
    RELEASE_STOPPED = "deskwrightReleaseStoppedScenario"
    POWER_CHANGED_OUTSIDE = "deskwrightPowerChangedOutsideScenario"
    IDLE_CLOUD_PCS = "deskwrightIdleCloudPcScenario"
    POOL_HALTED = "deskwrightPoolHaltedScenario"
    BILLED_WHILE_OFF = "deskwrightBilledWhileOffScenario"
    IMAGE_RINGS_HALTED = "deskwrightImageRingsHaltedScenario"


class AlertSeverity(StrEnum):
    """Graph: ruleSeverityType."""

    INFORMATIONAL = "informational"
    WARNING = "warning"
    CRITICAL = "critical"


class AlertStatus(StrEnum):
    """Graph: alertStatusType."""

    ACTIVE = "active"
    RESOLVED = "resolved"


class AlertThreshold(Value):
    """Graph's ruleThreshold: the rule fires from this number on."""

    aggregation: Literal["count"] = "count"
    operator: Literal["greaterOrEqual"] = "greaterOrEqual"
    target: int = Field(1, ge=1, le=100_000)


class NotificationReceiver(Value):
    """Graph's notificationReceiver: an address, and the language of its mail."""

    contact_information: str = Field(max_length=320)
    locale: str = Field("en-us", max_length=20)


class NotificationChannel(Value):
    """Graph's notificationChannel: where an alert is told. The portal and the API show every alert."""

    notification_channel_type: Literal["portal", "email"]
    notification_receivers: Annotated[tuple[NotificationReceiver, ...], Field(max_length=50)] = ()


def _portal() -> tuple[NotificationChannel, ...]:
    return (NotificationChannel(notification_channel_type="portal"),)


class AlertRuleForm(Value):
    """The properties of an alert rule that can be changed."""

    severity: AlertSeverity = AlertSeverity.WARNING
    enabled: bool = True
    threshold: AlertThreshold = Field(default_factory=AlertThreshold)
    notification_channels: tuple[NotificationChannel, ...] = Field(default_factory=_portal, max_length=4)


AlertRuleEdit = edit_of(AlertRuleForm, "AlertRuleEdit", "Changed properties of an alert rule.")


class AlertRule(AlertRuleForm):
    """An alert rule of a tenant."""

    tenant_id: str
    alert_rule_template: AlertRuleTemplate
    last_modified_date_time: datetime | None = None

    @property
    def id(self) -> str:
        """The id of the rule: there is one of each template."""
        return self.alert_rule_template.value

    @property
    def mailed_to(self) -> tuple[str, ...]:
        """The addresses of its receivers of mail."""
        mail = (each for each in self.notification_channels if each.notification_channel_type == "email")
        return tuple(receiver.contact_information for each in mail for receiver in each.notification_receivers)

    def fires(self, value: int) -> bool:
        """Whether the rule fires with a measured value."""
        return self.enabled and value >= self.threshold.target


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """The title and description of a template's rule, and its severity unless somebody has changed that."""

    title: str
    about: str
    severity: AlertSeverity


_WARNING, _CRITICAL = AlertSeverity.WARNING, AlertSeverity.CRITICAL

TEMPLATES: Mapping[AlertRuleTemplate, TemplateFacts] = MappingProxyType(
    {
        AlertRuleTemplate.PROVISION: TemplateFacts("Builds fail", "Cloud PCs whose build has failed", _CRITICAL),
        AlertRuleTemplate.IMAGE_UPLOAD: TemplateFacts("Images fail", "Device images whose build failed", _WARNING),
        AlertRuleTemplate.CONNECTION: TemplateFacts(
            "Connections are unhealthy", "Connections through which no Cloud PC can be built", _CRITICAL
        ),
        AlertRuleTemplate.GRACE_PERIOD: TemplateFacts(
            "Cloud PCs in grace period", "Cloud PCs that will be removed", AlertSeverity.INFORMATIONAL
        ),
        AlertRuleTemplate.CAPACITY: TemplateFacts(
            "Capacity is missing", "Cloud PCs that have waited for longer than half an hour", _WARNING
        ),
        AlertRuleTemplate.REMOVALS_HELD: TemplateFacts(
            "Removals wait", "Removals that wait until somebody confirms them", _CRITICAL
        ),
        AlertRuleTemplate.RELEASE_STOPPED: TemplateFacts(
            "A release is stopped", "Releases of Spot Groups that a broken session host has stopped", _CRITICAL
        ),
        AlertRuleTemplate.POWER_CHANGED_OUTSIDE: TemplateFacts(
            "Power is changed outside", "Cloud PCs whose power somebody outside keeps changing", _WARNING
        ),
        AlertRuleTemplate.IDLE_CLOUD_PCS: TemplateFacts(
            "Idle Cloud PCs", "Cloud PCs that a reclaim rule proposes to an administrator", AlertSeverity.INFORMATIONAL
        ),
        AlertRuleTemplate.POOL_HALTED: TemplateFacts(
            "Warm pools are halted", "Warm pools that build nothing after failures until they are saved again", _WARNING
        ),
        AlertRuleTemplate.BILLED_WHILE_OFF: TemplateFacts(
            "Billed while off", "Cloud PCs that were shut down inside Windows and could not be deallocated", _WARNING
        ),
        AlertRuleTemplate.IMAGE_RINGS_HALTED: TemplateFacts(
            "Image rings are halted", "Policies whose month of image rings waits until somebody resumes it", _WARNING
        ),
    }
)
"""Every template."""


def system_rule(tenant_id: str, template: AlertRuleTemplate) -> AlertRule:
    """Return the rule of a template before any change."""
    return AlertRule(tenant_id=tenant_id, alert_rule_template=template, severity=TEMPLATES[template].severity)


class AlertRecord(Value):
    """One alert: raised when its rule first fires, resolved when it no longer does. *value*: the latest value."""

    tenant_id: str
    alert_rule_template: AlertRuleTemplate
    severity: AlertSeverity
    status: AlertStatus = AlertStatus.ACTIVE
    value: int
    detected_date_time: datetime
    last_updated_date_time: datetime
    resolved_date_time: datetime | None = None

    @property
    def id(self) -> str:
        """The id of the record: the same for a rule and a moment."""
        moment = self.detected_date_time.isoformat()
        return derived_id("alert", self.tenant_id, self.alert_rule_template.value, moment)


def judged(rule: AlertRule, active: AlertRecord | None, value: int, at: datetime) -> AlertRecord | None:
    """Return the record that a measured value makes: a new one, *active* with another value or resolved, or None."""
    if not rule.fires(value):
        if active is None:
            return None
        return active.but(status=AlertStatus.RESOLVED, value=value, last_updated_date_time=at, resolved_date_time=at)
    if active is None:
        return AlertRecord(
            tenant_id=rule.tenant_id,
            alert_rule_template=rule.alert_rule_template,
            severity=rule.severity,
            value=value,
            detected_date_time=at,
            last_updated_date_time=at,
        )
    if (active.value, active.severity) == (value, rule.severity):
        return None
    return active.but(value=value, severity=rule.severity, last_updated_date_time=at)
