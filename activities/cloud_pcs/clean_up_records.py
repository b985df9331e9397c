"""The record after a build: the result of a clean-up by the sweep, and post-provisioning steps that ran again."""

from __future__ import annotations

from datetime import datetime

from activities.cloud_pcs.comparing import ask, record_lost
from activities.cloud_pcs.deprovisioning import removed
from activities.operations.audit import fail_operation, record_audit_event, record_status_change, succeed_operation
from activities.policies.decisions import change_record, find_record
from shared.contracts.builds import RECORD_CLEANED, LeftRecord
from shared.contracts.outcomes import HELD_BACK, Done, Refused, Superseded
from shared.contracts.provisioning import RECORD_RERUN, RerunRecord
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Build, Failure, Resources, Step
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING, Event, Status
from shared.domain.operations.machines_gone import machine_known
from shared.domain.planning.in_place import applied
from shared.storage.due import DueKind, read_once
from shared.workflow import Blueprint, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(RECORD_CLEANED)
async def record_cleaned(record: LeftRecord) -> Done | Superseded:
    """Record the result of a clean-up that the sweep started; the removal of remaining resources is tried again."""
    stored = await find_record(record)
    build = _cleaned_build(stored.value, record) if stored else None
    if stored is None or build is None:
        return Superseded()
    at = dependencies().clock.now()
    again_at = None
    if stored.value.status in {Status.DEPROVISIONING, Status.NOT_PROVISIONED}:
        await dependencies().due.put_all([read_once(stored.value, at)])  # its record is deleted, or a new build follows
    if record.left:
        tenant = await dependencies().tenants.get(record.tenant_id)
        again_at = _again_at(stored.value, record, at + tenant.value.settings.clean_up_delay)
        await dependencies().due.put(
            DueKind.CLEAN_UP, again_at, record.tenant_id, record.cloud_pc_id, record.generation
        )

    cleaned = await change_record(record, lambda pc: _cleaned(pc, record, again_at, at))
    if cleaned is None:
        return Superseded()
    if build is stored.value.current and cleaned.status is not stored.value.status:
        await record_status_change(stored.value, cleaned)
    left = {"left": [refused.to_json() for refused in record.left]}
    run = f"{record.generation}/{build.clean_up_at}"
    await record_audit_event(record.tenant_id, ("cloudPC", record.cloud_pc_id), "cleanUp", left, at=at, run=run)
    return Done()


def _again_at(pc: CloudPc, record: LeftRecord, usually: datetime) -> datetime:
    """Return the time of the next clean-up: *usually*, or the next question's time while it waits for an answer."""
    waits = any(refused.code == HELD_BACK for refused in record.left) and pc.held_back is not None
    return pc.held_back.next_at if waits and pc.held_back is not None else usually


def _cleaned(pc: CloudPc, record: LeftRecord, again_at: datetime | None, at: datetime) -> CloudPc | None:
    build = _cleaned_build(pc, record)
    if build is None:
        return None
    if build is pc.current and pc.status is Status.DEPROVISIONING and not record.left:
        return removed(pc)
    cleaned = build.but(
        # What is removed in part is never resumed.
        resources=build.resources.but(joined_at=None) if record.left else Resources(),
        restore_points=build.restore_points if record.left else (),
        disks=build.disks if record.left else (),
        reason=_not_removed_message(record.left) if record.left else None,
        clean_up_at=again_at,
    )
    return pc.with_build(cleaned).but(last_modified_date_time=at)


def _cleaned_build(pc: CloudPc, record: LeftRecord) -> Build | None:
    build = pc.build(record.generation)
    return build if build and pc.to_clean_up(build) else None


def _not_removed_message(left: tuple[Refused, ...]) -> str:
    said = "; ".join(f"{each.evidence or ''} {each.code}: {each.message}" for each in left)
    return f"it could not be removed: {said}"


def _after_steps(pc: CloudPc, record: RerunRecord, at: datetime) -> CloudPc | None:
    """Return a Cloud PC after steps have run on it, None where that changes nothing."""
    failed = {warning.step for warning in record.warnings}
    ran = set(record.steps) - (failed if record.wanted else set())
    added = () if record.wanted else record.warnings
    warnings = (*(each for each in pc.current.warnings if each.step not in ran), *added)
    snapshot = pc.current.snapshot
    if snapshot is not None and record.wanted is not None:
        snapshot = applied(snapshot, record.wanted, failed)
    if pc.status is not Status.PROVISIONED_WITH_WARNINGS:
        warnings = pc.current.warnings
    if (warnings, snapshot) == (pc.current.warnings, pc.current.snapshot):
        return None
    after = pc.with_current(warnings=warnings, snapshot=snapshot).but(last_modified_date_time=at)
    if warnings == pc.current.warnings:
        return after
    return after.after(Event.WARNED if warnings else Event.CURED, at=at)


@bp.activity_trigger(input_name="payload")
@implements(RECORD_RERUN)
async def record_rerun(record: RerunRecord) -> Done:
    """Replace the warnings of the steps that ran, and note the settings that the machine has.

    Without the last warning the Cloud PC is provisioned. A changed setting that failed is no warning: its machine works
    as before, and differs from its policy.
    """
    at = dependencies().clock.now()

    def edit(pc: CloudPc) -> CloudPc | None:
        return None if pc.current.generation != record.generation else _after_steps(pc, record, at)

    stored = await dependencies().cloud_pcs.find(record.tenant_id, record.cloud_pc_id)
    if stored is None:
        return Done()
    pc = await dependencies().cloud_pcs.change(record.tenant_id, record.cloud_pc_id, edit)
    if pc.status in WORKING and pc.status is not stored.value.status:
        await record_status_change(stored.value, pc)
    if record.warnings:
        text = "; ".join(f"{warning.step}: {warning.message}" for warning in record.warnings)
        failure = Failure(code="stepsFailed", message=text, step=Step.CONFIGURE_WINDOWS)
        known = machine_known(pc)
        answer = await ask(known) if known else None
        if answer is not None and answer.gone and (lost := await record_lost(pc.tenant_id, answer)):
            failure = lost.failure or failure
        await fail_operation(record.tenant_id, record.operation_id, failure, at)
    else:
        result = {"cloudPcId": pc.id, "status": pc.status.value}
        await succeed_operation(record.tenant_id, record.operation_id, result, at)
    return Done()
