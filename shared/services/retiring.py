"""Deleting the versions of image sets that are beyond those to keep, and that nothing uses."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from shared.dependencies import Dependencies
from shared.domain.images.image import DeviceImageStatus
from shared.domain.operations.operation import SYSTEM
from shared.domain.spot.image_set import ImageSet
from shared.domain.spot.image_version import ImageVersion, VersionUse, replicas_for
from shared.domain.spot.retiring import cost_of, retired
from shared.domain.tenants.tenant import Tenant
from shared.errors import ConflictError
from shared.services.action_context import ActionContext
from shared.services.image_usage import uses_of_set
from shared.services.image_versions import delete_version
from shared.workflow import DurableClient

_log = logging.getLogger("deskwright.images")


async def retire_versions(deps: Dependencies, client: DurableClient, tenant: Tenant, image_set: ImageSet) -> int:
    """Begin to delete the versions that a set need not keep; return how many. What comes into use meanwhile stays."""
    if image_set.recipe.keep_versions is None:
        return 0
    begun = 0
    for version in await versions_to_retire(deps, image_set):
        origin = ("retire", version.id)
        context = ActionContext(
            deps,
            SYSTEM,
            tenant,
            verb="Microsoft.CloudPC/imageVersions/delete",
            trace_id="/".join(origin),
            now=deps.clock.now(),
            seed=origin,
            repeatable=True,
        )
        try:
            await delete_version(context, client, await deps.image_versions.get(tenant.id, version.id))
        except ConflictError as refused:
            _log.info("version %s of %s/%s is kept: %s", version.version, tenant.id, image_set.id, refused)
            continue
        begun += 1
        costs = cost_of(version, replicas_for(0)).text
        _log.info("version %s of %s/%s is deleted: %s", version.version, tenant.id, image_set.id, costs)
    return begun


async def versions_to_retire(
    deps: Dependencies, image_set: ImageSet, uses: Sequence[VersionUse] | None = None
) -> list[ImageVersion]:
    """Return the versions that go by the setting of their set, the oldest first. *uses*: where they were read."""
    keep, tenant_id = image_set.recipe.keep_versions, image_set.tenant_id
    if keep is None:
        return []
    versions = [each.value async for each in deps.image_versions.each(tenant_id, image_set_id=image_set.id)]
    if uses is None:
        uses = await uses_of_set(deps, tenant_id, image_set.id)
    return retired(versions, keep, {use.version for use in uses}, await _sources(deps, tenant_id))


async def _sources(deps: Dependencies, tenant_id: str) -> list[str]:
    """Return the gallery versions that other image sets begin with, or that device images are built from now."""
    sets = [each.value.source async for each in deps.image_sets.each(tenant_id)]
    pending = deps.images.each(tenant_id)
    images = [each.value async for each in pending]
    sources = [*sets, *(each.source for each in images if each.status is DeviceImageStatus.PENDING)]
    return [each.gallery_version_id for each in sources if each.gallery_version_id is not None]
