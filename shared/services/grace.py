"""Grace periods: ended, extended, held, released; and confirming a removal that the brake has stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from pydantic import Field

from shared.contracts.deprovisioning import DEPROVISION, DeprovisionOrder
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.intent import ResourceType
from shared.domain.operations.operation import Operation
from shared.domain.values import Value
from shared.errors import ConflictError
from shared.services.action_context import ActionContext
from shared.services.intents import Resource, begin_operation, make_change, resume_operation
from shared.services.reconciling import reconcile_users
from shared.services.stalling import AGAIN_AFTER, end_stalled, start_watched
from shared.services.writes import change, change_cloud_pc, replacement
from shared.storage.due import Due, DueKind, grace_due
from shared.storage.repository import Stored
from shared.workflow import DurableClient

END_GRACE = "endGracePeriod"


class ExtendForm(Value):
    """Hours by which a grace period is extended."""

    hours: int = Field(ge=1, le=8760, description="1 to 8760")


class HoldForm(Value):
    """Whether a grace period is held; the time for which it was held is added to it."""

    held: bool = True


async def end_grace(context: ActionContext, client: DurableClient, cloud_pc_id: str) -> Operation:
    """End a grace period now; return its operation, also when it is being ended already.

    Raises: ConflictError outside of a grace period.
    """
    deps, tenant = context.deps, context.tenant
    resource = Resource(ResourceType.CLOUD_PC, cloud_pc_id)
    before = (await context.cloud_pc(cloud_pc_id)).value
    order = DeprovisionOrder(tenant_id=tenant.id, cloud_pc_id=cloud_pc_id, generation=before.current.generation)
    start = partial(deprovision, deps, client, order)
    resumed = await resume_operation(context, resource, start, begun=lambda id_: before.current.operation_id == id_)
    if resumed is not None:
        return resumed
    _grace_of(before)
    if (ending := await _being_ended(context, before)) is not None:
        return ending

    def edit(pc: CloudPc) -> CloudPc:
        grace = _grace_of(pc)
        if pc.current.operation_id != before.current.operation_id:
            raise ConflictError("somebody else is ending its grace period just now", status=pc.status.value)
        ended = grace.but(ends_at=context.now, held_at=None)
        return pc.with_current(operation_id=context.operation_id).but(grace=ended, last_modified_date_time=context.now)

    promise = partial(deps.due.put, DueKind.DEPROVISION, context.now, tenant.id, cloud_pc_id, before.current.generation)
    write = change_cloud_pc(context, before, edit)
    begun = await begin_operation(context, END_GRACE, resource, write, promise=promise, start=lambda _: start())
    return begun.operation


async def _being_ended(context: ActionContext, pc: CloudPc) -> Operation | None:
    """Return the operation by which somebody is ending the grace period, None when nobody is."""
    if pc.current.operation_id is None or not _grace_of(pc).over(context.now):
        return None
    found = await context.deps.operations.find(pc.tenant_id, pc.current.operation_id)
    return found.value if found and found.value.kind == END_GRACE and not found.value.ended else None


async def is_ended_by_hand(deps: Dependencies, pc: CloudPc) -> bool:
    """Whether a person has asked for the end of its grace period."""
    if pc.current.operation_id is None:
        return False
    found = await deps.operations.find(pc.tenant_id, pc.current.operation_id)
    return found is not None and found.value.kind == END_GRACE and not found.value.ended


async def deprovision(deps: Dependencies, client: DurableClient, order: DeprovisionOrder) -> bool:
    """Start to take a Cloud PC out of use, if its record says that it is time; False: that runs already."""
    instance_id = _instance(order)
    return await start_watched(deps, client, DEPROVISION, order, tenant_id=order.tenant_id, instance_id=instance_id)


def _instance(order: DeprovisionOrder) -> str:
    return naming.instance_id(order.tenant_id, order.cloud_pc_id, "deprovision", order.generation)


async def deprovision_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Start to take a Cloud PC out of use; the workflow checks in the record whether it is time."""
    order = DeprovisionOrder(tenant_id=due.tenant_id, cloud_pc_id=due.subject_id, generation=due.generation)
    if await end_stalled(client, DEPROVISION, _instance(order), deps.clock.now()):
        return deps.clock.now() + AGAIN_AFTER
    await deprovision(deps, client, order)
    return None  # the workflow writes the next due row itself


async def lengthen_grace(context: ActionContext, stored: Stored[CloudPc], hours: int) -> CloudPc:
    """Let a grace period last longer; the very same request does that once. Raises: ConflictError outside of one."""
    extension = context.new_id("extension")

    def extend(grace: Grace) -> Grace:
        if grace.extended_by == extension:
            return grace
        return grace.extend(timedelta(hours=hours), context.now).but(extended_by=extension)

    return await change_grace(context, stored, extend)


async def change_grace(context: ActionContext, stored: Stored[CloudPc], edit: Callable[[Grace], Grace]) -> CloudPc:
    """Change a grace period, and before that the promise of its end. Raises: ConflictError outside of one."""
    deps, before = context.deps, stored.value
    changed = edit(_grace_of(before))
    after = (
        before
        if changed == before.grace
        else before.but(grace=changed, held_back=None, last_modified_date_time=context.now)
    )
    if after == before and not context.repeatable:
        return before
    due = grace_due(after)
    promise = partial(deps.due.put_all, [due]) if due else None
    write = replacement(stored, after, deps.cloud_pcs.replace)
    return (await make_change(context, Resource(ResourceType.CLOUD_PC, before.id), write, promise=promise)).value


def refusal(pc: CloudPc) -> str | None:
    """Return why there is no grace period of *pc* to change, None when there is one."""
    if pc.status is Status.IN_GRACE_PERIOD and pc.grace is not None:
        return None
    return f"it has no grace period; it is {pc.status.value}"


def _grace_of(pc: CloudPc) -> Grace:
    if (why := refusal(pc)) is None and pc.grace is not None:
        return pc.grace
    raise ConflictError(why or "it has no grace period", status=pc.status.value)


async def confirm_removal(context: ActionContext, client: DurableClient, cloud_pc_id: str) -> CloudPc:
    """Confirm a removal that waits; the user is read and planned again. Raises: ConflictError when none waits."""
    deps, tenant = context.deps, context.tenant
    before = (await deps.cloud_pcs.get(tenant.id, cloud_pc_id)).value

    def edit(pc: CloudPc) -> CloudPc | None:
        if pc.removal is None:
            raise ConflictError("no removal of it waits to be confirmed", status=pc.status.value)
        if pc.removal.confirmed_by:
            return None
        return pc.but(removal=pc.removal.but(confirmed_by=context.actor.name), last_modified_date_time=context.now)

    origin = f"confirm/{context.trace_id}/{cloud_pc_id}"
    return await make_change(
        context,
        Resource(ResourceType.CLOUD_PC, cloud_pc_id),
        change(before, edit, partial(deps.cloud_pcs.change, tenant.id, cloud_pc_id)),
        start=lambda after: reconcile_users(deps, client, tenant.id, (after.user.id,), origin=origin),
    )
