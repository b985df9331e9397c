"""Users of the versions of image sets: the one place that reads it, for lists, guards and the number of replicas."""

from __future__ import annotations

from collections import Counter

from shared.dependencies import Dependencies
from shared.domain.spot.image_version import VersionUse
from shared.domain.spot.release import OPEN


async def uses_of_set(deps: Dependencies, tenant_id: str, image_set_id: str) -> tuple[VersionUse, ...]:
    """Return the Spot Groups that use versions of a set: as theirs, by hosts that have it, or to go back to."""
    groups = {stored.value.id: stored.value async for stored in deps.spot_groups.each(tenant_id)}
    hosts: Counter[tuple[str, str]] = Counter()
    async for stored in deps.session_hosts.each(tenant_id):
        if stored.value.image_set_id == image_set_id:
            hosts[stored.value.spot_group_id, stored.value.image_version] += 1
    used = set(hosts) | {
        (group.id, group.image_version) for group in groups.values() if group.image_set_id == image_set_id
    }
    async for release in deps.releases.each(tenant_id):
        before = release.value.before
        if release.value.status in OPEN and before.image_set_id == image_set_id:
            used.add((release.value.spot_group_id, before.image_version))
    return tuple(
        VersionUse(
            spot_group_id=group_id,
            display_name=groups[group_id].display_name if group_id in groups else group_id,
            version=version,
            hosts=hosts[group_id, version],
        )
        for group_id, version in sorted(used)
    )


async def uses_of_version(
    deps: Dependencies, tenant_id: str, image_set_id: str, version: str
) -> tuple[VersionUse, ...]:
    """Return the Spot Groups that use one version of a set."""
    return tuple(use for use in await uses_of_set(deps, tenant_id, image_set_id) if use.version == version)
