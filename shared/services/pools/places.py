"""The regions in which members of warm pools may be built, and the connections through which."""

from __future__ import annotations

from dataclasses import dataclass

from shared.dependencies import Dependencies
from shared.domain.networks.connection import Connection
from shared.domain.planning.queueing import regions_of
from shared.domain.policies.policy import Policy, Snapshot
from shared.domain.policies.warm_pool import PoolSize, pool_problem
from shared.domain.tenants.tenant import Tenant
from shared.services.policies.reconciling import snapshots_of


@dataclass(frozen=True, slots=True)
class PoolPlaces:
    """The snapshot of a build by a policy now, and the regions of each of its connections, best first."""

    snapshot: Snapshot | None = None
    through: tuple[tuple[Connection, tuple[str, ...]], ...] = ()

    @property
    def regions(self) -> frozenset[str]:
        """The regions in which a pool of the policy may be."""
        return frozenset(region for _, regions in self.through for region in regions)

    def problem(self, pool: PoolSize) -> str | None:
        """Return why no machine can be prepared for a pool, or None if it can, or if nothing is built now."""
        if self.snapshot is None:
            return None
        return pool_problem(pool, self.snapshot.configuration.naming_template, self.regions)

    def snapshot_in(self, region: str | None) -> Snapshot | None:
        """Return the snapshot for a build in a region, or None if nothing can be built there."""
        if region is None or self.snapshot is None:
            return self.snapshot
        there = [connection for connection, regions in self.through if region in regions]
        return self.snapshot.through(there[0]) if there else None


async def places_of(deps: Dependencies, tenant: Tenant, policy: Policy | None) -> PoolPlaces:
    """Return the places of the pools of a policy; usable connections come first."""
    if policy is None:
        return PoolPlaces()
    found = []
    for connection_id in policy.connection_ids:
        connection = await deps.connections.find(tenant.id, connection_id)
        site = await deps.sites.find(tenant.id, connection.value.site_id) if connection else None
        if connection and site:
            found.append((connection.value, regions_of(site.value, connection.value)))
    snapshot = (await snapshots_of(deps, tenant, [policy])).get(policy.id)
    return PoolPlaces(snapshot, tuple(sorted(found, key=lambda each: not each[0].usable)))
