"""Users of image versions, and the replicas of images in a site's fall-back region."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from shared.clients.arm import parse_id, properties
from shared.clients.pacing import retry_while_throttled
from shared.contracts.calls import on_behalf_of
from shared.contracts.images import REPLICAS
from shared.dependencies import Dependencies
from shared.domain.images.image import DeviceImage, DeviceImageStatus
from shared.domain.spot.hosts.release import OPEN
from shared.domain.spot.images.image_version import ImageVersion, VersionStatus, VersionUse, replicas_for
from shared.domain.tenants.tenant import Site
from shared.errors import DeskwrightError, ThrottledError
from shared.storage.due import Due
from shared.storage.repository import Repository
from shared.workflow import DurableClient


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


_log = logging.getLogger("deskwright.images")

Image = TypeVar("Image", DeviceImage, ImageVersion)

_SOON, _LATER = timedelta(minutes=1), timedelta(minutes=30)
_BUILT = frozenset({DeviceImageStatus.READY, DeviceImageStatus.WARNING})

_BEGUN = frozenset(
    {VersionStatus.CREATING_VM, VersionStatus.SEALING, VersionStatus.VALIDATING, VersionStatus.REPLICATING}
)
"""Statuses of an image version under way: its order names the regions that there were when it was begun."""


async def replication_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Copy the images of a site to its regions; return when to look again, None when each image is in all of them.

    An image that still builds is looked at when it has been built: it was begun for the regions that there were.
    """
    del client
    site = await deps.sites.find(due.tenant_id, due.subject_id)
    if site is None:
        return None
    waits: list[timedelta] = []
    with on_behalf_of(due.tenant_id):
        async for stored in deps.images.each(due.tenant_id, site_id=due.subject_id):
            image = stored.value
            if image.status is DeviceImageStatus.PENDING:
                waits.append(_LATER)
            elif image.status in _BUILT and set(site.value.regions) - set(image.regions):
                waits.append(await _wait_of_image(deps, site.value, image))
        missing = await _versions_without(deps, site.value)
        waits += [await _wait_of_version(deps, site.value, version) for version in missing]
    waits = [wait for wait in waits if wait]
    return deps.clock.now() + min(waits) if waits else None


async def _wait_of_image(deps: Dependencies, site: Site, image: DeviceImage) -> timedelta:
    """Bring one image to all regions of its site; return how long until the next look, zero when it is there."""
    return await _wait_of(deps.images, deps, site, image, REPLICAS)


async def _versions_without(deps: Dependencies, site: Site) -> list[ImageVersion]:
    """Return the versions for hosts in the site that are missing in one of its regions, also unfinished versions."""
    sets = {stored.value.id: stored.value async for stored in deps.image_sets.each(site.tenant_id)}
    here = {each.id for each in sets.values() if each.is_global or each.home_site_id == site.id}
    versions = [stored.value async for stored in deps.image_versions.each(site.tenant_id)]
    return [
        each
        for each in versions
        if each.image_set_id in here
        and set(site.regions) - set(each.regions)
        and (each.status in _BEGUN or (each.status is VersionStatus.AVAILABLE and each.gallery_version_id))
    ]


async def _wait_of_version(deps: Dependencies, site: Site, version: ImageVersion) -> timedelta:
    """Bring one version of an image set to all regions of a site; return as for an image."""
    if version.status is not VersionStatus.AVAILABLE:
        return _LATER  # it was begun for the regions that there were
    uses = await uses_of_set(deps, version.tenant_id, version.image_set_id)
    replicas = replicas_for(sum(use.hosts for use in uses))
    return await _wait_of(deps.image_versions, deps, site, version, replicas)


async def _wait_of(
    records: Repository[Image], deps: Dependencies, site: Site, image: Image, replicas: int
) -> timedelta:
    """Copy the image of the record to all regions of a site.

    Return the time until the next look, zero when it is in all of them.
    """
    try:
        wait = await _copy(deps, site, str(image.gallery_version_id), replicas)
    except ThrottledError as throttled:
        return max(throttled.after, _SOON)
    except DeskwrightError as error:
        _log.warning("image %s of %s is not copied to %s: %s", image.id, image.tenant_id, site.regions, error)
        return _LATER
    if not wait:
        regions = tuple(dict.fromkeys((*image.regions, *site.regions)))
        await records.change(image.tenant_id, image.id, lambda now: now.but(regions=regions))
        _log.info("image %s of %s is in %s now", image.id, image.tenant_id, regions)
    return wait


async def _copy(deps: Dependencies, site: Site, version_id: str, replicas: int) -> timedelta:
    """Begin one missing replication of the version, one change at a time. Return the time until the next look."""
    version = parse_id(version_id)
    versions = deps.compute(version.subscription_id).gallery_image_versions
    group, gallery, name, number = version.resource_group, *version.names
    found: Any = await retry_while_throttled(
        lambda: versions.get(group, gallery, name, number, expand="ReplicationStatus")
    )
    facts = properties(found)
    publishing = dict(facts.get("publishingProfile") or {})
    targets = list(publishing.get("targetRegions") or ())
    missing = [each for each in site.regions if each not in {_code(target["name"]) for target in targets}]
    state = dict(facts.get("replicationStatus") or {}).get("aggregatedState")
    if facts.get("provisioningState") not in {"Succeeded", "Failed"}:
        return _SOON
    if not missing and state != "Failed":
        return timedelta(0) if state == "Completed" else _SOON
    body = republished(found, site.regions, replicas)
    await retry_while_throttled(
        lambda: versions.begin_create_or_update(group, gallery, name, number, body, polling=False)
    )
    return _SOON if missing else _LATER


def republished(found: Any, regions: Iterable[str], replicas: int, **publishing: Any) -> Any:  # noqa: ANN401 - the SDK's
    """Return the body that also publishes a *found* version in *regions*, with *replicas* copies in each.

    A region that has it keeps the replicas that it has, if these are more. *publishing*: more of its profile.
    """
    facts = properties(found)
    profile = dict(facts.get("publishingProfile") or {})
    targets = [dict(target) for target in profile.get("targetRegions") or ()]
    for target in targets:
        if _code(target["name"]) in set(regions):
            target["regionalReplicaCount"] = max(replicas, int(target.get("regionalReplicaCount") or 1))
    there = {_code(target["name"]) for target in targets}
    targets += [
        {"name": each, "regionalReplicaCount": replicas, "storageAccountType": "Standard_LRS"}
        for each in regions
        if each not in there
    ]
    return {
        "location": found.location,
        "tags": found.tags,
        "properties": {
            "publishingProfile": {**profile, **publishing, "targetRegions": targets},
            "storageProfile": facts.get("storageProfile"),
        },
    }


def _code(name: str) -> str:
    """Return a region's name as Azure's calls have it; answers may have its title."""
    return name.replace(" ", "").lower()
