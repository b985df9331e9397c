"""Grace periods by hand: end, extend, hold; and confirming a removal that the brake has stopped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from pydantic import Field

from shared.contracts.deprovisioning import DEPROVISION, DeprovisionOrder
from shared.domain import naming
from shared.domain.cloud_pc import CloudPc, Grace
from shared.domain.lifecycle import Status
from shared.domain.operation import Operation
from shared.domain.values import Value
from shared.errors import ConflictError
from shared.services.action_context import ActionContext
from shared.services.reconciling import reconcile_users
from shared.storage.due import DueKind, grace_due
from shared.storage.repository import Stored
from shared.workflow import DurableClient, start

END_GRACE = "endGracePeriod"


class ExtendForm(Value):
    """How much longer a grace period lasts."""

    hours: int = Field(ge=1, le=8760, description="1 to 8760")


class HoldForm(Value):
    """Whether a grace period stands still; the time for which it stood still is not lost."""

    held: bool = True


async def end_grace(context: ActionContext, client: DurableClient, cloud_pc_id: str) -> Operation:
    """End a grace period now; return the operation that tells how it goes, also when somebody has ended it already.

    Raises: ConflictError outside of a grace period.
    """
    deps, tenant = context.deps, context.tenant
    before = (await deps.cloud_pcs.get(tenant.id, cloud_pc_id)).value
    if before.operation_id != context.operation_id:
        _grace_of(before)
        if (ending := await _being_ended(context, before)) is not None:
            return ending
    operation = await context.open_operation(END_GRACE, cloud_pc_id)
    await deps.due.put(DueKind.DEPROVISION, context.now, tenant.id, cloud_pc_id, before.generation)

    def edit(pc: CloudPc) -> CloudPc:
        if pc.operation_id == operation.id:
            return pc
        grace = _grace_of(pc)
        if pc.operation_id != before.operation_id:
            raise ConflictError("somebody else is ending its grace period just now", status=pc.status.value)
        ended = grace.but(ends_at=context.now, held_at=None)
        return pc.but(grace=ended, operation_id=operation.id, last_modified_date_time=context.now)

    after = await context.change_cloud_pc(operation, before, edit)
    await context.audit("cloudPC", cloud_pc_id, before=before, after=after)
    order = DeprovisionOrder(tenant_id=tenant.id, cloud_pc_id=cloud_pc_id, generation=after.generation)
    await deprovision(client, order)
    return operation


async def _being_ended(context: ActionContext, pc: CloudPc) -> Operation | None:
    """Return the operation by which somebody is ending the grace period, None when nobody is."""
    if pc.operation_id is None or not _grace_of(pc).over(context.now):
        return None
    found = await context.deps.operations.find(pc.tenant_id, pc.operation_id)
    return found.value if found and found.value.kind == END_GRACE and not found.value.ended else None


async def deprovision(client: DurableClient, order: DeprovisionOrder) -> bool:
    """Start to take a Cloud PC out of use, if its record says that it is time; False: that runs already."""
    instance_id = naming.instance_id(order.tenant_id, order.cloud_pc_id, "deprovision", order.generation)
    return await start(client, DEPROVISION, order, instance_id=instance_id)


async def lengthen_grace(context: ActionContext, stored: Stored[CloudPc], hours: int) -> CloudPc:
    """Let a grace period last longer; the very same request does that once. Raises: ConflictError outside of one."""
    extension = context.new_id("extension")

    def extend(grace: Grace) -> Grace:
        if grace.extended_by == extension:
            return grace
        return grace.extend(timedelta(hours=hours), context.now).but(extended_by=extension)

    return await change_grace(context, stored, extend)


async def change_grace(context: ActionContext, stored: Stored[CloudPc], change: Callable[[Grace], Grace]) -> CloudPc:
    """Change a grace period, and before that the promise of its end. Raises: ConflictError outside of one."""
    deps, before = context.deps, stored.value
    if (changed := change(_grace_of(before))) == before.grace:
        return before
    wanted = before.but(grace=changed, last_modified_date_time=context.now)
    if due := grace_due(wanted):
        await deps.due.put_all([due])
    after = (await deps.cloud_pcs.replace(wanted, seen=stored.etag)).value
    await context.audit("cloudPC", before.id, before=before, after=after)
    return after


def _grace_of(pc: CloudPc) -> Grace:
    if pc.status is not Status.IN_GRACE_PERIOD or pc.grace is None:
        raise ConflictError(f"it has no grace period; it is {pc.status.value}", status=pc.status.value)
    return pc.grace


async def confirm_removal(context: ActionContext, client: DurableClient, cloud_pc_id: str) -> CloudPc:
    """Confirm a removal that waits; the user is read anew and planned. Raises: ConflictError when none waits."""
    deps, tenant = context.deps, context.tenant
    before = (await deps.cloud_pcs.get(tenant.id, cloud_pc_id)).value

    def edit(pc: CloudPc) -> CloudPc | None:
        if pc.removal is None:
            raise ConflictError("no removal of it waits to be confirmed", status=pc.status.value)
        if pc.removal.confirmed_by:
            return None
        return pc.but(removal=pc.removal.but(confirmed_by=context.actor.name), last_modified_date_time=context.now)

    after = await deps.cloud_pcs.change(tenant.id, cloud_pc_id, edit)
    await context.audit("cloudPC", cloud_pc_id, before=before, after=after)
    await reconcile_users(client, tenant.id, (after.user.id,), origin=f"confirm/{context.trace_id}/{cloud_pc_id}")
    return after
