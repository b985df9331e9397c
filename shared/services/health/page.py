"""The use cases of the health page: reading the reports, dismissing a section, changing thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from pydantic import ValidationError

from shared.dependencies import Dependencies
from shared.domain.health.codes import OF_SERVICE, OF_TENANT, HealthCode, HealthSection, Severity
from shared.domain.health.judging import finding, in_order, section
from shared.domain.health.report import (
    LONGEST_DISMISSAL,
    HealthDismissal,
    HealthReport,
    HealthSettings,
    HealthThresholds,
    overall,
)
from shared.domain.operations.operation import ResourceType
from shared.domain.operations.overview import LATEST
from shared.domain.tenants.tenant import Tenant
from shared.domain.wizards.forms import parse, problems_of
from shared.errors import InvalidError, Problem
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, make_change
from shared.services.operations.writes import Edit, change
from shared.storage.audit import EVERYWHERE

_LATE_AFTER = timedelta(minutes=150)
"""The service is checked every hour: two checks may be missed."""


@dataclass(frozen=True, slots=True)
class ShownHealth:
    """A report with the settings of its tenant. *status*: of all sections but dismissed ones."""

    report: HealthReport
    settings: HealthSettings
    status: Severity


async def tenant_health(deps: Dependencies, tenant: Tenant, now: datetime) -> ShownHealth:
    """Return the health of a tenant as it was last found."""
    thresholds = (await deps.health_settings.of(EVERYWHERE)).thresholds
    late = timedelta(minutes=thresholds.tenant_checked_every_minutes) + _LATE_AFTER
    return await _shown_health(deps, tenant.id, now, late, OF_TENANT)


async def service_health(deps: Dependencies, now: datetime) -> tuple[ShownHealth, list[tuple[Tenant, ShownHealth]]]:
    """Return the health of the service, and the health of every tenant."""
    tenants = [stored.value async for stored in deps.tenants.each()]
    shown = [(tenant, await tenant_health(deps, tenant, now)) for tenant in sorted(tenants, key=lambda each: each.id)]
    return await _shown_health(deps, EVERYWHERE, now, _LATE_AFTER, OF_SERVICE), shown


async def _shown_health(
    deps: Dependencies, tenant_id: str, now: datetime, late: timedelta, order: tuple[HealthSection, ...]
) -> ShownHealth:
    """Return a report; an old or missing one has a finding that the checks no longer run."""
    found = await deps.health_reports.find(tenant_id, LATEST)
    settings = await deps.health_settings.of(tenant_id)
    report = found.value if found else HealthReport(tenant_id=tenant_id, sections=())
    old = None
    if report.checked_date_time is None:
        old = finding(HealthCode.CHECKS_LATE, Severity.WARNING, "nothing has been checked yet")
    elif now - report.checked_date_time > late:
        words = f"the last check was at {report.checked_date_time:%Y-%m-%d %H:%M} UTC"
        old = finding(HealthCode.CHECKS_LATE, Severity.ERROR, words)
    sections = in_order([section(HealthSection.CHECKS, [old]), *report.sections], order)
    return ShownHealth(report.but(sections=sections), settings, overall(sections, settings, now))


async def dismiss(context: ActionContext, name: HealthSection, until: datetime | None, reason: str) -> HealthSettings:
    """Dismiss a section until a time, or end its dismissal (None). Raises: InvalidError."""
    tenant_id = context.tenant_id or EVERYWHERE
    if name not in (OF_TENANT if context.tenant_id else OF_SERVICE):
        raise InvalidError(Problem("/section", "there is no such section here"))
    if until is not None and not context.now < until <= context.now + LONGEST_DISMISSAL:
        days = LONGEST_DISMISSAL.days
        raise InvalidError(Problem("/dismissedUntilDateTime", f"write a time within the next {days} days"))
    dismissal = None
    if until is not None:
        dismissal = HealthDismissal(section=name, until=until, by=context.actor.name, at=context.now, reason=reason)

    def edit(settings: HealthSettings) -> HealthSettings | None:
        there = settings.dismissal(name, context.now)
        if (there is None) if until is None else (there is not None and (there.until, there.reason) == (until, reason)):
            return None
        return settings.with_dismissal(name, dismissal, context.now)

    return await _change(context, tenant_id, edit)


async def delete_health_of_tenant(deps: Dependencies, tenant_id: str) -> None:
    """Remove the health report and settings of a tenant."""
    await deps.health_reports.remove(tenant_id, LATEST)
    await deps.health_settings.remove(tenant_id, tenant_id)


async def change_thresholds(context: ActionContext, changes: Mapping[str, Any]) -> HealthSettings:
    """Change some thresholds, by their names in JSON. Raises: InvalidError."""

    def edit(settings: HealthSettings) -> HealthSettings | None:
        try:
            after = parse(HealthThresholds, {**settings.thresholds.to_json(), **changes})
        except ValidationError as error:
            raise InvalidError(*problems_of(error)) from error
        return None if settings.thresholds == after else settings.but(thresholds=after)

    return await _change(context, EVERYWHERE, edit)


async def _change(context: ActionContext, tenant_id: str, edit: Edit[HealthSettings]) -> HealthSettings:
    rows = context.deps.health_settings
    write = change(await rows.of(tenant_id), edit, partial(rows.edit, tenant_id))
    return await make_change(context, Resource(ResourceType.HEALTH, tenant_id), write)
