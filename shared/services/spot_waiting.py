"""Counts of the work in a tenant's Spot Groups that waits for a person."""

from __future__ import annotations

from collections import Counter

from pydantic import Field

from shared.dependencies import Dependencies
from shared.domain.spot.host import SessionHost
from shared.domain.spot.members import MemberStatus
from shared.domain.spot.release import ReleaseStatus
from shared.domain.spot.seeing import has_failed
from shared.domain.values import Value
from shared.services.action_context import ActionContext


class SpotWaiting(Value):
    """Counts of the work in a tenant's Spot Groups that waits for a person."""

    removals_held: int = Field(0, description="members whose removal waits until somebody confirms it")
    hosts_broken: int = Field(0, description="session hosts that do not work, without excluded ones")
    releases_stopped: int = Field(0, description="releases that a host which does not work has stopped")


async def spot_waiting(context: ActionContext) -> SpotWaiting:
    """Return the work that waits for a person in a tenant's Spot Groups; a tenant without groups costs one reading."""
    deps, tenant_id = context.deps, context.tenant_id
    if not [each async for each in deps.spot_groups.each(tenant_id)]:
        return SpotWaiting()
    held = deps.spot_members.each(tenant_id, status=MemberStatus.REMOVAL_HELD.value)
    stopped = deps.releases.each(tenant_id, status=ReleaseStatus.FAILED.value)
    hosts = deps.session_hosts.each(tenant_id)
    return SpotWaiting(
        removals_held=len([1 async for _ in held]),
        hosts_broken=len([1 async for each in hosts if _is_broken(each.value)]),
        releases_stopped=len([1 async for _ in stopped]),
    )


async def hosts_gone(deps: Dependencies, tenant_id: str) -> int:
    """Return how many session hosts of a tenant have a machine that somebody has deleted."""
    return len([1 async for each in deps.session_hosts.each(tenant_id) if each.value.machine_gone])


async def hosts_gone_everywhere(deps: Dependencies) -> Counter[str]:
    """Return how many session hosts have a machine that somebody has deleted, by the id of their tenant."""
    return Counter([each.value.tenant_id async for each in deps.session_hosts.of_all() if each.value.machine_gone])


async def spot_waiting_everywhere(deps: Dependencies) -> dict[str, SpotWaiting]:
    """Return the work that waits for a person, by the id of each tenant with a Spot Group; each table is read once."""
    tenants = {stored.value.tenant_id async for stored in deps.spot_groups.of_all()}
    if not tenants:
        return {}
    held = deps.spot_members.of_all(status=MemberStatus.REMOVAL_HELD.value)
    stopped = deps.releases.of_all(status=ReleaseStatus.FAILED.value)
    removals = Counter([each.value.tenant_id async for each in held])
    releases = Counter([each.value.tenant_id async for each in stopped])
    hosts = Counter([each.value.tenant_id async for each in deps.session_hosts.of_all() if _is_broken(each.value)])
    return {
        each: SpotWaiting(removals_held=removals[each], hosts_broken=hosts[each], releases_stopped=releases[each])
        for each in sorted(tenants)
    }


def _is_broken(host: SessionHost) -> bool:
    return has_failed(host) and not host.excluded
