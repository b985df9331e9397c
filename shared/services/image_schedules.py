"""Due work of an image set: a first version that a crash has prevented, the next one, and those to delete."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from shared.dependencies import Dependencies
from shared.domain.operations.operation import SYSTEM
from shared.domain.policies.pausing import pause_reason
from shared.domain.spot.image_set import ImageSet, next_build
from shared.domain.spot.image_version import ImageVersion, VersionStatus, next_version
from shared.domain.spot.notes import Note
from shared.domain.tenants.tenant import Tenant
from shared.services.action_context import ActionContext
from shared.services.image_sets import ensure_first
from shared.services.image_versions import save_version, start_build
from shared.services.retiring import retire_versions
from shared.storage.due import Due
from shared.workflow import DurableClient

_log = logging.getLogger("deskwright.images")
_LATER, _A_DAY = timedelta(hours=1), timedelta(days=1)
_BY_SCHEDULE = "Built by the schedule of the set, from the newest source."


async def image_set_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Save a missing first version, build the next one if it is time, and delete those beyond the number to keep.

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
