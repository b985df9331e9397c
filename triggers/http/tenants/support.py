"""Support access: people of the provider in a customer's tenant, until an end and with the customer's consent."""

from __future__ import annotations

import azure.functions as func

from shared.domain.tenants.access import AccessGrant, SupportAccessForm
from shared.errors import NotFoundError
from shared.services.directory.names import provider_names
from shared.services.tenants.access import approve_support, begin_support, take_back
from shared.storage.repository import Stored
from shared.workflow import Blueprint
from triggers.http.call import Call, Response, created, ok
from triggers.http.endpoints import endpoint
from triggers.http.idempotency import once
from triggers.http.lists import whole_list
from triggers.http.openapi_metadata import Page
from triggers.http.views.access import SUPPORT_ACCESS, SUPPORT_ACCESSES, SupportAccessView, support_access_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_ALL = "tenants/{tenant}/supportAccess"
_ONE = f"{_ALL}/{{id}}"


@bp.route(route=_ALL, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/supportAccess/read", returns=Page(SUPPORT_ACCESS), query=SUPPORT_ACCESSES)
async def list_support_access(call: Call) -> Response:
    """List the support access that was asked for, is active, or ended within 90 days."""
    found = [stored.value async for stored in call.deps.access_grants.each(call.tenant.id, support=True)]
    return await whole_list(call, SUPPORT_ACCESSES, await _views(call, *found))


@bp.route(route=_ONE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/supportAccess/read", returns=SUPPORT_ACCESS)
async def get_support_access(call: Call) -> Response:
    """Show one support access."""
    stored = await _read(call)
    (view,) = await _views(call, stored.value)
    return ok(view, etag=stored.etag)


@bp.route(route=_ALL, methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/supportAccess/create", accepts=SupportAccessForm, returns={201: SUPPORT_ACCESS})
async def create_support_access(call: Call) -> Response:
    """Give people of the provider access until an end; a request of the provider waits for the customer's consent."""

    async def create() -> Response:
        approved = call.may("Microsoft.CloudPC/supportAccess/approve")
        stored = await begin_support(call.context, call.read(SupportAccessForm), call.granter, approved=approved)
        place = f"/api/tenants/{call.tenant.id}/supportAccess/{stored.value.id}"
        (view,) = await _views(call, stored.value)
        return created(view, place, etag=stored.etag)

    return await once(call, create)


@bp.route(route=f"{_ONE}/approve", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/supportAccess/approve", returns=SUPPORT_ACCESS)
async def approve_support_access(call: Call) -> Response:
    """Consent to support access that was asked for, as an administrator of the customer."""

    async def approve() -> Response:
        stored = await approve_support(call.context, await _read(call), call.granter)
        (view,) = await _views(call, stored.value)
        return ok(view, etag=stored.etag)

    return await once(call, approve)


@bp.route(route=_ONE, methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/supportAccess/delete", returns={204: None})
async def delete_support_access(call: Call) -> Response:
    """End support access at once, or withdraw a request for it."""
    await take_back(call.context, await _read(call))
    return Response(204)


async def _views(call: Call, *grants: AccessGrant) -> list[SupportAccessView]:
    names = await provider_names(call.context, (one for each in grants for one in each.principal_ids))
    return [support_access_view(each, call.now, names) for each in grants]


async def _read(call: Call) -> Stored[AccessGrant]:
    stored = await call.deps.access_grants.get(call.tenant.id, call.param("id"))
    if not stored.value.support:
        raise NotFoundError("there is no such support access")
    call.match(stored.etag)
    return stored
