"""The subscriptions, networks, subnets and organizational units that a connection may name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.caching import TtlCache
from shared.clients.throttling import all_of
from shared.domain.naming import TENANT_TAG
from shared.services.action_context import ActionContext

_MOST = 500
_READ: TtlCache[list[Any]] = TtlCache(timedelta(seconds=10))
"""The networks of a tenant's subscriptions: one form asks for them and for their subnets."""
Choices = list[dict[str, Any]]


async def subscriptions(context: ActionContext) -> Choices:
    """Return the tenant's own subscription first, and those that it or its connections use besides."""
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
    """Return the units that other connections use: neither Azure nor Graph lists those of a domain."""
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
