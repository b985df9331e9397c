"""The record of a machine that takes the place of another: it has, or it never will."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from activities.audit import note, tell
from shared.contracts.attempts import RECORD_REPLACED, ProvisionedRecord
from shared.contracts.outcomes import Done, Superseded
from shared.contracts.provisioning import ABANDON_REPLACEMENT, AbandonOrder
from shared.dependencies import dependencies
from shared.domain.cloud_pc import CloudPc, Failure
from shared.domain.lifecycle import Status
from shared.domain.replacing import abandoned, replaced
from shared.domain.steps import Step
from shared.errors import NotFoundError
from shared.storage.due import DueKind, cancel_due, grace_due, restore_point_due
from shared.storage.timeline import StepEnd
from shared.workflow import Blueprint, implements

bp = Blueprint()

_SOON = timedelta(minutes=5)
"""When what nobody will look at any more is cleaned up."""


@bp.activity_trigger(input_name="payload")
@implements(RECORD_REPLACED)
async def record_replaced(record: ProvisionedRecord) -> Done | Superseded:
    """Say that the new machine is the Cloud PC's, and that the old one goes."""
    here = dependencies()
    found = await here.cloud_pcs.find(record.tenant_id, record.cloud_pc_id)
    if found is None:
        return Superseded()
    at, after = here.clock.now(), found.value
    if after.generation != record.generation:
        if not _built_beside(after, record):
            return Superseded()
        tenant = await here.tenants.get(record.tenant_id)
        clean_up_at = at + tenant.value.settings.clean_up_delay
        await _promise(after, record)
        await here.due.put(DueKind.CLEAN_UP, clean_up_at, after.tenant_id, after.id, after.generation)
        await end_last_steps(record)
        await promise_restore_points(after.but(generation=record.generation), at)

        def edit(pc: CloudPc) -> CloudPc | None:
            if not _built_beside(pc, record):
                return None
            return replaced(pc, record.resources, record.warnings, at=at, clean_up_at=clean_up_at)

        after = await here.cloud_pcs.change(record.tenant_id, record.cloud_pc_id, edit, known=found)
        if after.generation != record.generation:
            return Superseded()
    told = {"status": after.status.value, "generation": after.generation, "computerName": after.resources.computer_name}
    await note(after.tenant_id, ("cloudPC", after.id), "replace", told, at=at, run=f"replace/{record.generation}")
    result = {"cloudPcId": after.id, "status": after.status.value}
    await tell(record.tenant_id, after.operation_id, lambda operation: operation.succeeded(result, at))
    return Done()


def _built_beside(pc: CloudPc, record: ProvisionedRecord) -> bool:
    return pc.beside is not None and pc.beside.being_built and pc.beside.generation == record.generation


async def _promise(pc: CloudPc, record: ProvisionedRecord) -> None:
    """Promise the new generation what was promised the old one, if the Cloud PC is on its way out of use."""
    new = pc.but(generation=record.generation)
    due = cancel_due(new) if pc.status is Status.DEPROVISIONING else grace_due(new)
    if due is not None:
        await dependencies().due.put_all([due])


async def promise_restore_points(pc: CloudPc, at: datetime) -> None:
    """Promise the restore points that the tenant wants to be made regularly of what works now."""
    tenant = await dependencies().tenants.find(pc.tenant_id)
    if tenant is not None and (every := tenant.value.settings.restore_point_every):
        await dependencies().due.put_all([restore_point_due(pc, every, at)])


async def end_last_steps(record: ProvisionedRecord) -> None:
    """Close the entries of the timeline that no step after them will close."""
    of: dict[str, Any] = {"generation": record.generation, "attempt": record.attempt, "at": dependencies().clock.now()}
    timeline = dependencies().timeline
    if record.warnings:
        said = "; ".join(f"{warning.step}: {warning.message}" for warning in record.warnings)
        warned = StepEnd(**of, step=Step.CONFIGURE_WINDOWS, outcome="warned", note=said)
        await timeline.end(record.tenant_id, record.cloud_pc_id, warned)
    made = record.resources.made_in(Step.ASSIGN_USER)
    end = StepEnd(**of, step=Step.ASSIGN_USER, outcome="succeeded", resource_ids=made)
    await timeline.end(record.tenant_id, record.cloud_pc_id, end)


@bp.activity_trigger(input_name="payload")
@implements(ABANDON_REPLACEMENT)
async def abandon_replacement(order: AbandonOrder) -> Done:
    """Give up a build that has no place to take any more; what it made is cleaned up soon."""
    found = await dependencies().cloud_pcs.find(order.tenant_id, order.cloud_pc_id)
    if found is not None:
        message = f"The Cloud PC is {found.value.status.value}: no other machine is built for it."
        cancelled = Failure(code="cancelled", message=message, retriable=False)
        await give_up_beside(found.value, order.generation, cancelled, _SOON)
    return Done()


async def give_up_beside(pc: CloudPc, generation: int, failure: Failure, delay: timedelta) -> bool:
    """Say that the build beside a Cloud PC is given up; what it made is cleaned up after *delay*. False: it was not."""
    at = dependencies().clock.now()
    beside = pc.beside
    if beside is None or beside.generation != generation:
        return False
    if beside.being_built:
        # Before the record: a record without its clean-up would keep its remains for ever. And where nothing was made,
        # the record afterwards no longer knows whom to tell.
        await dependencies().due.put(DueKind.CLEAN_UP, at + delay, pc.tenant_id, pc.id, generation)
        told = {"generation": generation, "code": failure.code, "message": failure.message}
        await note(pc.tenant_id, ("cloudPC", pc.id), "replaceFailed", told, at=at, run=f"replaceFailed/{generation}")
        await tell(pc.tenant_id, beside.operation_id, lambda operation: operation.failed(failure, at))

    def edit(there: CloudPc) -> CloudPc | None:
        if there.beside is None or there.beside.generation != generation or not there.beside.being_built:
            return None
        return abandoned(there, failure, at=at, clean_up_at=at + delay)

    try:
        await dependencies().cloud_pcs.change(pc.tenant_id, pc.id, edit)
    except NotFoundError:
        return False
    return True
