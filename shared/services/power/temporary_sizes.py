"""A larger size for a machine until a time: begun, prolonged and ended by hand, and taken back by itself.

The way back stops no active session: it waits until nobody is active, and sessions that cannot be read are in use.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from shared.contracts.calls import on_behalf_of
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.action_forms import TemporarySizeForm
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import REPLACEABLE
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.cloud_pcs.temporary_size import LONGEST, TemporarySize, why_not_larger
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.operations.operation import Operation, ResourceType
from shared.domain.power.state import ObservedPower
from shared.errors import ConflictError, InvalidError, Problem
from shared.services.cloud_pcs.machine_changes import refuse_while_paused, target_plan
from shared.services.cloud_pcs.remote_actions import (
    RemoteActionRequest,
    act,
    begin_automatically,
    refusal,
    resume_action,
)
from shared.services.directory.licenses import licenses
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, begin_operation
from shared.services.operations.writes import change_cloud_pc
from shared.services.policies.pausing import why_paused
from shared.services.power.acting import observed_power
from shared.services.power.at_once import succeed
from shared.services.power.sessions import session_reading
from shared.storage.due import Due, DueKind
from shared.workflow import DurableClient

_END = (Remote.RESIZE_TEMPORARILY.value, "Write down until when it has the size")
_BACK = RemoteActionRequest(Remote.RESIZE_TEMPORARILY)

LOOK_AGAIN = timedelta(minutes=15)
"""Time until the next look at a machine that cannot go back yet."""

TRY_AGAIN = timedelta(hours=1)
"""Time until the next try, should one fail."""


def refuses(pc: CloudPc, form: TemporarySizeForm) -> str | None:
    """Return why the action is not possible by the record, None when it is."""
    if why := refusal(pc, _BACK):
        return why
    if form.target_service_plan_id is None:
        return (
            None if pc.current.temporary_size else "it has no temporary size; name the service plan that it is to have"
        )
    return None if pc.status in REPLACEABLE else f"it is {pc.status.value}"


async def judge_temporary_sizes(
    context: ActionContext, form: TemporarySizeForm, fleet: Sequence[CloudPc]
) -> partial[str | None]:
    """Return the refusal for the form."""
    del fleet
    _check_end(context, form)
    target = await target_plan(context, form.target_service_plan_id) if form.target_service_plan_id else None
    return partial(_refused, form, target)


def _refused(form: TemporarySizeForm, target: ServicePlan | None, pc: CloudPc) -> str | None:
    return refuses(pc, form) or (why_not_larger(pc.plan, target) if target else None)


async def larger_plans(context: ActionContext, pc: CloudPc) -> tuple[str | None, tuple[str, ...]]:
    """Return why no temporary size of *pc* is possible by the records, and the service plans whose size it may have."""
    plans = (await licenses(context)).values()
    larger = tuple(plan.id for plan in plans if why_not_larger(pc.plan, plan) is None)
    if why := refuses(pc, TemporarySizeForm(target_service_plan_id=pc.plan.id)):
        return why, ()
    return (None, larger) if larger else ("no service plan of the tenant has larger hardware", ())


async def refuse_while_hibernated(context: ActionContext, client: DurableClient, pc: CloudPc) -> None:
    """Raise ConflictError while *pc* is known to be hibernated: its memory fits on no other size."""
    del client
    power = await context.deps.cloud_pc_powers.find(pc.tenant_id, pc.id)
    if power is not None and power.value.hibernated:
        raise ConflictError("it is hibernated; power it on first", status=pc.status.value)


async def resize_temporarily(
    context: ActionContext, client: DurableClient, pc_id: str, form: TemporarySizeForm
) -> Operation:
    """Give a Cloud PC the hardware of a larger plan until a time, or change that time; return the operation.

    Raises: InvalidError for a plan that is not there or an end that is none, ConflictError when it is not possible now.
    """
    pc = (await context.cloud_pc(pc_id)).value
    if (resumed := await resume_action(context, client, pc)) is not None:
        return resumed
    _check_end(context, form)
    target = await target_plan(context, form.target_service_plan_id) if form.target_service_plan_id else None
    if why := _refused(form, target, pc):
        raise ConflictError(why, status=pc.status.value)
    has = pc.current.temporary_size
    if target is None or form.until_date_time is None or (has is not None and has.plan.id == target.id):
        return await _change_end(context, pc, form.until_date_time or context.now)
    await refuse_while_hibernated(context, client, pc)
    await refuse_while_paused(context, client, pc)
    size = TemporarySize(
        plan=target,
        until=form.until_date_time,
        at=context.now,
        by=context.actor.name,
        operation_id=context.operation_id,
    )
    await _promise(context, pc, size.until)
    return await act(
        context, client, pc_id, RemoteActionRequest(Remote.RESIZE_TEMPORARILY, force=True, temporary_size=size)
    )


def _check_end(context: ActionContext, form: TemporarySizeForm) -> None:
    until = form.until_date_time
    if until is None:
        if form.target_service_plan_id is not None:
            raise InvalidError(Problem("/untilDateTime", "write until when it has the size"))
    elif not context.now < until <= context.now + LONGEST:
        message = f"write a time in the future, in at most {LONGEST.days} days"
        raise InvalidError(Problem("/untilDateTime", message))


async def _promise(context: ActionContext, pc: CloudPc, at: datetime) -> None:
    await context.deps.due.put(DueKind.TEMPORARY_SIZE, at, pc.tenant_id, pc.id, pc.current.generation)


async def _change_end(context: ActionContext, pc: CloudPc, until: datetime) -> Operation:
    """Let the temporary size end at another time; return the operation, which is over."""

    def edit(there: CloudPc) -> CloudPc:
        size = there.current.temporary_size
        if (why := refusal(there, _BACK)) or size is None or there.current.generation != pc.current.generation:
            raise ConflictError(why or "it has no temporary size any more", status=there.status.value)
        return there.with_current(temporary_size=size.ending(until)).but(last_modified_date_time=context.now)

    async def start(_: CloudPc) -> None:
        await succeed(context, pc, _END, {"untilDateTime": until.isoformat()})

    await begin_operation(
        context,
        Remote.RESIZE_TEMPORARILY.value,
        Resource(ResourceType.CLOUD_PC, pc.id),
        change_cloud_pc(context, pc, edit),
        promise=partial(_promise, context, pc, until),
        start=start,
    )
    return (await context.deps.operations.get(pc.tenant_id, context.operation_id)).value


async def temporary_size_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Give a machine the size of its own plan again once its time is over and nobody is active; return the next look.

    It is looked at until it has that size: whatever prevents it now is shown, and tried again.
    """
    found = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    if found is None or found.value.current.generation != due.generation:
        return None
    pc, now = found.value, deps.clock.now()
    size = pc.current.temporary_size
    if size is None:
        return None
    if now < size.until:
        return size.until
    with on_behalf_of(pc.tenant_id):
        judged, rests = await _judged(deps, pc, size, now)
    if judged != size:
        pc = await deps.cloud_pcs.change(pc.tenant_id, pc.id, partial(_noted, size, judged))
    if judged.waits or pc.current.temporary_size != judged:
        return now + LOOK_AGAIN
    action = RemoteAction(
        name=Remote.RESIZE_TEMPORARILY,
        operation_id=naming.derived_id("automatic", "temporarySize", pc.tenant_id, pc.id, due.at.isoformat()),
        begun_at=now,
        rests=rests or None,
        automatic=True,
    )
    await begin_automatically(deps, client, pc, action)
    return now + TRY_AGAIN


def _noted(before: TemporarySize, judged: TemporarySize, pc: CloudPc) -> CloudPc | None:
    """Return *pc* with why it waits, unless somebody has given it another end meanwhile."""
    return pc.with_current(temporary_size=judged) if pc.current.temporary_size == before else None


async def _judged(deps: Dependencies, pc: CloudPc, size: TemporarySize, now: datetime) -> tuple[TemporarySize, bool]:
    """Return *size* with why the machine cannot go back now, and whether it is off."""
    if why := refusal(pc, _BACK):
        return size.but(waits=why), False
    tenant = await deps.tenants.find(pc.tenant_id)
    if tenant is not None and (why := await why_paused(deps, tenant.value, pc)):
        return size.but(waits=why), False
    power = await observed_power(deps, pc)
    if power is ObservedPower.DEALLOCATED:
        return size.but(waits=None, quiet_since=None), True
    if power is not ObservedPower.RUNNING:
        return size.but(waits=f"its machine is {power.value}", quiet_since=None), False
    sessions = await session_reading(deps, pc)
    if sessions.found is None:
        return size.but(waits="its sessions cannot be read, and somebody may be active", quiet_since=None), False
    return size.why_kept(now, active=len(sessions.active), disconnected=len(sessions.disconnected)), False
