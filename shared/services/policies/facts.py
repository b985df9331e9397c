"""Facts for checks of a policy's form: read at once, and no more than the form needs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from shared.clients.directory import assigned_groups, existing_groups
from shared.domain.images.image import GalleryImage
from shared.domain.networks.connection import Connection
from shared.domain.planning.entitlements import Entitlement
from shared.domain.planning.queueing import open_places
from shared.domain.policies.policy import Policy
from shared.domain.tenants.directory import Group
from shared.domain.tenants.tenant import Site, Tenant
from shared.domain.wizards.create_provisioning_policy import MOST_GROUPS, PolicyFacts
from shared.domain.wizards.forecast import Usage
from shared.errors import RefusedError, UnavailableError
from shared.services.directory.licenses import licensed_members
from shared.services.images.sources import gallery_images, usages
from shared.services.networks.rights import rights_in_use
from shared.services.operations.action_context import ActionContext

_log = logging.getLogger("deskwright.services")


async def policy_facts(context: ActionContext, form: Mapping[str, Any], *, with_forecast: bool) -> PolicyFacts:
    """Return the records and offers that a form is checked against.

    *with_forecast*: also the entitlements of the assigned users and the quota, for a review.
    """
    deps, tenant = context.deps, context.tenant
    connections = tuple([stored.value async for stored in deps.connections.each(tenant.id)])
    sites = tuple([stored.value async for stored in deps.sites.each(tenant.id)])
    policies = tuple([stored.value async for stored in deps.policies.each(tenant.id)])
    chosen = texts_of(form, "groups", "groupIds")
    places = _places(tenant, form, connections)
    offered, groups, entitlements, used = await asyncio.gather(
        _offered(context, sites, form),
        existing_groups(deps.graph(tenant), chosen) if chosen else nothing(()),
        members_of(context, chosen, policies) if with_forecast and chosen else nothing(()),
        _usages(context, form, connections, sites, places) if with_forecast else nothing(()),
    )
    found: tuple[Group, ...] = groups
    return PolicyFacts(
        sites=sites,
        connections=connections,
        images=tuple([stored.value async for stored in deps.images.each(tenant.id)]),
        policies=policies,
        gallery_images=offered,
        power_schedules=tuple([stored.value async for stored in deps.power_schedules.each(tenant.id)]),
        scripts=tuple([stored.value async for stored in deps.scripts.each(tenant.id)]),
        groups=found,
        entitlements=entitlements,
        cloud_pcs=tuple([stored.value async for stored in deps.cloud_pcs.each(tenant.id)]) if with_forecast else (),
        usages=used,
        places=places,
        kept_in_days=tenant.settings.deleted_cloud_pcs_kept_in_days,
        rights_left=await _rights_left(context, places) if with_forecast and chosen and places else None,
    )


def _places(tenant: Tenant, form: Mapping[str, Any], connections: tuple[Connection, ...]) -> tuple[str, ...]:
    """Return the subscriptions over which the Cloud PCs of the first connection are spread."""
    first = next(iter(texts_of(form, "connection", "connectionIds")), None)
    connection = next((c for c in connections if c.id == first), None)
    return open_places(tenant, connection) if connection else ()


async def _rights_left(context: ActionContext, places: tuple[str, ...]) -> int:
    """Return how many role assignments these subscriptions have left for signing in, over all tenants in them."""
    limit, used = (
        context.tenant.settings.sign_in_rights_per_subscription,
        await rights_in_use(context.deps, context.tenant),
    )
    return sum(max(0, limit - used[place]) for place in places)


async def _offered(
    context: ActionContext, sites: tuple[Site, ...], form: Mapping[str, Any]
) -> tuple[GalleryImage, ...]:
    image = form.get("image")
    if not sites or not isinstance(image, dict) or image.get("imageType") != "gallery":
        return ()
    return await gallery_images(context.deps, context.tenant, sites[0].region)


async def members_of(
    context: ActionContext, chosen: Iterable[str], policies: Iterable[Policy]
) -> tuple[Entitlement, ...] | None:
    """Return the members of the chosen groups and of all assigned groups, or None if they cannot be read."""
    try:
        return await licensed_members(context, [*chosen, *sorted(assigned_groups(policies))])
    except (UnavailableError, RefusedError) as error:
        _log.warning("the directory could not be read: %s", error)
        return None


async def _usages(
    context: ActionContext,
    form: Mapping[str, Any],
    connections: tuple[Connection, ...],
    sites: tuple[Site, ...],
    places: tuple[str, ...],
) -> tuple[Usage, ...] | None:
    """Return the quotas of the first connection's region in each of its subscriptions; None if one cannot be read."""
    first = next(iter(texts_of(form, "connection", "connectionIds")), None)
    connection = next((c for c in connections if c.id == first), None)
    site = next((s for s in sites if connection and s.id == connection.site_id), None)
    if connection is None or site is None:
        return ()
    found = await asyncio.gather(*(quota_of(context, place, site.region) for place in places))
    return None if None in found else tuple(usage for each in found for usage in each or ())


async def quota_of(context: ActionContext, subscription_id: str, region: str) -> tuple[Usage, ...] | None:
    """Return the quotas of a subscription in a region, or None if they cannot be read."""
    try:
        return await usages(context.deps, subscription_id, region)
    except (UnavailableError, RefusedError) as error:
        _log.warning("the quota could not be read for a review: %s", error)
        return None


async def nothing(value: Any) -> Any:  # noqa: ANN401 - stands in for any of the above
    """Return *value*, in place of a read that the form does not need."""
    return value


def texts_of(form: Mapping[str, Any], step: str, name: str) -> list[str]:
    """Return a list of texts in a form that has not been checked yet."""
    fields = form.get(step)
    values = fields.get(name) if isinstance(fields, dict) else None
    return [v for v in values if isinstance(v, str)][:MOST_GROUPS] if isinstance(values, list) else []
