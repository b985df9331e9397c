"""Sites: where a tenant's machines may be built."""

from __future__ import annotations

from typing import Any

import azure.functions as func

from shared.domain.describing import Trimmed, listing
from shared.domain.tenant import Site
from shared.errors import ConflictError, InvalidError, Problem, StaleError
from shared.storage.due import DueKind
from shared.workflow import Blueprint
from triggers.http.described import PAGES
from triggers.http.endpoints import Answer, Call, created, endpoint, ok
from triggers.http.paging import listed, top_of

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_SITE = Trimmed("site", Site, ("tenantId",))
_NEW = Trimmed("siteToPut", Site, ("tenantId", "id"))
_FIXED = ("region", "resource_group", "address_space")
"""What machines and networks have been built by; it stays while anything uses the site."""


@bp.route(route="tenants/{tenant}/sites", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/sites/read", returns=listing(_SITE, "site"), query=PAGES)
async def list_sites(call: Call) -> Answer:
    """List the sites."""
    page = await call.deps.sites.page(call.tenant.id, top_of(call), call.query("$skiptoken"))
    return ok(listed(call, (shown(stored.value) for stored in page.items), page.next_token))


@bp.route(route="tenants/{tenant}/sites/{site}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/sites/read", returns=_SITE)
async def get_site(call: Call) -> Answer:
    """Show one site."""
    stored = await call.deps.sites.get(call.tenant.id, call.param("site"))
    return ok(shown(stored.value), etag=stored.etag)


@bp.route(route="tenants/{tenant}/sites/{site}", methods=["PUT"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/sites/write", accepts=_NEW, returns={200: _SITE, 201: _SITE})
async def put_site(call: Call) -> Answer:
    """Create a site, or replace it."""
    said = call.json()
    if said.get("id", call.param("site")) != call.param("site"):
        raise InvalidError(Problem("/id", "is not the one in the address"))
    if "tenantId" in said:
        raise InvalidError(Problem("/tenantId", "unknown field"))
    site = call.read(Site, {**said, "id": call.param("site"), "tenantId": call.tenant.id})
    sites = call.deps.sites
    there = await sites.find(call.tenant.id, site.id)
    if there is None:
        if call.request.headers.get("if-match"):
            raise StaleError("there is no such site")
        stored = await sites.insert(site)
        await call.audit("site", site.id, after=site)
        every = call.tenant.settings.orphan_scan
        await call.deps.due.put(DueKind.ORPHANS, call.now + every, call.tenant.id, call.tenant.id)
        return created(shown(site), f"/api/tenants/{call.tenant.id}/sites/{site.id}", etag=stored.etag)
    call.match(there.etag)
    moved = [name for name in _FIXED if getattr(site, name) != getattr(there.value, name)]
    if moved and (users := await _users(call, site.id)):
        raise ConflictError("the site is in use: its region, resource group and addresses stay", inTheWay=users)
    stored = await sites.replace(site, seen=there.etag)
    await call.audit("site", site.id, before=there.value, after=site)
    return ok(shown(site), etag=stored.etag)


@bp.route(route="tenants/{tenant}/sites/{site}", methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/sites/delete", returns={204: None})
async def delete_site(call: Call) -> Answer:
    """Delete a site that nothing uses."""
    there = await call.deps.sites.get(call.tenant.id, call.param("site"))
    call.match(there.etag)
    if users := await _users(call, there.value.id):
        raise ConflictError("the site is in use", inTheWay=users)
    await call.deps.sites.remove(call.tenant.id, there.value.id, seen=there.etag)
    await call.audit("site", there.value.id, before=there.value)
    return Answer(204)


def shown(site: Site) -> dict[str, Any]:
    """Return a site as JSON; its tenant is in the address."""
    return {name: value for name, value in site.to_json().items() if name != "tenantId"}


async def _users(call: Call, site_id: str) -> dict[str, list[str]]:
    """Return the names of what uses a site."""
    deps, tenant_id = call.deps, call.tenant.id
    users = {
        "onPremisesConnections": [
            c.value.display_name async for c in deps.connections.each(tenant_id, site_id=site_id)
        ],
        "deviceImages": [i.value.display_name async for i in deps.images.each(tenant_id, site_id=site_id)],
    }
    return {kind: names for kind, names in users.items() if names}
