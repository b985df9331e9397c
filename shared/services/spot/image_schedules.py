"""Due work of an image set: a first version, the next one, and the versions to delete."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.dependencies import Dependencies
from shared.domain.images.image import DeviceImageStatus
from shared.domain.operations.operation import SYSTEM
from shared.domain.operations.pausing import pause_reason
from shared.domain.spot.images.image_set import ImageSet, next_build
from shared.domain.spot.images.image_version import (
    ImageVersion,
    VersionStatus,
    VersionUse,
    cost_of,
    next_version,
    replicas_for,
    retired,
)
from shared.domain.spot.notes import Note
from shared.domain.tenants.tenant import Tenant
from shared.errors import ConflictError
from shared.services.images.replicas import uses_of_set
from shared.services.operations.action_context import ActionContext
from shared.services.spot.image_sets import ensure_first
from shared.services.spot.image_versions import delete_version, save_version, start_build
from shared.storage.due import Due
from shared.workflow import DurableClient

_log = logging.getLogger("deskwright.images")


async def retire_versions(deps: Dependencies, client: DurableClient, tenant: Tenant, image_set: ImageSet) -> int:
    """Begin to delete the versions that a set need not keep; return their number. Versions that come into use stay."""
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


_LATER, _A_DAY = timedelta(hours=1), timedelta(days=1)
_BY_SCHEDULE = "Built by the schedule of the set, from the newest source."


async def image_set_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Save a missing first version, build the next one if it is due, and delete versions beyond the number to keep.

    Return when to look again: each day while the set keeps a number of versions only.
    """
    found = await deps.image_sets.find(due.tenant_id, due.subject_id)
    tenant = await deps.tenants.find(due.tenant_id)
    if found is None or tenant is None:
        return None
    image_set, now = found.value, deps.clock.now()
    first = await ensure_first(deps, image_set, None)
    if first.status is VersionStatus.REPLICATING and first.operation_id is None:
        await start_build(deps, client, first)
    if image_set.due_at(now) is None:
        return None
    if first.image is None or pause_reason(await deps.service_state.get(), tenant.value, None):
        return now + _LATER
    await retire_versions(deps, client, tenant.value, image_set)
    if image_set.next_build_at is None or image_set.next_build_at > now:
        return image_set.due_at(now + _A_DAY)
    await _build_next(deps, client, tenant.value, image_set, now)
    after = next_build(image_set.recipe.schedule, now)

    def edit(there: ImageSet) -> ImageSet | None:
        return there.but(next_build_at=after) if there.next_build_at == image_set.next_build_at else None

    return (await deps.image_sets.change(image_set.tenant_id, image_set.id, edit)).due_at(now + _A_DAY)


async def _build_next(
    deps: Dependencies, client: DurableClient, tenant: Tenant, image_set: ImageSet, now: datetime
) -> None:
    """Save the next version by the recipe of the set, and begin its build; the same moment makes one only."""
    origin = ("schedule", image_set.id, str(image_set.next_build_at))
    context = ActionContext(
        deps,
        SYSTEM,
        tenant,
        verb="Microsoft.CloudPC/imageVersions/create",
        trace_id="/".join(origin),
        now=now,
        seed=origin,
        repeatable=True,
    )
    versions = [each.value async for each in deps.image_versions.each(tenant.id, image_set_id=image_set.id)]
    version_id = context.new_id("imageVersion")
    before = next((each for each in versions if each.id == version_id), None)
    number = before.version if before else next_version(each.version for each in versions)
    version = ImageVersion(
        id=version_id,
        tenant_id=tenant.id,
        image_set_id=image_set.id,
        version=number,
        status=VersionStatus.CREATING_VM,
        source=image_set.source,
        source_name=image_set.source_name,
        notes=(Note(text=_BY_SCHEDULE, by=SYSTEM.name, at=now),),
        recipe=image_set.recipe.steps,
        operation_id=context.operation_id,
        created_date_time=now,
        last_modified_date_time=now,
    )
    await save_version(context, client, version)
    _log.info("version %s of image set %s/%s is built by its schedule", number, tenant.id, image_set.id)
