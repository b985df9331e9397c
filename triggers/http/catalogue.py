"""Catalogues and audit log: servicePlans, supportedRegions, auditEvents."""

from __future__ import annotations

import azure.functions as func

from shared.domain.networks.regions import SUPPORTED_REGIONS as REGIONS
from shared.errors import NotFoundError
from shared.services.audit_names import audit_names
from shared.services.licenses import licenses
from shared.storage.audit import EVERYWHERE
from shared.workflow import Blueprint
from triggers.http.audit_lists import activities, audit_list
from triggers.http.call import Call, Response, ok
from triggers.http.endpoints import endpoint
from triggers.http.graph import BASE, base_of, graph_function, graph_item, graph_whole_list, query_of
from triggers.http.odata import context
from triggers.http.openapi_metadata import ONE
from triggers.http.response_shapes import Page
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
    service_plan_view,
    supported_region_view,
)

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
    """List the activities that audit events name: those of callers, and others in the newest events."""
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
    return await audit_list(call, call.query("tenantId") or EVERYWHERE)
