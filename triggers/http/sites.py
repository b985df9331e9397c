"""Sites: where a tenant's machines may be built."""

from __future__ import annotations

import azure.functions as func

from shared.domain.tenants.tenant import Site
from shared.domain.wizards.places import of_site_form
from shared.errors import ConflictError, InvalidError, MismatchError, Problem, StaleError
from shared.services import sites
from shared.services.wizard_edits import edited_site, new_site
from shared.workflow import Blueprint, DurableClient
from triggers.http.call import Call, Response, created, ok
from triggers.http.endpoints import endpoint
from triggers.http.lists import whole_list
from triggers.http.response_shapes import Page
from triggers.http.views.tenants import SITE, SITE_TO_PUT, SITES, site_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route="tenants/{tenant}/sites", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/sites/read", returns=Page(SITE), query=SITES)
async def list_sites(call: Call) -> Response:
    """List the sites."""
    found = call.deps.sites.each(call.tenant.id)
    return await whole_list(call, SITES, [site_view(stored.value) async for stored in found])


@bp.route(route="tenants/{tenant}/sites/{site}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/sites/read", returns=SITE)
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
