"""Tenants: one customer each, with its rules."""

from __future__ import annotations

import azure.functions as func

from shared.domain.tenants.tenant import Tenant
from shared.errors import InvalidError, Problem
from shared.services import tenants
from shared.services.tenants import TenantChange
from shared.services.wizard_edits import tenant_edit
from shared.workflow import Blueprint, DurableClient
from triggers.http.call import Call, Response, created, ok
from triggers.http.connections import may_name_any_subscription
from triggers.http.endpoints import endpoint
from triggers.http.idempotency import once
from triggers.http.lists import whole_list
from triggers.http.response_shapes import Page
from triggers.http.views.tenants import TENANT_TO_CREATE, TENANTS

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
    updated = await tenants.update_tenant(call.context, client, stored, form)
    return ok(updated.value.to_json(), etag=updated.etag)


async def save_tenant_edit_form(call: Call, client: DurableClient) -> Response:
    """Save the form of edit-tenant."""
    stored = call.stored_tenant
    call.match(stored.etag)
    change = tenant_edit(call.json(), any_subscription=may_name_any_subscription(call))
    updated = await tenants.update_tenant(call.context, client, stored, change)
    return ok(updated.value.to_json(), etag=updated.etag)


@bp.route(route="tenants/{tenant}", methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/delete", returns={204: None})
async def delete_tenant(call: Call) -> Response:
    """Delete a tenant that is empty."""
    stored = call.stored_tenant
    call.match(stored.etag)
    await tenants.delete_tenant(call.context, stored)
    return Response(204)
