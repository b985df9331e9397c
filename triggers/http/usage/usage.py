"""Usage over time: of a Spot Group, of a tenant; and all tenants at a glance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import azure.functions as func

from shared.domain.operations.usage import RECORDED as HOUR
from shared.domain.operations.usage import TenantUsage
from shared.domain.spot.engine.usage import RECORDED, SpotUsage
from shared.domain.usage import MOST_POINTS, Interval, Span, span_of
from shared.errors import InvalidError, Problem
from shared.services.usage.reports import spot_usage, tenant_usage, tenants_overview
from shared.workflow import Blueprint
from triggers.http.call import Call, Response
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE, graph_whole_list
from triggers.http.lists import whole_list
from triggers.http.openapi_metadata import Page
from triggers.http.views.usage import (
    OVERVIEWS,
    SPOT_USAGE,
    TENANT_USAGE,
    TenantOverviewView,
    tenant_overview_view,
    usage_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_USUAL = timedelta(days=1)
_NOW = timedelta(seconds=1)
"""Time by which a period ends later that ends now, so that the interval which has just begun is in it."""


@bp.route(route=f"{BASE}/spotGroups/{{id}}/usage", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/spotGroups/read", graph=True, returns=Page(SpotUsage), query=SPOT_USAGE)
async def list_spot_usage(call: Call) -> Response:
    """List the usage of a Spot Group over time: seats, sessions, hosts, starts, waits and decisions."""
    span = _span(call, RECORDED)
    group = (await call.deps.spot_groups.get(call.tenant.id, call.param("id"))).value
    points = map(usage_view, await spot_usage(call.context, group, span))
    return await graph_whole_list(call, SPOT_USAGE, points, usual=MOST_POINTS)


@bp.route(route=f"{BASE}/reports/usage", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/reports/read", graph=True, returns=Page(TenantUsage), query=TENANT_USAGE)
async def list_tenant_usage(call: Call) -> Response:
    """List the usage of a tenant over time: Cloud PCs by status, builds by duration, and all Spot Groups."""
    points = map(usage_view, await tenant_usage(call.context, _span(call, HOUR)))
    return await graph_whole_list(call, TENANT_USAGE, points, usual=MOST_POINTS)


@bp.route(route="cloudPcsOverview", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/list", returns=Page(TenantOverviewView), query=OVERVIEWS)
async def list_overviews(call: Call) -> Response:
    """List all tenants with their Cloud PCs by status, their failures, and the decisions that wait for a person."""
    views = [tenant_overview_view(*each) for each in await tenants_overview(call.deps)]
    return await whole_list(call, OVERVIEWS, views)


def _span(call: Call, shortest: Interval) -> Span:
    """Return the period that a request names: by default the last day. Raises: InvalidError."""
    end = _moment(call, "endDateTime") or call.now + _NOW
    start = _moment(call, "startDateTime") or end - _USUAL
    named = call.query("interval")
    if named is not None and named not in set(Interval):
        raise InvalidError(Problem("interval", f"write one of {', '.join(Interval)}"))
    try:
        return span_of(start, end, Interval(named) if named else None, shortest)
    except ValueError as error:
        raise InvalidError(Problem("interval" if named else "startDateTime", str(error))) from error


def _moment(call: Call, name: str) -> datetime | None:
    text = call.query(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise InvalidError(Problem(name, "write a time, such as 2026-11-24T08:00:00Z")) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
