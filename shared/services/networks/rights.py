"""Role assignments for signing in, by subscription, over all tenants that share it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.networks.connection import Connection
from shared.domain.planning.queueing import open_places, rights_for, rights_used
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.groups.members import Rights
from shared.domain.tenants.tenant import Tenant


def subscriptions_of(tenant: Tenant) -> frozenset[str]:
    """Return the subscriptions that were named for a tenant."""
    return frozenset({tenant.subscription_id, *tenant.further_subscription_ids})


async def rights_in_use(deps: Dependencies, tenant: Tenant, known: Iterable[CloudPc] | None = None) -> Counter[str]:
    """Return how many role assignments there are or will be, by subscription: Azure counts them over all tenants.

    *known*: all Cloud PCs of *tenant*, where they were read just now. Members of warm pools count: their users will
    need some. What else has role assignments in a subscription is not counted: the tenant's limit leaves room for it.
    """
    mine = subscriptions_of(tenant)
    used = await _rights_of(deps, tenant, known)
    async for stored in deps.tenants.each():
        other = stored.value
        if other.id != tenant.id and mine & subscriptions_of(other):
            found = await _rights_of(deps, other, None)
            used += Counter({place: count for place, count in found.items() if place in mine})
    return used


async def _rights_of(deps: Dependencies, tenant: Tenant, known: Iterable[CloudPc] | None) -> Counter[str]:
    connections = [each.value async for each in deps.connections.each(tenant.id)]
    places = {each.id: open_places(tenant, each) for each in connections}
    cloud_pcs = list(known) if known is not None else [each.value async for each in deps.cloud_pcs.each(tenant.id)]
    members = [each.value async for each in deps.pool_members.of_tenant(tenant.id)]
    groups = [each.value async for each in deps.spot_groups.each(tenant.id)]
    return rights_used([*cloud_pcs, *members], places) + await rights_of_members(deps, tenant.id, connections, groups)


async def rights_of_members(
    deps: Dependencies, tenant_id: str, connections: Iterable[Connection], groups: Iterable[SpotGroup]
) -> Counter[str]:
    """Return how many role assignments the members of a tenant's Spot Groups have, by subscription."""
    known = {connection.id: connection for connection in connections}
    joins_by = {group.id: known.get(group.connection_id) for group in groups}
    used: Counter[str] = Counter()
    if joins_by:
        async for stored in deps.spot_members.each(tenant_id):
            connection = joins_by.get(stored.value.group_id)
            if connection is not None and stored.value.rights is not Rights.NONE:
                used[connection.subscription_id] += rights_for(connection.join_type)
    return used
