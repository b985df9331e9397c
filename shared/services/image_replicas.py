"""Replicas: the images of a site are copied to a fall-back region that the site got after they were built."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from shared.clients.arm import parse_id, properties
from shared.clients.throttling import retry_while_throttled
from shared.contracts.images import REPLICAS
from shared.contracts.tickets import on_behalf_of
from shared.dependencies import Dependencies
from shared.domain.images.image import DeviceImage, DeviceImageStatus
from shared.domain.tenants.tenant import Site
from shared.errors import DeskwrightError, ThrottledError
from shared.storage.due import Due
from shared.workflow import DurableClient

_log = logging.getLogger("deskwright.images")

_SOON, _LATER = timedelta(minutes=1), timedelta(minutes=30)
_BUILT = frozenset({DeviceImageStatus.READY, DeviceImageStatus.WARNING})


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
                waits.append(await _wait_of(deps, site.value, image))
    waits = [wait for wait in waits if wait]
    return deps.clock.now() + min(waits) if waits else None


async def _wait_of(deps: Dependencies, site: Site, image: DeviceImage) -> timedelta:
    """Bring one image to all regions of its site; return how long until the next look, zero when it is there."""
    try:
        wait = await _copy(deps, site, image)
    except ThrottledError as throttled:
        return max(throttled.after, _SOON)
    except DeskwrightError as error:
        _log.warning("image %s of %s is not copied to %s: %s", image.id, image.tenant_id, site.regions, error)
        return _LATER
    if not wait:
        regions = tuple(dict.fromkeys((*image.regions, *site.regions)))
        await deps.images.change(image.tenant_id, image.id, lambda now: now.but(regions=regions))
        _log.info("image %s of %s is in %s now", image.id, image.tenant_id, regions)
    return wait


async def _copy(deps: Dependencies, site: Site, image: DeviceImage) -> timedelta:
    """Begin what is missing, one change of the version at a time; return how long until the next look."""
    version = parse_id(str(image.gallery_version_id))
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
    new = [{"name": each, "regionalReplicaCount": REPLICAS, "storageAccountType": "Standard_LRS"} for each in missing]
    body: Any = {
        "location": found.location,
        "tags": found.tags,
        "properties": {
            "publishingProfile": {**publishing, "targetRegions": [*targets, *new]},
            "storageProfile": facts.get("storageProfile"),
        },
    }
    await retry_while_throttled(
        lambda: versions.begin_create_or_update(group, gallery, name, number, body, polling=False)
    )
    return _SOON if missing else _LATER


def _code(name: str) -> str:
    """Return a region's name as Azure's calls have it; answers may have its title."""
    return name.replace(" ", "").lower()
