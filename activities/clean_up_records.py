"""The record after a build: what a clean-up that stood alone came to, and steps of Windows that ran again."""

from __future__ import annotations

from activities.audit import note, note_status, tell
from activities.building import change, present
from activities.deprovisioning import removed
from shared.contracts.cleaning import RECORD_CLEANED, LeftRecord
from shared.contracts.configuration import RECORD_RERUN, RerunRecord
from shared.contracts.outcomes import Done, Refused, Superseded
from shared.dependencies import dependencies
from shared.domain.cloud_pc import CloudPc, Failure, Resources
from shared.domain.lifecycle import WORKING, Event, Status
from shared.domain.steps import Step
from shared.storage.due import DueKind, read_once
from shared.workflow import Blueprint, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(RECORD_CLEANED)
async def record_cleaned(record: LeftRecord) -> Done | Superseded:
    """Say what a clean-up that stood alone came to; what is left is tried again."""
    stored = await present(record)
    if stored is None or not _cleanable(stored.value, record):
        return Superseded()
    at = dependencies().clock.now()
    again_at = None
    if stored.stored.value.status in {Status.DEPROVISIONING, Status.NOT_PROVISIONED}:
        await dependencies().due.put_all([read_once(stored.value, at)])  # it is forgotten, or a new one follows
    if record.left:
        tenant = await dependencies().tenants.get(record.tenant_id)
        again_at = at + tenant.value.settings.clean_up_delay
        await dependencies().due.put(
            DueKind.CLEAN_UP, again_at, record.tenant_id, record.cloud_pc_id, record.generation
        )

    def edit(pc: CloudPc) -> CloudPc | None:
        if not _cleanable(pc, record):
            return None
        if pc.status is Status.DEPROVISIONING and not record.left:
            return removed(pc)
        return pc.but(
            # What is half removed is never gone on with.
            resources=pc.resources.but(joined_at=None) if record.left else Resources(),
            restore_points=pc.restore_points if record.left else (),
            disks=pc.disks if record.left else (),
            reason=_left(record.left) if record.left else None,
            clean_up_at=again_at,
            last_modified_date_time=at,
        )

    cleaned = await change(record, edit)
    if cleaned is None:
        return Superseded()
    if not stored.beside and cleaned.status is not stored.value.status:
        await note_status(stored.value, cleaned)
    left = {"left": [refused.to_json() for refused in record.left]}
    run = f"{record.generation}/{stored.value.clean_up_at}"
    await note(record.tenant_id, ("cloudPC", record.cloud_pc_id), "cleanUp", left, at=at, run=run)
    return Done()


def _cleanable(pc: CloudPc, record: LeftRecord) -> bool:
    return pc.generation == record.generation and pc.status in {Status.FAILED, Status.DEPROVISIONING}


def _left(left: tuple[Refused, ...]) -> str:
    return "could not be removed: " + "; ".join(f"{each.evidence or ''} {each.code}: {each.message}" for each in left)


@bp.activity_trigger(input_name="payload")
@implements(RECORD_RERUN)
async def record_rerun(record: RerunRecord) -> Done:
    """Replace the warnings of the steps that ran again; without the last one the Cloud PC is provisioned."""
    at = dependencies().clock.now()

    def edit(pc: CloudPc) -> CloudPc | None:
        if pc.generation != record.generation or pc.status is not Status.PROVISIONED_WITH_WARNINGS:
            return None
        warnings = (*(w for w in pc.warnings if w.step not in record.steps), *record.warnings)
        if warnings == pc.warnings:
            return None
        return pc.after(Event.WARNED if warnings else Event.CURED, at=at, warnings=warnings)

    stored = await dependencies().cloud_pcs.find(record.tenant_id, record.cloud_pc_id)
    if stored is None:
        return Done()
    pc = await dependencies().cloud_pcs.change(record.tenant_id, record.cloud_pc_id, edit)
    if pc.status in WORKING and pc.status is not stored.value.status:
        await note_status(stored.value, pc)
    if record.warnings:
        said = "; ".join(f"{warning.step}: {warning.message}" for warning in record.warnings)
        failure = Failure(code="stepsFailed", message=said, step=Step.CONFIGURE_WINDOWS)
        await tell(record.tenant_id, record.operation_id, lambda operation: operation.failed(failure, at))
    else:
        result = {"cloudPcId": pc.id, "status": pc.status.value}
        await tell(record.tenant_id, record.operation_id, lambda operation: operation.succeeded(result, at))
    return Done()
