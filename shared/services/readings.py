"""Reading as much of a tenant's directory as a plan needs: everybody, or only some users."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.planning.entitlements import Entitlement
from shared.domain.planning.plans import Observed
from shared.domain.policies.policy import Policy
from shared.domain.tenants.tenant import LicenceSource, Tenant
from shared.services.observing import observe_all, observe_some


@dataclass(frozen=True, slots=True)
class KeptLine:
    """The line for the seats of a tenant; what is seen is kept. With *looks_at* nothing is, as at that moment."""

    deps: Dependencies
    tenant_id: str
    looks_at: datetime | None = None

    async def members(self) -> frozenset[str]:
        """Return the ids of the users who are in line, without those who had left at the last reading."""
        places = await self.deps.first_seen.places(self.tenant_id)
        return frozenset(place.user_id for place in places.values() if place.left_at is None)

    async def note(self, user_ids: Iterable[str], left: Collection[str]) -> Mapping[str, datetime]:
        """Note these users, and who has left; return when each was first seen."""
        if self.looks_at is None:
            return await self.deps.first_seen.note(self.tenant_id, user_ids, self.deps.clock.now(), left=left)
        return await self.deps.first_seen.of(self.tenant_id, user_ids, self.looks_at)


async def observe(
    deps: Dependencies,
    tenant: Tenant,
    policies: tuple[Policy, ...],
    records: tuple[CloudPc, ...],
    user_ids: tuple[str, ...] | None,
) -> Observed:
    """Read everybody, or the users *user_ids*, whose Cloud PCs are *records*. Raises: as the directory does."""
    directory = deps.graph(tenant)
    line = KeptLine(deps, tenant.id)
    group_ids = sorted({assignment.group_id for policy in policies for assignment in policy.assignments})
    if user_ids is None:
        return await observe_all(directory, tenant.settings, group_ids, records, line)
    if tenant.settings.licence_source is LicenceSource.SEATS:
        # Who has a seat depends on all users: read all, and plan only those of the order.
        everybody = tuple([stored.value async for stored in deps.cloud_pcs.each(tenant.id)])
        everything = await observe_all(directory, tenant.settings, group_ids, everybody, line)
        wanted = tuple(each for each in everything.entitlements if each.user.id in user_ids)
        return everything.but(entitlements=wanted, cloud_pcs=records, fleet=everybody)

    async def fleet(read: Sequence[Entitlement]) -> tuple[CloudPc, ...]:
        return await _fleet(deps, tenant, _losing(tenant, records, read))

    return await observe_some(directory, tenant.settings, group_ids, user_ids, records, fleet=fleet)


def _losing(tenant: Tenant, records: tuple[CloudPc, ...], read: Sequence[Entitlement]) -> int:
    """Return how many of *records* a plan may take, by the answers about their users."""
    if tenant.settings.disabled_account_starts_grace:
        return len(records)
    kept = {(each.user.id, plan.id) for each in read if each.group_ids for plan in each.plans}
    return sum((pc.user.id, pc.plan.id) not in kept for pc in records)


async def _fleet(deps: Dependencies, tenant: Tenant, losing: int) -> tuple[CloudPc, ...]:
    """Return all Cloud PCs of the tenant where they matter for a few of its users, *losing* of which may be removed.

    Only Cloud PCs in their grace period and those that are removed hold licences that others have been given; and the
    brake counts all when some are removed at once, or have been within the last hour.
    """
    if losing <= tenant.settings.removal_brake.never_stops:
        for status in (Status.IN_GRACE_PERIOD, Status.DEPROVISIONING):
            if [each async for each in deps.cloud_pcs.each(tenant.id, status=status.value)]:
                break
        else:
            return ()
    return tuple([stored.value async for stored in deps.cloud_pcs.each(tenant.id)])
