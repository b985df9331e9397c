"""Views of the health page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from typing_extensions import TypedDict

from shared.domain.health.codes import HealthCode, HealthSection, Severity, runbook_of
from shared.domain.health.report import HealthDismissal, HealthMessage, HealthReport, HealthSettings, HealthThresholds
from shared.domain.tenants.tenant import Tenant
from triggers.http.json_schema import DumpOf, Json, Timestamp, timestamp


class HealthMessageView(TypedDict):
    """One finding. *code*: stable; *runbook*: its page of cause and cure, as a path in the repository."""

    code: HealthCode
    severity: Severity
    message: str
    subject: str | None
    runbook: str


class SectionHealthView(TypedDict):
    """One section of the health page. *dismissed*: its dismissal, or null."""

    name: HealthSection
    severity: Severity
    messages: list[HealthMessageView]
    dismissed: Annotated[Json, DumpOf(HealthDismissal)] | None


class TenantHealthView(TypedDict):
    """The health of a tenant. *status*: the worst of the sections that are not dismissed."""

    status: Severity
    checkedDateTime: Timestamp | None
    sections: list[SectionHealthView]


class TenantHealthLine(TypedDict):
    """A tenant on the health page of the service. *codes*: of its findings that are not dismissed."""

    id: str
    displayName: str
    status: Severity
    checkedDateTime: Timestamp | None
    codes: list[HealthCode]


class ServiceHealthView(TypedDict):
    """The health of the service. *status*: the worst of its own sections and of all tenants."""

    status: Severity
    checkedDateTime: Timestamp | None
    sections: list[SectionHealthView]
    tenants: list[TenantHealthLine]
    thresholds: Annotated[Json, DumpOf(HealthThresholds)]


def section_views(report: HealthReport, settings: HealthSettings, now: datetime) -> list[SectionHealthView]:
    """Return the sections of a report with their dismissals."""
    views: list[SectionHealthView] = []
    for each in report.sections:
        dismissal = settings.dismissal(each.name, now)
        views.append(
            {
                "name": each.name,
                "severity": each.severity,
                "messages": [_message(message) for message in each.messages],
                "dismissed": dismissal.to_json() if dismissal else None,
            }
        )
    return views


def tenant_health_view(
    report: HealthReport, settings: HealthSettings, status: Severity, now: datetime
) -> TenantHealthView:
    """Return the health of a tenant; the tenant is in the address."""
    return {
        "status": status,
        "checkedDateTime": timestamp(report.checked_date_time),
        "sections": section_views(report, settings, now),
    }


def tenant_health_line(
    tenant: Tenant, report: HealthReport, settings: HealthSettings, status: Severity, now: datetime
) -> TenantHealthLine:
    """Return one tenant on the page of the service."""
    counted = (each for each in report.sections if settings.dismissal(each.name, now) is None)
    return {
        "id": tenant.id,
        "displayName": tenant.display_name,
        "status": status,
        "checkedDateTime": timestamp(report.checked_date_time),
        "codes": _codes(message for each in counted for message in each.messages),
    }


def _codes(messages: Iterable[HealthMessage]) -> list[HealthCode]:
    return list(dict.fromkeys(each.code for each in messages))


def _message(message: HealthMessage) -> HealthMessageView:
    return {
        "code": message.code,
        "severity": message.severity,
        "message": message.message,
        "subject": message.subject,
        "runbook": runbook_of(message.code),
    }
