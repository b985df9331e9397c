"""The record of an image version: its steps, its events, its end. Each may be repeated, with one effect."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from activities.operations.audit import begin_operation_step, fail_operation, record_audit_event, succeed_operation
from shared.contracts.calls import moment
from shared.contracts.image_versions import (
    RECORD_VERSION,
    RECORD_VERSION_ACTION,
    RECORD_VERSION_DELETED,
    RECORD_VERSION_STEP,
    VERSION_STEPS,
    VersionActionRecord,
    VersionDeletedRecord,
    VersionRecord,
    VersionStepRecord,
    WayIn,
)
from shared.contracts.outcomes import Done
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Failure
from shared.domain.spot.images.image_version import (
    SHUT_DOWN_AFTER,
    TRANSITIONS,
    Access,
    ImageVersion,
    VersionActionName,
    VersionEvent,
)
from shared.errors import NotFoundError
from shared.storage.due import DueKind
from shared.workflow import Blueprint, implements

bp = Blueprint()

_TYPE = "imageVersion"
_STARTS = frozenset({VersionActionName.CONNECT, VersionActionName.REBOOT})


@bp.activity_trigger(input_name="payload")
@implements(RECORD_VERSION_STEP)
async def record_version_step(record: VersionStepRecord) -> Done:
    """Record that a step begins."""
    titles = {step: VERSION_STEPS[step] for step in record.steps}
    percent = record.steps.index(record.step) * 100 // len(record.steps)
    await begin_operation_step(record.tenant_id, record.operation_id, record.step, titles, percent=percent)
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(RECORD_VERSION)
async def record_version(record: VersionRecord) -> Done:
    """Record an event of an image version, and end its operation if the event is its last."""
    deps, at = dependencies(), dependencies().clock.now()
    changes = _changes(record, moment(at))  # delivered again it is due at the same time
    if (shut_down_at := changes.get("shut_down_at")) is not None:
        await deps.due.put(DueKind.IMAGE_VERSION, shut_down_at, record.tenant_id, record.version_id)

    def edit(version: ImageVersion) -> ImageVersion | None:
        if version.operation_id != record.operation_id or (version.status, record.event) not in TRANSITIONS:
            return None  # other work has taken over, or it is recorded already
        return version.after(record.event, at=at, **changes)

    after = await _change(record.tenant_id, record.version_id, edit)
    if record.ends and record.failure is not None:
        await fail_operation(
            record.tenant_id, record.operation_id, _with_left_resources(record.failure, record.left), at
        )
    elif record.ends:
        result = {"imageVersionId": record.version_id, "status": after.status.value if after else None}
        await succeed_operation(record.tenant_id, record.operation_id, result, at)
    if after is not None:
        told = {"status": after.status.value, "version": after.version}
        run = f"{record.operation_id}/{record.event.value}"
        await record_audit_event(
            record.tenant_id, (_TYPE, after.id), "updateStatus", told, at=after.last_modified_date_time, run=run
        )
    return Done()


def _changes(record: VersionRecord, at: datetime) -> dict[str, Any]:
    """Return the changes that an event makes to the version, other than its status."""
    match record.event:
        case VersionEvent.MACHINE_READY:
            return {"shut_down_at": at + SHUT_DOWN_AFTER if record.ends else None}
        case VersionEvent.CAPTURED:
            return {"gallery_version_id": record.gallery_version_id, "shut_down_at": None, "access": None}
        case VersionEvent.TESTED:
            return {"warnings": record.warnings, "validated": record.validated}
        case VersionEvent.REPLICATED:
            return {
                "gallery_version_id": record.gallery_version_id,
                "regions": record.regions,
                "warnings": record.warnings,
                "validated": record.validated,
            }
        case VersionEvent.GAVE_UP:
            gone = {"gallery_version_id": None, "shut_down_at": None, "access": None, "action": None}
            return {"failure": record.failure, "left": record.left, **gone}
    return {}


def _with_left_resources(failure: Failure, left: tuple[Failure, ...]) -> Failure:
    stays = "; ".join(f"{each.code}: {each.message}" for each in left)
    return failure.but(message=f"{failure.message} Could not be removed: {stays}") if stays else failure


async def _change(
    tenant_id: str, version_id: str, edit: Callable[[ImageVersion], ImageVersion | None]
) -> ImageVersion | None:
    try:
        return await dependencies().image_versions.change(tenant_id, version_id, edit)
    except NotFoundError:
        return None


@bp.activity_trigger(input_name="payload")
@implements(RECORD_VERSION_DELETED)
async def record_version_deleted(record: VersionDeletedRecord) -> Done:
    """Delete the record of a version if nothing of it is left; else keep it with a failure that names the remains."""
    deps, at = dependencies(), dependencies().clock.now()
    found = await deps.image_versions.find(record.tenant_id, record.version_id)
    if found is not None and found.value.operation_id != record.operation_id:
        return Done()  # other work has taken over
    if not record.left:
        await record_audit_event(
            record.tenant_id, (_TYPE, record.version_id), "deleted", {}, at=at, run=record.operation_id
        )
        await deps.image_versions.remove(record.tenant_id, record.version_id)
        await succeed_operation(record.tenant_id, record.operation_id, {"imageVersionId": record.version_id}, at)
        return Done()
    failure = Failure(
        code="stillThere",
        message="Not everything of the version could be removed.",
        evidence="; ".join(f"{each.code}: {each.message}" for each in record.left),
        advice="Remove what keeps it in Azure, then delete the version again.",
    )

    def edit(version: ImageVersion) -> ImageVersion | None:
        others = version.operation_id != record.operation_id
        if others or (version.status, VersionEvent.DELETE_FAILED) not in TRANSITIONS:
            return None
        return version.after(VersionEvent.DELETE_FAILED, at=at, failure=failure, left=record.left)

    await _change(record.tenant_id, record.version_id, edit)
    await fail_operation(record.tenant_id, record.operation_id, failure, at)
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(RECORD_VERSION_ACTION)
async def record_version_action(record: VersionActionRecord) -> Done:
    """Record the end of an action so that the next one can begin, and when its access or its machine's run ends."""
    deps, at = dependencies(), dependencies().clock.now()
    found = await deps.image_versions.find(record.tenant_id, record.version_id)
    action = found.value.action if found else None
    if found is not None and action is not None and action.operation_id == record.operation_id:
        access = found.value.access if record.name is VersionActionName.REBOOT and not record.failure else None
        if record.way_in is not None and action.address:
            access = Access(address=action.address, until=action.until, **_where(record.way_in))
            await deps.due.put(DueKind.IMAGE_VERSION, access.until, record.tenant_id, record.version_id)
        shut_down_at = _shut_down_at(record, found.value, at)
        if shut_down_at is not None:
            await deps.due.put(DueKind.IMAGE_VERSION, shut_down_at, record.tenant_id, record.version_id)
        ended = {"action": None, "access": access, "shut_down_at": shut_down_at, "last_modified_date_time": at}

        def edit(version: ImageVersion) -> ImageVersion | None:
            runs = version.action is not None and version.action.operation_id == record.operation_id
            return version.but(**ended) if runs else None

        await _change(record.tenant_id, record.version_id, edit)
        told: dict[str, Any] = {"name": record.name.value}
        told |= {"error": record.failure.code} if record.failure else {}
        run = record.operation_id
        await record_audit_event(record.tenant_id, (_TYPE, record.version_id), "acted", told, at=at, run=run)
    if record.failure is not None:
        await fail_operation(record.tenant_id, record.operation_id, record.failure, at)
    else:
        result = {"imageVersionId": record.version_id, **_address_of(record.way_in)}
        await succeed_operation(record.tenant_id, record.operation_id, result, at)
    return Done()


def _where(way_in: WayIn) -> dict[str, str | None]:
    return {"public_address": way_in.public_address, "bastion_id": way_in.bastion_id}


def _address_of(way_in: WayIn | None) -> dict[str, Any]:
    """Return the address of a way in, for the result of an operation."""
    if way_in is None:
        return {}
    if way_in.bastion_id is not None:
        return {"bastionId": way_in.bastion_id}
    return {"publicAddress": way_in.public_address, "port": 3389}


def _shut_down_at(record: VersionActionRecord, version: ImageVersion, at: datetime) -> datetime | None:
    """Return when the machine is shut down: later, if it was started; never, if it was shut down just now."""
    if record.name is VersionActionName.SHUT_DOWN and record.failure is None:
        return None
    return at + SHUT_DOWN_AFTER if record.name in _STARTS else version.shut_down_at
