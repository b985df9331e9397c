"""Sites: where a tenant's machines may be built."""

from __future__ import annotations

from functools import partial

from shared.domain.operations.operation import ResourceType
from shared.domain.tenants.places import site_problems
from shared.domain.tenants.tenant import Site
from shared.errors import InvalidError, Problem
from shared.services.cloud_pcs.orphans import want_scan
from shared.services.operations.action_context import ActionContext
from shared.services.operations.in_the_way import refuse_while_used
from shared.services.operations.intents import Resource, make_change
from shared.services.operations.writes import deletion, insertion, replacement
from shared.services.power.shut_down import promise_first_list
from shared.storage.due import DueKind
from shared.storage.repository import Stored

_FIXED = ("region", "resource_group", "address_space")
"""Properties by which machines and networks have been built; they are fixed while anything uses the site."""


async def create_site(context: ActionContext, site: Site) -> Stored[Site]:
    """Add a site. Raises: InvalidError, ConflictError if there is one of its id."""
    await check_site(context, None, site)
    deps, tenant = context.deps, context.tenant
    scan_at = context.now + tenant.settings.orphan_scan

    async def promise() -> None:
        await deps.due.put(DueKind.ORPHANS, scan_at, tenant.id, tenant.id)
        await promise_first_list(deps, tenant.id, context.now)
        await deps.due.put(DueKind.REPLICATE, context.now, tenant.id, site.id)  # versions of Global image sets

    write = insertion(context, deps.sites, site, site.id)
    return await make_change(context, Resource(ResourceType.SITE, site.id), write, promise=promise)


async def replace_site(context: ActionContext, stored: Stored[Site], site: Site) -> Stored[Site]:
    """Replace a site; a region that is new gets the site's images. Raises: InvalidError, ConflictError, StaleError."""
    await check_site(context, stored.value, site)
    deps, tenant_id = context.deps, context.tenant.id
    write = replacement(stored, site, deps.sites.replace)
    more = set(site.regions) - set(stored.value.regions)
    promise = partial(deps.due.put, DueKind.REPLICATE, context.now, tenant_id, site.id)
    return await make_change(context, Resource(ResourceType.SITE, site.id), write, promise=promise if more else None)


async def check_site(context: ActionContext, before: Site | None, site: Site) -> None:
    """Refuse a site that cannot be saved in place of *before*, or as a new site if *before* is None.

    Raises: InvalidError, ConflictError.
    """
    _refuse_impossible(site)
    moved = before is not None and any(getattr(site, name) != getattr(before, name) for name in _FIXED)
    if moved:
        message = "the site is in use, so that its region, resource group and addresses stay"
        refuse_while_used(message, await _users_of(context, site.id))
    await _refuse_shared_networks(context, site, _networks(before) if before else frozenset())


async def delete_site(context: ActionContext, stored: Stored[Site]) -> None:
    """Delete a site that nothing uses; its resources in Azure follow. Raises: ConflictError, StaleError."""
    site, tenant = stored.value, context.tenant
    refuse_while_used("the site is in use", await _users_of(context, site.id))
    promise = partial(want_scan, context.deps, tenant, site.resource_group)
    await make_change(
        context, Resource(ResourceType.SITE, site.id), deletion(stored, context.deps.sites), promise=promise
    )


def _refuse_impossible(site: Site) -> None:
    """Refuse a site in which nothing could be built. Raises: InvalidError."""
    if problems := site_problems(site):
        raise InvalidError(*problems)


def _networks(site: Site) -> frozenset[tuple[str, str]]:
    """Return the resource group and region of each hosted network of a site: a tenant has one for each such pair."""
    return frozenset((site.resource_group.lower(), region) for region in site.regions)


async def _refuse_shared_networks(context: ActionContext, site: Site, own: frozenset[tuple[str, str]]) -> None:
    """Refuse a site that would share a hosted network with another one. Raises: InvalidError.

    The network would have the addresses of whichever site builds first. *own*: what the site has had before.
    """
    async for stored in context.deps.sites.each(context.tenant.id):
        other = stored.value
        shared = sorted(region for _, region in (_networks(site) - own) & _networks(other))
        if other.id != site.id and shared:
            message = f"the site {other.id} has this resource group too, and builds in {', '.join(shared)}: both would"
            raise InvalidError(Problem("/resourceGroup", f"{message} share one hosted network; name another group"))


async def _users_of(context: ActionContext, site_id: str) -> dict[str, list[str]]:
    """Return the names of the resources that use a site."""
    deps, tenant_id = context.deps, context.tenant.id
    return {
        "onPremisesConnections": [
            c.value.display_name async for c in deps.connections.each(tenant_id, site_id=site_id)
        ],
        "deviceImages": [i.value.display_name async for i in deps.images.each(tenant_id, site_id=site_id)],
        "spotGroups": [g.value.display_name async for g in deps.spot_groups.each(tenant_id, site_id=site_id)],
        "imageSets": [s.value.display_name async for s in deps.image_sets.each(tenant_id, home_site_id=site_id)],
    }
