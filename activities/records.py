"""The record of a build: where it stands, how it ended. Each activity may be repeated, and is heard once.

Every one compares generation and attempt with the record: a build that has been overtaken learns that it is
superseded and changes nothing.
"""

from __future__ import annotations

from datetime import datetime

from activities.audit import note_status, tell
from activities.building import Present, change, present
from activities.replacing import end_last_steps, give_up_beside, promise_restore_points
from shared.contracts.attempts import (
    BEGIN_STEP,
    RECORD_FAILED,
    RECORD_PARKED,
    RECORD_PROVISIONED,
    FailedRecord,
    ParkedRecord,
    ProvisionedRecord,
    StepRecord,
)
from shared.contracts.outcomes import Done, Superseded
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pc import CloudPc, Resources, TimelineEntry
from shared.domain.connection import JoinType
from shared.domain.lifecycle import Event, Status
from shared.domain.orphans import ComputerName
from shared.domain.steps import ORDER, TITLES, Step, percent
from shared.storage.due import DueKind
from shared.storage.repository import Stored
from shared.storage.timeline import StepEnd
from shared.workflow import Blueprint, implements

bp = Blueprint()

_BUILDING = frozenset({Status.PENDING_PROVISION, Status.PROVISIONING})
_OPERATION_STEPS = {step.value: TITLES[step] for step in (Step.CLEAN_UP, *ORDER)}


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_STEP)
async def begin_step(record: StepRecord) -> Done | Superseded:
    """Say that a step begins, and with it that the one before it is done."""
    stored = await present(record)
    if stored is None or not _at_work(stored.value, record):
        return Superseded()
    pc, at = stored.value, dependencies().clock.now()
    resources = pc.resources.with_found(record.resources)
    if pc.step is not None and pc.step is not record.step:
        await _end_step_before(pc, pc.step, record, resources)
    if record.step is Step.CREATE_VM:
        await _remember_name(pc, record)
    entry = TimelineEntry(
        generation=record.generation, attempt=record.attempt, step=record.step, started_at=at, note=record.note
    )
    await dependencies().timeline.begin(record.tenant_id, record.cloud_pc_id, entry)

    changed = await change(record, lambda there: _begun(there, record, at), stored)
    if changed is None or not _at_work(changed, record):
        return Superseded()
    done = percent(record.step, changed.snapshot.join_type if changed.snapshot else JoinType.AZURE_AD_JOIN)
    await tell(
        record.tenant_id,
        changed.operation_id,
        lambda operation: operation.at_step(record.step.value, _OPERATION_STEPS, percent=done, at=at),
    )
    return Done()


def _begun(pc: CloudPc, record: StepRecord, at: datetime) -> CloudPc | None:
    if not _at_work(pc, record):
        return None
    found = pc.resources.with_found(record.resources)
    if pc.step is record.step:
        return pc.but(resources=found)
    anew = record.step in {Step.CLEAN_UP, Step.ALLOCATE_CAPACITY}
    return pc.but(
        step=record.step,
        step_started_at=at,
        resumed_at=None if anew else pc.resumed_at,
        warnings=() if anew else pc.warnings,
        resources=found,
        # Past the VM there was room: the build is parked no longer.
        parked_since=pc.parked_since if record.step in {Step.CLEAN_UP, *ORDER[:2]} else None,
        last_modified_date_time=at,
    )


async def _remember_name(pc: CloudPc, record: StepRecord) -> None:
    """Keep the computer name before anything is made under it: by it is known what it leaves, also without a record."""
    name, template = record.resources.computer_name, pc.snapshot.naming_template if pc.snapshot else ""
    if name is None:
        return
    given = ComputerName(
        tenant_id=pc.tenant_id,
        name=name,
        beginning=name[: len(naming.fixed_beginning(template))],
        cloud_pc_id=pc.id,
        generation=record.generation,
        attempt=record.attempt,
        given_at=dependencies().clock.now(),
    )
    await dependencies().computer_names.save_all([Stored(given, "*")])


async def _end_step_before(pc: CloudPc, before: Step, record: StepRecord, resources: Resources) -> None:
    """Close the entry of the step before; one that lies after the new step did not come to its end."""
    steps = tuple(Step)
    back = steps.index(before) > steps.index(record.step)
    broke_off = record.step is Step.CLEAN_UP
    end = StepEnd(
        generation=record.generation,
        attempt=record.attempt,
        step=before,
        at=dependencies().clock.now(),
        outcome="failed" if back else "succeeded",
        resource_ids=() if back else resources.made_in(before),
        note=("it broke off, and is begun again" if broke_off else "no room there; tried at another place")
        if back
        else None,
    )
    await dependencies().timeline.end(pc.tenant_id, pc.id, end)


@bp.activity_trigger(input_name="payload")
@implements(RECORD_PARKED)
async def record_parked(record: ParkedRecord) -> Done | Superseded:
    """Say that the build waits for room."""
    stored = await present(record)
    if stored is None or not _building(stored.value, record):
        return Superseded()
    pc, at = stored.value, dependencies().clock.now()
    end = StepEnd(
        generation=record.generation,
        attempt=record.attempt,
        step=_reached(pc, record) or Step.ALLOCATE_CAPACITY,
        at=at,
        outcome="parked",
        note=f"{record.reason.code}: {record.reason.message}",
    )
    await dependencies().timeline.end(record.tenant_id, record.cloud_pc_id, end)

    def edit(there: CloudPc) -> CloudPc | None:
        if not _building(there, record):
            return None
        if there.status is Status.PENDING_PROVISION and there.parked_since == record.since and there.reason:
            return None
        return there.after(
            Event.PARKED, at=at, attempt=record.attempt, reason=record.reason.message, parked_since=record.since
        )

    parked = await change(record, edit, stored)
    if parked is None or not _building(parked, record):
        return Superseded()
    if pc.parked_since != record.since and not stored.beside:  # it is parked again every ten minutes: no news
        await note_status(pc, parked)
    return Done()


@bp.activity_trigger(input_name="payload")
@implements(RECORD_FAILED)
async def record_failed(record: FailedRecord) -> Done | Superseded:
    """Say that an attempt failed; with the last one the Cloud PC has, and what is left goes three hours later."""
    stored = await present(record)
    if stored is None or not (_building(stored.value, record) or _ended(stored.value, record, Status.FAILED)):
        return Superseded()
    pc, at = stored.value, dependencies().clock.now()
    end = StepEnd(
        generation=record.generation,
        attempt=record.attempt,
        step=record.failure.step or _reached(pc, record) or Step.ALLOCATE_CAPACITY,
        at=at,
        outcome="failed",
        error=record.failure,
    )
    if pc.status is not Status.FAILED:
        await dependencies().timeline.end(record.tenant_id, record.cloud_pc_id, end)
    if not record.last:
        edited = await change(record, lambda there: _after_failed_attempt(there, record), stored)
        return Done() if edited is not None and _building(edited, record) else Superseded()
    return await _give_up(stored, record)


def _after_failed_attempt(pc: CloudPc, record: FailedRecord) -> CloudPc | None:
    if not _building(pc, record):
        return None
    found = pc.resources.with_found(record.resources)
    return pc.but(last_error=record.failure, resources=found, warnings=record.warnings)


async def _give_up(stored: Present, record: FailedRecord) -> Done | Superseded:
    pc, at = stored.value, dependencies().clock.now()
    if stored.beside:
        return await _give_up_beside(stored, record)
    clean_up_at = None
    if pc.resources.with_found(record.resources).computer_name and pc.status is not Status.FAILED:
        tenant = await dependencies().tenants.get(record.tenant_id)
        clean_up_at = at + tenant.value.settings.clean_up_delay
        # Before the record: a record without its clean-up would keep its remains for ever.
        await dependencies().due.put(DueKind.CLEAN_UP, clean_up_at, pc.tenant_id, pc.id, record.generation)

    def edit(there: CloudPc) -> CloudPc | None:
        if not _building(there, record):
            return None
        return there.after(
            Event.GAVE_UP,
            at=at,
            attempt=record.attempt,
            last_error=record.failure,
            resources=there.resources.with_found(record.resources),
            warnings=record.warnings,
            clean_up_at=clean_up_at,
            parked_since=None,
            reason=None,
        )

    failed = await change(record, edit, stored)
    if failed is None or not _ended(failed, record, Status.FAILED):
        return Superseded()
    await note_status(pc, failed)
    await tell(record.tenant_id, failed.operation_id, lambda operation: operation.failed(record.failure, at))
    return Done()


async def _give_up_beside(stored: Present, record: FailedRecord) -> Done | Superseded:
    """Give up what is built beside a Cloud PC, which keeps the machine it has."""
    await change(record, lambda there: _after_failed_attempt(there, record), stored)
    tenant = await dependencies().tenants.get(record.tenant_id)
    delay = tenant.value.settings.clean_up_delay
    given_up = await give_up_beside(stored.stored.value, record.generation, record.failure, delay)
    return Done() if given_up else Superseded()


@bp.activity_trigger(input_name="payload")
@implements(RECORD_PROVISIONED)
async def record_provisioned(record: ProvisionedRecord) -> Done | Superseded:
    """Say that the Cloud PC is the user's."""
    status = Status.PROVISIONED_WITH_WARNINGS if record.warnings else Status.PROVISIONED
    stored = await present(record)
    if stored is None or not (_at_work(stored.value, record) or _ended(stored.value, record, status)):
        return Superseded()
    pc, at = stored.value, dependencies().clock.now()
    if pc.status is Status.PROVISIONING:
        await end_last_steps(record)
        await promise_restore_points(pc, at)

    def edit(there: CloudPc) -> CloudPc | None:
        if not _at_work(there, record):
            return None
        return there.after(
            Event.WARNED if record.warnings else Event.SUCCEEDED,
            at=at,
            resources=there.resources.with_found(record.resources),
            warnings=record.warnings,
            step=None,
            step_started_at=None,
            resumed_at=None,
            last_error=None,
            parked_since=None,
            provisioned_date_time=at,
            restore_points=(),  # they went with the machine before this one
            disks=(),
        )

    done = await change(record, edit, stored)
    if done is None or not _ended(done, record, status):
        return Superseded()
    await note_status(pc, done)
    result = {"cloudPcId": done.id, "status": done.status.value}
    await tell(record.tenant_id, done.operation_id, lambda operation: operation.succeeded(result, at))
    return Done()


_Record = StepRecord | ParkedRecord | FailedRecord | ProvisionedRecord


def _building(pc: CloudPc, record: _Record) -> bool:
    """Whether the record is still this build's; an attempt that never began counts."""
    return pc.status in _BUILDING and pc.generation == record.generation and pc.attempt <= record.attempt


def _at_work(pc: CloudPc, record: _Record) -> bool:
    """Whether the record says that just this attempt is being made."""
    return pc.status is Status.PROVISIONING and (pc.generation, pc.attempt) == (record.generation, record.attempt)


def _ended(pc: CloudPc, record: _Record, status: Status) -> bool:
    """Whether the record says already that just this attempt ended so."""
    return pc.status is status and (pc.generation, pc.attempt) == (record.generation, record.attempt)


def _reached(pc: CloudPc, record: _Record) -> Step | None:
    return pc.step if pc.attempt == record.attempt else None
