"""Reports of days: the day of a Cloud PC in stretches, the day of a fleet, and the use of each policy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime

from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.day import (
    STRETCHES,
    FleetUse,
    PolicyDay,
    TimedStretch,
    fleet_of,
    policy_day,
    timed,
)
from shared.domain.cloud_pcs.use import USES, CloudPcUse
from shared.services.cost.recording import minutes_on
from shared.storage.listed import Entry


async def stretches_of(
    deps: Dependencies, tenant_id: str, cloud_pc_id: str, start: datetime, end: datetime
) -> list[TimedStretch]:
    """Return the stretches of a Cloud PC in a period, in order."""
    return await _timed(deps, tenant_id, start, end, lambda pc_id: pc_id == cloud_pc_id)


async def fleet_use(
    deps: Dependencies, tenant_id: str, start: datetime, end: datetime, among: Collection[str] | None = None
) -> list[FleetUse]:
    """Return the use of a fleet in quarters of an hour. *among*: the ids of the Cloud PCs that count; None for all."""
    found = await _timed(deps, tenant_id, start, end, lambda pc_id: among is None or pc_id in among)
    return fleet_of(found, start)


async def _timed(
    deps: Dependencies, tenant_id: str, start: datetime, end: datetime, wanted: Callable[[str], bool]
) -> list[TimedStretch]:
    rows = await deps.usage.by_cloud_pc(tenant_id, STRETCHES, _day_before(start), end.date())
    return [
        each
        for row in rows
        for pc_id, stretches in STRETCHES.values(row.value).items()
        if wanted(pc_id)
        for each in timed(row.value.day, stretches, start, end)
    ]


def _day_before(moment: datetime) -> date:
    """Return the day whose last stretch may end after midnight."""
    return date.fromordinal(moment.date().toordinal() - 1)


async def policy_use(
    deps: Dependencies, tenant_id: str, entries: Sequence[Entry], first: date, last: date
) -> list[PolicyDay]:
    """Return the use of each policy on each day of a period; Cloud PCs that are gone have an empty policy id.

    *entries*: of the tenant's Cloud PCs, as lists have them.
    """
    policies = {str(each["id"]): str(each["provisioningPolicyId"] or "") for each in entries}
    names = {
        str(each["provisioningPolicyId"]): each["provisioningPolicyName"]
        for each in entries
        if each["provisioningPolicyId"]
    }
    on = await minutes_on(deps, tenant_id, first, last)
    found: dict[tuple[str, date], list[tuple[CloudPcUse, int]]] = defaultdict(list)
    for row in await deps.usage.by_cloud_pc(tenant_id, USES, first, last):
        for pc_id, use in USES.values(row.value).items():
            minutes = on.get(pc_id, {}).get(row.value.day, 0)
            found[policies.get(pc_id, ""), row.value.day].append((use, minutes))
    return [policy_day(policy, names, day, uses) for (policy, day), uses in sorted(found.items())]
