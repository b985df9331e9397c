"""Reports of usage: the points of a period, in the interval that a chart asks for."""

from __future__ import annotations

from datetime import datetime

from shared.dependencies import Dependencies
from shared.domain.operations.overview import TenantOverview
from shared.domain.operations.usage import RECORDED as HOUR
from shared.domain.operations.usage import TENANT, TenantUsage
from shared.domain.spot.engine.usage import RECORDED, SpotUsage
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.tenants.tenant import Tenant
from shared.domain.usage import Interval, Span, aggregated, span_of
from shared.services.operations.action_context import ActionContext


async def spot_usage(context: ActionContext, group: SpotGroup, span: Span) -> list[SpotUsage]:
    """Return the usage of a Spot Group, with the unfinished interval."""
    points = await context.deps.usage.within(group.tenant_id, group.id, span)
    state = await context.deps.spot_states.find(group.tenant_id, group.id)
    opened = state.value.usage if state else None
    if opened is not None and all(each.at != opened.at for each in points):
        points.append(opened.point)
    return aggregated(points, span, RECORDED.length, SpotUsage)


async def tenant_usage(context: ActionContext, span: Span) -> list[TenantUsage]:
    """Return the usage of a tenant: its hours that are over."""
    points = await context.deps.usage.within(context.tenant_id, TENANT, span)
    return aggregated(points, span, HOUR.length, TenantUsage)


def today(now: datetime) -> Span:
    """Return the day of UTC that *now* is in, in hours."""
    midnight = Interval.DAY.begin(now)
    return span_of(midnight, midnight + Interval.DAY.length, HOUR, HOUR)


async def tenants_overview(deps: Dependencies) -> list[tuple[Tenant, TenantOverview | None]]:
    """Return every tenant with its overview, or None if it is too new to have an overview."""
    known = {stored.value.tenant_id: stored.value async for stored in deps.overviews.of_all()}
    return [(stored.value, known.get(stored.value.id)) async for stored in deps.tenants.each()]
