"""The record of a replacement: it has taken the place of the current machine, or it is given up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from activities.operations.audit import fail_operation, record_audit_event, succeed_operation
from shared.contracts.builds import RECORD_REPLACED, OfBuild, ProvisionedRecord
from shared.contracts.outcomes import Done, Superseded
from shared.contracts.provisioning import ABANDON_REPLACEMENT, AbandonOrder
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Failure, Step
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.cloud_pcs.replacing import abandoned, replaced
from shared.errors import NotFoundError
from shared.services.cloud_pcs.remote_actions import shortest_frequency
from shared.services.operations.estimating import learn
from shared.storage.cloud_pcs import StepEnd
from shared.storage.due import DueKind, cancel_due, grace_due, restore_point_due
from shared.workflow import Blueprint, implements

bp = Blueprint()

_SOON = timedelta(minutes=5)
"""Time until the resources of an unwanted build are cleaned up."""


@bp.activity_trigger(input_name="payload")
@implements(RECORD_REPLACED)
async def record_replaced(record: ProvisionedRecord) -> Done | Superseded:
    """Record that the new machine is the Cloud PC's, and that the old one is to be cleaned up."""
    deps = dependencies()
    found = await deps.cloud_pcs.find(record.tenant_id, record.cloud_pc_id)
    if found is None:
        return Superseded()
    at, after = deps.clock.now(), found.value
    if after.current.generation != record.generation:
        if not _is_being_built(after, record):
            return Superseded()
        tenant = await deps.tenants.get(record.tenant_id)
        clean_up_at = at + tenant.value.settings.clean_up_delay
        await _put_removal_due(after, record)
        await deps.due.put(DueKind.CLEAN_UP, clean_up_at, after.tenant_id, after.id, after.current.generation)
        await end_last_steps(record, after.replacement.step if after.replacement else None)
        await put_restore_point_due(after, at)

        def edit(pc: CloudPc) -> CloudPc | None:
            if not _is_being_built(pc, record):
                return None
            return replaced(pc, record.resources, record.warnings, at=at, clean_up_at=clean_up_at)

        after = await deps.cloud_pcs.change(record.tenant_id, record.cloud_pc_id, edit, known=found)
        if after.current.generation != record.generation:
            return Superseded()
        await learn(deps, after.tenant_id, after.id, after.current, at)
    current = after.current
    changed = {
        "status": after.status.value,
        "generation": current.generation,
        "computerName": current.resources.computer_name,
    }
    await record_audit_event(
        after.tenant_id, ("cloudPC", after.id), "replace", changed, at=at, run=f"replace/{record.generation}"
    )
    result = {"cloudPcId": after.id, "status": after.status.value}
    await succeed_operation(record.tenant_id, current.operation_id, result, at)
    return Done()


def _is_being_built(pc: CloudPc, of: OfBuild) -> bool:
    return pc.being_replaced and pc.build(of.generation) is pc.replacement


async def _put_removal_due(pc: CloudPc, record: ProvisionedRecord) -> None:
    """Write the due row of the new generation, if the Cloud PC is being taken out of use."""
    new = pc.with_current(generation=record.generation)
    due = cancel_due(new) if pc.status is Status.DEPROVISIONING else grace_due(new)
    if due is not None:
        await dependencies().due.put_all([due])


async def put_restore_point_due(pc: CloudPc, at: datetime) -> None:
    """Write the due row of the next scheduled restore point, if anybody of the tenant has a schedule."""
    tenant = await dependencies().tenants.find(pc.tenant_id)
    if tenant is not None and (every := await shortest_frequency(dependencies(), tenant.value)):
        await dependencies().due.put_all([restore_point_due(pc, every, at)])


async def end_last_steps(record: ProvisionedRecord, last: Step | None) -> None:
    """Close the entries of the timeline that no step after them will close. *last*: that is being made."""
    last = last or Step.ASSIGN_USER
    of: dict[str, Any] = {"generation": record.generation, "attempt": record.attempt, "at": dependencies().clock.now()}
    timeline = dependencies().timeline
    if record.warnings:
        text = "; ".join(f"{warning.step}: {warning.message}" for warning in record.warnings)
        warned = StepEnd(**of, step=Step.CONFIGURE_WINDOWS, outcome="warned", note=text)
        await timeline.end(record.tenant_id, record.cloud_pc_id, warned)
    made = record.resources.made_in(last)
    end = StepEnd(**of, step=last, outcome="succeeded", resource_ids=made)
    await timeline.end(record.tenant_id, record.cloud_pc_id, end)


@bp.activity_trigger(input_name="payload")
@implements(ABANDON_REPLACEMENT)
async def abandon_replacement(order: AbandonOrder) -> Done:
    """Give up a build that has no place to take any more; its resources are cleaned up soon."""
    found = await dependencies().cloud_pcs.find(order.tenant_id, order.cloud_pc_id)
    if found is not None:
        message = f"The Cloud PC is {found.value.status.value}: no other machine is built for it."
        cancelled = Failure(code="cancelled", message=message, retriable=False)
        await give_up_replacement(found.value, order.generation, cancelled, _SOON)
    return Done()


async def give_up_replacement(pc: CloudPc, generation: int, failure: Failure, delay: timedelta) -> bool:
    """Record that a replacement is given up; its resources are cleaned up after *delay*.

    False: there is no replacement.
    """
    at = dependencies().clock.now()
    build = pc.replacement
    if build is None or build.generation != generation:
        return False
    if build.unfinished:
        # Before the record: a record without its clean-up would keep its leftovers for ever. And where nothing was
        # made, the record afterwards no longer knows the operation.
        await dependencies().due.put(DueKind.CLEAN_UP, at + delay, pc.tenant_id, pc.id, generation)
        changed = {"generation": generation, "code": failure.code, "message": failure.message}
        await record_audit_event(
            pc.tenant_id, ("cloudPC", pc.id), "replaceFailed", changed, at=at, run=f"replaceFailed/{generation}"
        )
        await fail_operation(pc.tenant_id, build.operation_id, failure, at)

    def edit(there: CloudPc) -> CloudPc | None:
        if there.replacement is None or there.replacement.generation != generation or not there.being_replaced:
            return None
        return abandoned(there, failure, at=at, clean_up_at=at + delay)

    try:
        await dependencies().cloud_pcs.change(pc.tenant_id, pc.id, edit)
    except NotFoundError:
        return False
    return True
