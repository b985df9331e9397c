"""Deleted Cloud PCs: the end of the time for which the copies of their disks are kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import NoReturn

from shared.clients.arm import parse_id
from shared.contracts.calls import on_behalf_of
from shared.contracts.outcomes import MissingError
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.deleted import DeletedCloudPc, DeletedStatus
from shared.domain.operations.operation import AuditEvent, ResourceType
from shared.errors import ConflictError, NotFoundError, StaleError
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, make_change
from shared.services.operations.writes import change
from shared.storage.due import Due, DueKind
from shared.storage.repository import Stored
from shared.workflow import DurableClient

_IN_USE = timedelta(minutes=15)
_LOOK_AGAIN = timedelta(minutes=1)


async def deleted_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Remove the copy of a disk whose time has ended; return when to look again, None when nothing is left of it.

    A copy that a build needs stays. The record says that it is being removed before it is: no build begins from then.
    """
    del client
    found, now = await deps.deleted_cloud_pcs.find(due.tenant_id, due.subject_id), deps.clock.now()
    if found is None:
        return None
    deleted = found.value
    if deleted.status is not DeletedStatus.REMOVING:
        if (later := deleted.looks_at(now)) is not None:
            return later
        if await is_wanted(deps, deleted):
            return now + _IN_USE
        try:
            removing = deleted.but(status=DeletedStatus.REMOVING)
            found = await deps.deleted_cloud_pcs.replace(removing, seen=found.etag)
        except (StaleError, NotFoundError):
            return now + _LOOK_AGAIN
    return await _remove(deps, found)


async def is_wanted(deps: Dependencies, deleted: DeletedCloudPc) -> bool:
    """Whether a Cloud PC is being built from the copy."""
    pc = await deps.cloud_pcs.find(deleted.tenant_id, deleted.wanted_by) if deleted.wanted_by else None
    return deleted.used_by(pc.value if pc else None, deps.clock.now())


async def _remove(deps: Dependencies, found: Stored[DeletedCloudPc]) -> datetime | None:
    """Have Azure delete the disk snapshot; the record goes once it is not there any more."""
    deleted, now = found.value, deps.clock.now()
    place = parse_id(deleted.disk.snapshot_id)
    with on_behalf_of(deleted.tenant_id, deleted.disk.region):
        snapshots = deps.compute(place.subscription_id).snapshots
        try:
            await snapshots.get(place.resource_group, place.name)
            await snapshots.begin_delete(place.resource_group, place.name, polling=False)
        except MissingError:
            pass
        else:
            return now + _LOOK_AGAIN
    resource, after = (ResourceType.DELETED_CLOUD_PC.value, deleted.id), {"cloudPcId": deleted.cloud_pc_id}
    event = AuditEvent.of_service(deleted.tenant_id, resource, "remove", after, at=now, run="remove")
    await deps.audit.append(event)
    await deps.deleted_cloud_pcs.remove(deleted.tenant_id, deleted.id)
    return None


def _refuse_wanted() -> NoReturn:
    raise ConflictError("a Cloud PC is being built from it; delete it when that is done")


async def end_keeping(context: ActionContext, stored: Stored[DeletedCloudPc]) -> None:
    """End the time of a copy now: from here on it is being removed, and a sweep does it.

    Raises: ConflictError while it is made, or a build needs it.
    """
    deps, before = context.deps, stored.value
    if before.status is DeletedStatus.COPYING:
        raise ConflictError("its disk is being copied; what it was is still there", status=before.status.value)
    if await is_wanted(deps, before):
        _refuse_wanted()

    def edit(there: DeletedCloudPc) -> DeletedCloudPc | None:
        if there.status is DeletedStatus.REMOVING:
            return None
        if (there.wanted_by, there.wanted_at) != (before.wanted_by, before.wanted_at):
            _refuse_wanted()  # since it was looked at above
        return there.but(status=DeletedStatus.REMOVING, kept_until=min(there.kept_until, context.now))

    promise = partial(deps.due.put, DueKind.DELETED, context.now, before.tenant_id, before.id)
    write = change(before, edit, partial(deps.deleted_cloud_pcs.change, before.tenant_id, before.id))
    await make_change(context, Resource(ResourceType.DELETED_CLOUD_PC, before.id), write, promise=promise)
