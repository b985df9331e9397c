"""Choices in the wizards; a cloud that does not answer leaves only its own fields without any."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

from shared.caching import TtlCache
from shared.clients.pacing import all_of
from shared.domain.naming import TENANT_TAG
from shared.domain.networks.regions import SUPPORTED_REGIONS
from shared.domain.policies.configuration import LOCALES
from shared.domain.spot.images.image_set import HostPoolType
from shared.domain.wizards.fields import Choice, OfferedChoices
from shared.errors import RefusedError, UnavailableError
from shared.services.directory.licenses import licenses
from shared.services.directory.names import MOST_FOUND, search_groups
from shared.services.images.choices import images_of_policies, managed_images, own_gallery_versions, session_host_images
from shared.services.operations.action_context import ActionContext

_MOST = 500
_READ: TtlCache[list[Any]] = TtlCache(timedelta(seconds=10))
"""The networks of a tenant's subscriptions: one form asks for them and for their subnets."""
Choices = list[dict[str, Any]]


async def subscriptions(context: ActionContext) -> Choices:
    """Return the tenant's own subscription, and then other subscriptions that it or its connections use."""
    tenant = context.tenant
    used = [stored.value.subscription_id async for stored in context.deps.connections.each(tenant.id)]
    known = dict.fromkeys((tenant.subscription_id, *tenant.further_subscription_ids, *used))
    return [
        {"value": each, "title": f"{each} (the tenant's own)" if each == tenant.subscription_id else each}
        for each in known
    ]


async def virtual_networks(context: ActionContext) -> Choices:
    """Return the customer's networks in these subscriptions: none that the service made, nor another tenant's."""
    return [
        {
            "value": str(each.id),
            "title": f"{each.name} ({str(each.id).split('/')[4]})",
            "region": _region(each),
            "subscriptionId": str(each.id).split("/")[2],
        }
        for each in await _networks(context)
    ]


async def subnets(context: ActionContext) -> Choices:
    """Return the subnets of these networks in which machines may be: none that is delegated, nor a gateway's."""
    return [
        {
            "value": str(subnet.id),
            "title": str(subnet.name),
            "virtualNetworkId": str(each.id),
            "addressPrefix": subnet.address_prefix or next(iter(subnet.address_prefixes or ()), None),
        }
        for each in await _networks(context)
        for subnet in each.subnets or ()
        if not subnet.delegations and str(subnet.name) not in _RESERVED
    ]


_RESERVED = frozenset({"GatewaySubnet", "AzureFirewallSubnet", "AzureBastionSubnet", "RouteServerSubnet"})


async def organizational_units(context: ActionContext) -> Choices:
    """Return the organizational units of other connections: neither Azure nor Graph can list a domain's."""
    found = {}
    async for stored in context.deps.connections.each(context.tenant.id):
        domain = stored.value.domain
        if domain is not None and domain.organizational_unit:
            found[domain.organizational_unit] = domain.ad_domain_name
    return [{"value": unit, "title": unit, "adDomainName": domain} for unit, domain in found.items()]


async def _networks(context: ActionContext) -> list[Any]:
    """Return the networks that a customer brings. Raises: as Azure does."""
    used = tuple(str(each["value"]) for each in await subscriptions(context))

    async def read() -> list[Any]:
        found = []
        for subscription in used:
            networks = context.deps.network(subscription).virtual_networks
            found += [each for each in await all_of(networks.list_all) if TENANT_TAG not in (each.tags or {})]
        return found[:_MOST]

    return await _READ.get_or(context.deps, (context.tenant.id, used), read)


def _region(network: Any) -> str:  # noqa: ANN401 - the SDK's VirtualNetwork
    return str(network.location or "").replace(" ", "").lower()


_MORE_GROUPS = (
    f"The directory has more groups than the first {MOST_FOUND} by name, of which these can be chosen:"
    " search by how the name begins."
)
_log = logging.getLogger("deskwright.services")

Read: TypeAlias = Callable[[ActionContext], Awaitable[list[Choice]]]


async def choices_of(
    context: ActionContext, wizard: str, reads: Mapping[str, Read | None], search: str
) -> OfferedChoices:
    """Return the choices of the wizard's fields now, each read by itself; *search* looks for groups."""
    offer = OfferedChoices()

    async def fill(name: str, read: Read) -> None:
        try:
            offer.choices[name] = await read(context)
        except (UnavailableError, RefusedError) as error:
            offer.choices[name], offer.errors[name] = [], _error_message(error)
            _log.warning("the choices of %s of %s could not be read: %s", name, wizard, error)

    async def groups(context: ActionContext) -> list[Choice]:
        found, more = await search_groups(context, search)
        if more:
            offer.cut["groups/groupIds"] = _MORE_GROUPS
        return [{"value": g.id, "title": g.display_name, "kind": g.kind} for g in found if g.assignable]

    await asyncio.gather(*(fill(name, read or groups) for name, read in reads.items()))
    offer.choices = {name: offer.choices[name] for name in reads}  # in the order of the steps
    return offer


def _error_message(error: Exception) -> str:
    refused = f"The cloud refused to list these ({error.code})." if isinstance(error, RefusedError) else ""
    return f"{refused or 'The cloud does not answer now.'} Try again later, or write the value if you know it."


def fixed(titles: Mapping[str, str]) -> Read:
    """Return a reader of choices that are always the same. *titles*: by value."""

    async def read(context: ActionContext) -> list[Choice]:
        del context
        return [{"value": value, "title": title} for value, title in titles.items()]

    return read


async def connections(context: ActionContext) -> list[Choice]:
    """Return the connections of the tenant."""
    return [
        {
            "value": stored.value.id,
            "title": stored.value.display_name,
            "usable": stored.value.usable,
            "healthCheckStatus": stored.value.health_check_status.value,
            "siteId": stored.value.site_id,
        }
        async for stored in context.deps.connections.each(context.tenant.id)
    ]


async def sites(context: ActionContext) -> list[Choice]:
    """Return the sites of the tenant."""
    return [
        {"value": s.value.id, "title": s.value.display_name, "regions": list(s.value.regions)}
        async for s in context.deps.sites.each(context.tenant.id)
    ]


async def policies(context: ActionContext) -> list[Choice]:
    """Return the policies of the tenant."""
    found = context.deps.policies.each(context.tenant.id)
    return [{"value": stored.value.id, "title": stored.value.display_name} async for stored in found]


async def power_schedules(context: ActionContext) -> list[Choice]:
    """Return the power schedules of the tenant."""
    found = context.deps.power_schedules.each(context.tenant.id)
    return [{"value": stored.value.id, "title": stored.value.display_name} async for stored in found]


async def scripts(context: ActionContext) -> list[Choice]:
    """Return the scripts and apps of the tenant."""
    found = context.deps.scripts.each(context.tenant.id)
    return [{"value": stored.value.id, "title": stored.value.display_name} async for stored in found]


async def plans(context: ActionContext) -> list[Choice]:
    """Return the service plans of the licences of the tenant."""
    return [{"value": p.id, "title": p.display_name} for p in (await licenses(context)).values()]


SEARCHED = None
"""Stands for the read of the groups that a request searches."""
_JOIN_TYPES = {"azureADJoin": "Microsoft Entra join", "hybridAzureADJoin": "Microsoft Entra hybrid join"}
POOLS = fixed(
    {
        HostPoolType.POOLED.value: "Pooled: multi-session",
        HostPoolType.PERSONAL.value: "Personal: single-session",
    }
)
METHODS = fixed(
    {
        "opportunistic": "Opportunistic: as users sign in",
        "immediate": "Immediate: as soon as new hosts are there",
        "scheduled": "Scheduled: at a time",
    }
)
OF_CONNECTION: Mapping[str, Read] = {
    "site/siteId": sites,
    "site/subscriptionId": subscriptions,
    "credentials/joinType": fixed(_JOIN_TYPES),
    "credentials/network": fixed({"hosted": "Hosted network (Entra join only)"}),
    "credentials/network/virtualNetworkId": virtual_networks,
    "credentials/network/subnetIds": subnets,
    "credentials/domain/organizationalUnit": organizational_units,
}
OF_POLICY: Mapping[str, Read] = {
    "connection/connectionIds": connections,
    "image/imageId": images_of_policies,
    "configuration/locale": fixed({locale: locale for locale in LOCALES}),
    "configuration/powerScheduleId": power_schedules,
    "configuration/scripts/scriptId": scripts,
}
_REGIONS = fixed({region.id: region.display_name for region in SUPPORTED_REGIONS})
OF_SITE: Mapping[str, Read] = {"place/region": _REGIONS, "place/fallbackRegions": _REGIONS}
OF_SET_IMAGES: Mapping[str, Read] = {
    "source/galleryImageId": session_host_images,
    "source/galleryVersionId": own_gallery_versions,
    "source/managedImageId": managed_images,
}
