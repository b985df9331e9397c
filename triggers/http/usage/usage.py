"""Usage over time: of a Spot Group, of a tenant; and all tenants at a glance."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import azure.functions as func

from shared.domain.cloud_pcs.day import slot_of
from shared.domain.operations.usage import RECORDED as HOUR
from shared.domain.operations.usage import TenantUsage
from shared.domain.spot.engine.usage import RECORDED, SpotUsage
from shared.domain.usage import MOST_POINTS, Interval, Span, span_of
from shared.errors import InvalidError, Problem
from shared.services.cloud_pcs.lists import cloud_pc_entries
from shared.services.cost.recording import minutes_on
from shared.services.usage.cloud_pcs import days_of, use_of
from shared.services.usage.days import fleet_use, policy_use, stretches_of
from shared.services.usage.reports import spot_usage, tenant_usage, tenants_overview
from shared.workflow import Blueprint
from triggers.http import scopes
from triggers.http.call import Call, Response
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE, graph_whole_list
from triggers.http.lists import whole_list
from triggers.http.openapi_metadata import Page
from triggers.http.views.usage import (
    CLOUD_PC_DAYS,
    CLOUD_PC_USE,
    FLEET_USE,
    OVERVIEWS,
    POLICY_USE,
    SPOT_USAGE,
    TENANT_USAGE,
    USAGE_TIMELINE,
    CloudPcDayView,
    CloudPcUseView,
    FleetUseView,
    PolicyUseView,
    TenantOverviewView,
    UsageStretchView,
    cloud_pc_day_view,
    cloud_pc_use_view,
    fleet_use_view,
    policy_use_view,
    stretch_view,
    tenant_overview_view,
    usage_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_USUAL = timedelta(days=1)
_NOW = timedelta(seconds=1)
"""Time by which a period ends later that ends now, so that the interval which has just begun is in it."""


@bp.route(route=f"{BASE}/spotGroups/{{id}}/usage", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/spotGroups/read", graph=True, returns=Page(SpotUsage), query=SPOT_USAGE, reach=scopes.SPOT_GROUP
)
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


_USUAL_DAYS = timedelta(days=27)
"""A report of Cloud PCs has 28 days, today among them, where its caller names no period."""


@bp.route(route=f"{BASE}/cloudPCs/{{id}}/usage", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/cloudPCs/read",
    graph=True,
    returns=Page(CloudPcDayView),
    query=CLOUD_PC_DAYS,
    reach=scopes.CLOUD_PC,
)
async def list_cloud_pc_usage(call: Call) -> Response:
    """List the use of a Cloud PC, day by day: minutes on, active and disconnected, and connections."""
    pc = (await call.deps.cloud_pcs.get(call.tenant.id, call.param("id"))).value
    found = await days_of(call.deps, call.tenant.id, pc.id, *_days(call))
    minutes = (await minutes_on(call.deps, call.tenant.id, *_days(call))).get(pc.id, {})
    views = [cloud_pc_day_view(day, use, minutes.get(day, 0)) for day, use in found]
    return await graph_whole_list(call, CLOUD_PC_DAYS, views, usual=MOST_POINTS)


@bp.route(route=f"{BASE}/reports/cloudPcUse", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/reports/read", graph=True, returns=Page(CloudPcUseView), query=CLOUD_PC_USE)
async def list_cloud_pc_use(call: Call) -> Response:
    """List the Cloud PCs with their use in a period, and the days since their users have signed in."""
    uses = await use_of(call.deps, call.tenant.id, *_days(call))
    entries = await cloud_pc_entries(call.context)
    minutes = await minutes_on(call.deps, call.tenant.id, *_days(call))
    views = [
        cloud_pc_use_view(each, uses[id_], sum(minutes.get(id_, {}).values()), call.now)
        for each in entries
        if (id_ := str(each["id"])) in uses
    ]
    return await graph_whole_list(call, CLOUD_PC_USE, views)


@bp.route(route=f"{BASE}/cloudPCs/{{id}}/usageTimeline", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/cloudPCs/read",
    graph=True,
    returns=Page(UsageStretchView),
    query=USAGE_TIMELINE,
    reach=scopes.CLOUD_PC,
)
async def list_usage_timeline(call: Call) -> Response:
    """List the stretches of a Cloud PC's day: in use, disconnected, on or off, and why."""
    pc = (await call.deps.cloud_pcs.get(call.tenant.id, call.param("id"))).value
    found = await stretches_of(call.deps, call.tenant.id, pc.id, *_period(call, _USUAL, _LONGEST_DAYS))
    return await graph_whole_list(call, USAGE_TIMELINE, map(stretch_view, found), usual=MOST_POINTS)


@bp.route(route=f"{BASE}/reports/fleetUse", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/reports/read", graph=True, returns=Page(FleetUseView), query=FLEET_USE)
async def list_fleet_use(call: Call) -> Response:
    """List how many Cloud PCs were on, in use, or could have been off, in each quarter of an hour."""
    start, end = _period(call, _USUAL, _LONGEST_DAYS)
    start, policy, among = slot_of(start), call.query("provisioningPolicyId"), None
    if policy:
        entries = await cloud_pc_entries(call.context)
        among = {str(each["id"]) for each in entries if each["provisioningPolicyId"] == policy}
    found = await fleet_use(call.deps, call.tenant.id, start, end, among)
    return await graph_whole_list(call, FLEET_USE, map(fleet_use_view, found), usual=MOST_POINTS)


@bp.route(route=f"{BASE}/reports/policyUse", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/reports/read", graph=True, returns=Page(PolicyUseView), query=POLICY_USE)
async def list_policy_use(call: Call) -> Response:
    """List the use of each policy, day by day: the last seven days where nobody names a period."""
    start, end = _period(call, _WEEK, _LONGEST_REPORT)
    entries = await cloud_pc_entries(call.context)
    found = await policy_use(call.deps, call.tenant.id, entries, start.date(), end.date())
    return await graph_whole_list(call, POLICY_USE, map(policy_use_view, found), usual=MOST_POINTS)


_WEEK = timedelta(days=6)
_LONGEST_DAYS = timedelta(days=8)
"""Longest period that is shown in parts of days."""


def _days(call: Call) -> tuple[date, date]:
    """Return the first and the last day that a request names: by default the last 28. Raises: InvalidError."""
    start, end = _period(call, _USUAL_DAYS, _LONGEST_REPORT)
    return start.date(), end.date()


def _period(call: Call, usual: timedelta, longest: timedelta) -> tuple[datetime, datetime]:
    """Return the period that a request names, in UTC; *usual*: how long it is otherwise. Raises: InvalidError."""
    end = moment_in(call, "endDateTime") or call.now
    start = moment_in(call, "startDateTime") or end - usual
    if start > end:
        raise InvalidError(Problem("startDateTime", "the period must begin before it ends"))
    if end - start > longest:
        raise InvalidError(Problem("startDateTime", f"a report has at most {longest.days} days"))
    return start.astimezone(UTC), end.astimezone(UTC)


_LONGEST_REPORT = timedelta(days=366)


@bp.route(route="cloudPcsOverview", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/list", returns=Page(TenantOverviewView), query=OVERVIEWS)
async def list_overviews(call: Call) -> Response:
    """List all tenants with their Cloud PCs by status, their failures, and the decisions that wait for a person."""
    views = [tenant_overview_view(*each) for each in await tenants_overview(call.deps)]
    return await whole_list(call, OVERVIEWS, views)


def _span(call: Call, shortest: Interval) -> Span:
    """Return the period that a request names: by default the last day. Raises: InvalidError."""
    end = moment_in(call, "endDateTime") or call.now + _NOW
    start = moment_in(call, "startDateTime") or end - _USUAL
    named = call.query("interval")
    if named is not None and named not in set(Interval):
        raise InvalidError(Problem("interval", f"write one of {', '.join(Interval)}"))
    try:
        return span_of(start, end, Interval(named) if named else None, shortest)
    except ValueError as error:
        raise InvalidError(Problem("interval" if named else "startDateTime", str(error))) from error


def moment_in(call: Call, name: str) -> datetime | None:
    """Return the time that a parameter says, or None where it is left out. Raises: InvalidError."""
    text = call.query(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise InvalidError(Problem(name, "write a time, such as 2026-11-24T08:00:00Z")) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
