"""Estimates of a tenant: the durations of its builds, and the queue positions of its waiting Cloud PCs."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from shared.caching import TtlCache
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.build import Build
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.estimates import BuildTimes, Estimates
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.filtering import Scalar
from shared.domain.networks.connection import JoinType
from shared.errors import ConflictError, StaleError
from shared.storage.repository import Stored

Times = Mapping[JoinType, BuildTimes]

_TIMES: TtlCache[Times] = TtlCache(timedelta(minutes=5))
_PLACES: TtlCache[Mapping[str, int]] = TtlCache(timedelta(seconds=15))
_ATTEMPTS = 3
_log = logging.getLogger("deskwright.estimates")


async def estimates_of(
    deps: Dependencies, tenant_id: str, entries: Iterable[Mapping[str, Scalar]] | None = None
) -> Estimates:
    """Return the estimates of a tenant; the durations may be five minutes old.

    *entries*: of the list of its Cloud PCs, for the places of those that wait.
    """

    async def read() -> Times:
        return {stored.value.join_type: stored.value async for stored in deps.build_times.each(tenant_id)}

    return Estimates(await _TIMES.get_or(deps, tenant_id, read), places(entries or ()))


async def estimates_with_places(deps: Dependencies, tenant_id: str, pcs: Iterable[CloudPc]) -> Estimates:
    """Return the estimates for some Cloud PCs of a tenant: the list of all is read only if one of them waits."""
    found = await estimates_of(deps, tenant_id)
    if all(pc.status is not Status.PENDING_PROVISION for pc in pcs):
        return found

    async def read() -> Mapping[str, int]:
        return places(await deps.cloud_pcs.entries(tenant_id))

    return Estimates(found.times, await _PLACES.get_or(deps, tenant_id, read))


def places(entries: Iterable[Mapping[str, Scalar]]) -> dict[str, int]:
    """Return the places of the Cloud PCs that wait, from 1, by their ids: who has waited longest is the first."""
    waiting = [each for each in entries if each["status"] == Status.PENDING_PROVISION.value]
    waiting.sort(key=lambda each: (str(each["lastModifiedDateTime"]), str(each["id"])))
    return {str(each["id"]): place for place, each in enumerate(waiting, 1)}


async def learn(deps: Dependencies, tenant_id: str, cloud_pc_id: str, build: Build, ready_at: datetime) -> None:
    """Add the durations of a finished build to the tenant's record of durations.

    They only serve estimates: where many builds end at once, those that do not get their turn are left out.
    """
    join = build.snapshot.join_type if build.snapshot else JoinType.AZURE_AD_JOIN
    known = await deps.timeline.entries(tenant_id, cloud_pc_id)
    entries = [entry for entry in known if entry.generation == build.generation and entry.run is None]
    for _ in range(_ATTEMPTS):
        stored = await deps.build_times.find(tenant_id, join.value)
        before = stored.value if stored else BuildTimes(tenant_id=tenant_id, join_type=join)
        after = before.with_build(entries, ready_at)
        try:
            await deps.build_times.save_all([Stored(after, stored.etag if stored else "")])
        except (ConflictError, StaleError):
            continue
        return
    _log.info("the durations of a build were left out: others were written at the same time")
