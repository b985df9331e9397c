"""The audit log, and the catalogues of service plans and regions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import azure.functions as func

from shared.domain import pages
from shared.domain.filtering import accepts, demanded, names_in
from shared.domain.networks.regions import SUPPORTED_REGIONS as REGIONS
from shared.domain.operations.operation import NO_NAMES, AuditEvent, AuditNames
from shared.errors import InvalidError, NotFoundError, Problem
from shared.services.audit.events import audit_names
from shared.services.directory.licenses import licenses
from shared.storage.audit import EVERYWHERE
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.grants import authorize_in
from triggers.http.graph import BASE, base_of, graph_function, graph_item, graph_whole_list, query_of
from triggers.http.lists import csv_response, list_query, listed, top_of, wants_csv
from triggers.http.odata import Query, context, selected
from triggers.http.openapi_metadata import ONE, Page
from triggers.http.permissions import CHANGING
from triggers.http.views.catalogue import (
    AUDIT_EVENT,
    AUDIT_EVENTS,
    SERVICE_AUDIT_EVENTS,
    SERVICE_PLAN,
    SERVICE_PLANS,
    SUPPORTED_REGION,
    SUPPORTED_REGIONS,
    ActivityTypesView,
    audit_event_view,
    audit_row,
    service_plan_view,
    supported_region_view,
)

_LOOKED_AT = 5_000
"""The most events that one page examines; the next page continues after them."""
_IN_A_FILE = 20_000
_LOOKED_AT_FOR_A_FILE = 100_000
_AT_ONCE = 1_000
_WITHOUT_A_PAUSE = 100
_ONLY_NEWEST = "audit events are ordered by activityDateTime desc"


async def audit_list(call: Call, tenant_id: str, more: Mapping[str, Any] | None = None) -> Response:
    """Answer with a page of the audit log. Its last pages may have fewer events than were asked for."""
    query = list_query(call, AUDIT_EVENTS)
    if query.count:
        raise InvalidError(Problem("$count", "audit events are not counted; page through them"))
    if [(term.name, term.descending) for term in query.order] != [("activityDateTime", True)]:
        raise InvalidError(Problem("$orderby", _ONLY_NEWEST))
    if wants_csv(call):
        events, token = await _found(call, tenant_id, query, (_IN_A_FILE, _LOOKED_AT_FOR_A_FILE), "")
        if token is not None:
            message = f"a file has at most {_IN_A_FILE} events of {_LOOKED_AT_FOR_A_FILE}; choose by activityDateTime"
            raise InvalidError(Problem("$filter", message))
        names = await _names(call, events)
        views = (audit_event_view(each, names) for each in events)
        return await csv_response(AUDIT_EVENTS, query, ((audit_row(view), view) for view in views))
    behind = _place(call)
    events, token = await _found(call, tenant_id, query, (top_of(call), _LOOKED_AT), behind)
    names = await _names(call, events)
    items = [selected(audit_event_view(each, names), query, AUDIT_EVENTS) for each in events]
    return ok(listed(call, items, token, **(more or {})))


async def activities(call: Call) -> list[str]:
    """Return the names of activities for filters: all that callers can start, and those in recent audit events."""
    found, looked = set(CHANGING), 0
    async for _, stored in call.deps.audit.among(call.tenant.id, top=_AT_ONCE):
        found.add(stored.value.activity)
        looked += 1
        if looked == _AT_ONCE:
            break
    return sorted(found)


async def _found(
    call: Call, tenant_id: str, query: Query, most: tuple[int, int], behind: str
) -> tuple[list[AuditEvent], str | None]:
    """Return events and the token of the next page, None at the end. *most*: the events to return, and to examine."""
    found: list[AuditEvent] = []
    looked, last = 0, ""
    narrow = names_in(query.condition) <= {"activityDateTime", "resourceId"}
    top = min(most[0] + 1, _AT_ONCE) if narrow else _AT_ONCE
    events = call.deps.audit.among(tenant_id, top=top, behind=behind, **_limits(query))
    async for key, stored in events:
        if len(found) == most[0] or looked == most[1]:
            return found, pages.encoded(last)
        looked, last = looked + 1, key
        if looked % _WITHOUT_A_PAUSE == 0:
            await asyncio.sleep(0)
        if accepts(query.condition, audit_row(audit_event_view(stored.value))):
            found.append(stored.value)
    return found, None


async def _names(call: Call, events: Sequence[AuditEvent]) -> AuditNames:
    """Return the names shown with events; only events of a tenant have names beside ids."""
    return NO_NAMES if call.context.subject is None else await audit_names(call.context, events)


def _limits(query: Query) -> dict[str, Any]:
    """Return the conditions that Table Storage can apply by itself: a period of time, and one resource."""
    limits: dict[str, Any] = {}
    for each in demanded(query.condition):
        if each.name == "resourceId" and each.operator == "eq" and each.written == each.value:  # ids are in lower case
            limits["resource_id"] = each.written
        elif each.name == "activityDateTime" and isinstance(each.value, str):
            at = datetime.fromisoformat(each.value.upper())
            if each.operator in {"ge", "gt", "eq"}:
                limits["since"] = max(at, limits.get("since", at))
            if each.operator in {"le", "lt", "eq"}:
                limits["until"] = min(at, limits.get("until", at))
    return limits


def _place(call: Call) -> str:
    token = call.query("$skiptoken")
    if token is None:
        return ""
    wrong = InvalidError(Problem("$skiptoken", pages.AS_IT_IS))
    try:
        place = pages.decoded(token)
    except ValueError as error:
        raise wrong from error
    if not call.deps.audit.is_place(place):  # of another list: nothing is behind it, and the log would seem to end
        raise wrong
    return place


bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route=f"{BASE}/servicePlans", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/servicePlans/read", graph=True, returns=Page(SERVICE_PLAN), query=SERVICE_PLANS)
async def list_service_plans(call: Call) -> Response:
    """List the Cloud PC licences that the tenant has: bought by its directory, or its own seats."""
    plans = (await licenses(call.context)).values()
    return await graph_whole_list(call, SERVICE_PLANS, [service_plan_view(plan) for plan in plans])


@bp.route(route=f"{BASE}/servicePlans/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/servicePlans/read", graph=True, returns=SERVICE_PLAN, query=ONE)
async def get_service_plan(call: Call) -> Response:
    """Show one Cloud PC licence that the tenant has."""
    plan = (await licenses(call.context)).get(call.param("id"))
    if plan is None:
        raise NotFoundError("the tenant has no such licence")
    return graph_item(call, SERVICE_PLANS, service_plan_view(plan))


@bp.route(route=f"{BASE}/supportedRegions", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/supportedRegions/read",
    graph=True,
    returns=Page(SUPPORTED_REGION),
    query=SUPPORTED_REGIONS,
)
async def list_supported_regions(call: Call) -> Response:
    """List the regions a site may be in."""
    return await graph_whole_list(call, SUPPORTED_REGIONS, [supported_region_view(region) for region in REGIONS])


@bp.route(route=f"{BASE}/supportedRegions/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/supportedRegions/read", graph=True, returns=SUPPORTED_REGION, query=ONE)
async def get_supported_region(call: Call) -> Response:
    """Show one region."""
    for region in REGIONS:
        if region.id == call.param("id").lower():
            return graph_item(call, SUPPORTED_REGIONS, supported_region_view(region))
    raise NotFoundError("there is no such region")


@bp.route(route=f"{BASE}/auditEvents", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/auditEvents/read", graph=True, returns=Page(AUDIT_EVENT), query=AUDIT_EVENTS)
async def list_audit_events(call: Call) -> Response:
    """List the audit events of a tenant, newest first."""
    head = {"@odata.context": context(base_of(call), AUDIT_EVENTS, query_of(call, AUDIT_EVENTS))}
    return await audit_list(call, call.tenant.id, head)


@graph_function(bp, f"{BASE}/auditEvents/getAuditActivityTypes")
@endpoint("Microsoft.CloudPC/auditEvents/read", graph=True, returns=ActivityTypesView)
async def get_audit_activity_types(call: Call) -> Response:
    """List the activities that audit events name: all activities of callers, and others in the newest events."""
    return ok({"@odata.context": f"{base_of(call)}/$metadata#Collection(Edm.String)", "value": await activities(call)})


@bp.route(route=f"{BASE}/auditEvents/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/auditEvents/read", graph=True, returns=AUDIT_EVENT, query=ONE)
async def get_audit_event(call: Call) -> Response:
    """Show one audit event."""
    event = await call.deps.audit.find(call.tenant.id, call.param("id"))
    if event is None:
        raise NotFoundError("there is no such audit event")
    return graph_item(call, AUDIT_EVENTS, audit_event_view(event, await audit_names(call.context, [event])))


@bp.route(route="auditEvents", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/service/read", returns=Page(AUDIT_EVENT), query=SERVICE_AUDIT_EVENTS)
async def list_service_audit_events(call: Call) -> Response:
    """List the audit events of the service as a whole, or with ``tenantId`` of one tenant, even a deleted one."""
    tenant_id = call.query("tenantId")
    tenant = await call.deps.tenants.find(tenant_id) if tenant_id else None
    if tenant is not None:
        await authorize_in(call.deps, call.caller, "Microsoft.CloudPC/auditEvents/read", tenant.value)
    return await audit_list(call, tenant_id or EVERYWHERE)
