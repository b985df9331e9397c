"""Tenants: one customer each, with its rules and sites; at a glance, and whether it is ready for a Cloud PC."""

from __future__ import annotations

import json

import azure.functions as func

from shared.domain.tenants.tenant import Site, Tenant
from shared.domain.wizards.places import of_site_form
from shared.errors import ConflictError, InvalidError, MismatchError, Problem, StaleError
from shared.services.maintenance import tenant_deletion
from shared.services.tenants import sites, tenants
from shared.services.tenants.customer_rights import customer_template
from shared.services.tenants.readiness import Readiness, readiness
from shared.services.tenants.summaries import CloudPcCounts, License, Quota, count_cloud_pcs, licenses_used, quotas
from shared.services.tenants.tenants import TenantChange
from shared.services.wizards.edits import edited_site, new_site, tenant_edit
from shared.workflow import Blueprint, DurableClient
from triggers.http import scopes
from triggers.http.answers import http_response
from triggers.http.call import Call, Response, created, ok
from triggers.http.endpoints import endpoint
from triggers.http.idempotency import once
from triggers.http.lists import whole_list
from triggers.http.networks.connections import may_name_any_subscription
from triggers.http.odata import Collection, kinds_of
from triggers.http.openapi_metadata import Page, returns
from triggers.http.views.tenants import SITE, SITE_TO_PUT, SITES, TENANT_TO_CREATE, TENANTS, RoleTemplateView, site_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route="tenants", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/tenants/create", accepts=TENANT_TO_CREATE, returns={201: Tenant})
async def create_tenant(call: Call, client: DurableClient) -> Response:
    """Create a tenant; its licensed users are listed at once."""
    tenant = call.read(Tenant)
    if tenant.paused is not None:
        raise InvalidError(Problem("/paused", "is set by pause; leave it out"))

    async def create() -> Response:
        stored = await tenants.create_tenant(call.context, client, tenant)
        return created(tenant.to_json(), f"/api/tenants/{tenant.id}", etag=stored.etag)

    return await once(call, create)


@bp.route(route="tenants", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/list", returns=Page(Tenant), query=TENANTS)
async def list_tenants(call: Call) -> Response:
    """List the tenants."""
    return await whole_list(call, TENANTS, [stored.value.to_json() async for stored in call.deps.tenants.each()])


@bp.route(route="tenants/{tenant}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/read", returns=Tenant)
async def get_tenant(call: Call) -> Response:
    """Show one tenant."""
    return ok(call.tenant.to_json(), etag=call.stored_tenant.etag)


@bp.route(route="tenants/{tenant}", methods=["PATCH"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/tenants/update", accepts=TenantChange, returns=Tenant)
async def update_tenant(call: Call, client: DurableClient) -> Response:
    """Change a tenant's name or settings."""
    stored = call.stored_tenant
    call.match(stored.etag)
    form = call.read(TenantChange)
    if form.further_subscription_ids is not None and not may_name_any_subscription(call):
        raise InvalidError(Problem("/furtherSubscriptionIds", "only the provider may choose a tenant's subscriptions"))
    if form.spot_licenses is not None and not may_name_any_subscription(call):
        raise InvalidError(Problem("/spotLicenses", "only the provider sets how many licences a tenant has"))
    updated = await tenants.update_tenant(call.context, client, stored, form, of_customer=call.is_of_customer)
    return ok(updated.value.to_json(), etag=updated.etag)


async def save_tenant_edit_form(call: Call, client: DurableClient) -> Response:
    """Save the form of edit-tenant."""
    stored = call.stored_tenant
    call.match(stored.etag)
    change = tenant_edit(call.json(), any_subscription=may_name_any_subscription(call))
    updated = await tenants.update_tenant(call.context, client, stored, change, of_customer=call.is_of_customer)
    return ok(updated.value.to_json(), etag=updated.etag)


@bp.route(route="tenants/{tenant}", methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/delete", returns={204: None})
async def delete_tenant(call: Call) -> Response:
    """Delete a tenant that is empty."""
    stored = call.stored_tenant
    call.match(stored.etag)
    await tenant_deletion.delete_tenant(call.context, stored)
    return Response(204)


_LICENSES = Collection(
    name="licenses",
    kinds=kinds_of("servicePlanId", "displayName", "skuPartNumber", numbers="total used free cloudPcs"),
    searched=("displayName", "skuPartNumber"),
    key=("servicePlanId",),
)
_QUOTAS = Collection(
    name="quotas", kinds=kinds_of("subscriptionId", "region", "error"), key=("subscriptionId", "region")
)


@bp.route(route="tenants/{tenant}/summary", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/cloudPCs/read", returns=CloudPcCounts)
async def get_summary(call: Call) -> Response:
    """Count the Cloud PCs by status, policy, service plan, region and connection."""
    return ok((await count_cloud_pcs(call.context)).to_json())


@bp.route(route="tenants/{tenant}/licenses", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/servicePlans/read", returns=Page(License), query=_LICENSES)
async def list_licenses(call: Call) -> Response:
    """List the licences for Cloud PCs: how many there are, used and free."""
    return await whole_list(call, _LICENSES, [each.to_json() for each in await licenses_used(call.context)])


@bp.route(route="tenants/{tenant}/quotas", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/servicePlans/read", returns=Page(Quota), query=_QUOTAS)
async def list_quotas(call: Call) -> Response:
    """List the vCPU quotas of the subscriptions and regions in which the tenant builds."""
    return await whole_list(call, _QUOTAS, [each.to_json() for each in await quotas(call.context)])


_PUBLIC = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
"""A browser that shows the Azure portal reads it from there."""


@bp.route(route="tenants/{tenant}/readiness", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/readReadiness", returns=Readiness)
async def get_readiness(call: Call) -> Response:
    """Judge the requirements of a tenant's first Cloud PC: consent, permissions, providers, role, licences, quota."""
    return ok((await readiness(call.context)).to_json())


@bp.route(route="templates/customer.json", methods=["GET"], auth_level=_OPEN)
@returns({200: RoleTemplateView})
async def get_customer_template(req: func.HttpRequest) -> func.HttpResponse:
    """Show the ARM template of the service's role in a subscription, to anybody: the Azure portal opens it."""
    del req
    return http_response(json.dumps(customer_template()), headers=_PUBLIC, kind="application/json")


@bp.route(route="tenants/{tenant}/sites", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/sites/read", returns=Page(SITE), query=SITES, reach=scopes.SITES)
async def list_sites(call: Call) -> Response:
    """List the sites."""
    found = call.deps.sites.each(call.tenant.id)
    return await whole_list(call, SITES, [site_view(stored.value) async for stored in found])


@bp.route(route="tenants/{tenant}/sites/{site}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/sites/read", returns=SITE, reach=scopes.SITE)
async def get_site(call: Call) -> Response:
    """Show one site."""
    stored = await call.deps.sites.get(call.tenant.id, call.param("site"))
    return ok(site_view(stored.value), etag=stored.etag)


@bp.route(route="tenants/{tenant}/sites/{site}", methods=["PUT"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/sites/write", accepts=SITE_TO_PUT, returns={200: SITE, 201: SITE})
async def put_site(call: Call) -> Response:
    """Create a site, or replace it."""
    body = call.json()
    if body.get("id", call.param("site")) != call.param("site"):
        raise InvalidError(Problem("/id", "is not the one in the address; leave it out"))
    if "tenantId" in body:
        raise InvalidError(Problem("/tenantId", "unknown field; leave it out"))
    site = call.read(Site, {**body, "id": call.param("site"), "tenantId": call.tenant.id})
    there = await call.deps.sites.find(call.tenant.id, site.id)
    if there is None:
        if call.request.headers.get("if-match"):
            raise MismatchError("there is no such site")
        try:
            stored = await sites.create_site(call.context, site)
        except ConflictError as error:
            raise StaleError("somebody else has just created the site") from error
        return created(site_view(site), f"/api/tenants/{call.tenant.id}/sites/{site.id}", etag=stored.etag)
    call.match(there.etag)
    stored = await sites.replace_site(call.context, there, site)
    return ok(site_view(site), etag=stored.etag)


async def save_site_form(call: Call, client: DurableClient) -> Response:
    """Save the form of create-site."""
    del client
    site = new_site(call.context, call.json())
    if await call.deps.sites.find(call.tenant.id, site.id) is not None and not call.context.repeatable:
        raise InvalidError(Problem("/name/id", "there is a site of this id; choose another", "name"))
    try:
        stored = await sites.create_site(call.context, site)
    except InvalidError as error:
        raise InvalidError(*map(of_site_form, error.problems)) from error
    return created(site_view(site), f"/api/tenants/{call.tenant.id}/sites/{site.id}", etag=stored.etag)


async def save_site_edit_form(call: Call, client: DurableClient) -> Response:
    """Save the form of edit-site."""
    del client
    there, site = await edited_site(call.context, call.json())
    call.match(there.etag)
    try:
        stored = await sites.replace_site(call.context, there, site)
    except InvalidError as error:
        raise InvalidError(*map(of_site_form, error.problems)) from error
    return ok(site_view(site), etag=stored.etag)


@bp.route(route="tenants/{tenant}/sites/{site}", methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/sites/delete", returns={204: None})
async def delete_site(call: Call) -> Response:
    """Delete a site that nothing uses."""
    there = await call.deps.sites.get(call.tenant.id, call.param("site"))
    call.match(there.etag)
    await sites.delete_site(call.context, there)
    return Response(204)
