"""Inputs of a plan besides the directory: the rules of the tenant, and the builds of its policies."""

from __future__ import annotations

from collections.abc import Iterable

from shared.dependencies import Dependencies
from shared.domain.planning.plans import Rules
from shared.domain.policies.pausing import ServiceState, pause_reason
from shared.domain.policies.policy import Policy, Snapshot, snapshot_of
from shared.domain.tenants.tenant import Tenant
from shared.storage.configuration import source_of


def rules_of(service: ServiceState, tenant: Tenant, policies: Iterable[Policy]) -> Rules:
    """Return the rules for planning."""
    paused = {policy.id: why for policy in policies if (why := pause_reason(service, tenant, policy))}
    return Rules(
        brake=tenant.settings.removal_brake,
        disabled_lose=tenant.settings.disabled_account_starts_grace,
        paused=paused,
        halted=pause_reason(service, tenant, None),
    )


async def snapshots_of(deps: Dependencies, tenant: Tenant, policies: Iterable[Policy]) -> dict[str, Snapshot]:
    """Return the snapshot of a Cloud PC built now, by policy."""
    connections = {stored.value.id: stored.value async for stored in deps.connections.each(tenant.id)}
    made = {}
    for policy in policies:
        snapshot = snapshot_of(policy, connections, await source_of(deps.images, policy), tenant.settings)
        if snapshot is not None:
            made[policy.id] = snapshot
    return made
