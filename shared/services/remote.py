"""Remote actions by hand: what happens to the machine of a Cloud PC that works; and its name."""

from __future__ import annotations

from dataclasses import dataclass

from shared.contracts.configuration import rerunning_instance
from shared.contracts.remote_actions import RUN_REMOTE_ACTION, machine_of, remote_instance, remote_order
from shared.domain.cloud_pc import CloudPc
from shared.domain.operation import Operation
from shared.domain.remote_action import Remote, RemoteAction
from shared.domain.remote_action_run import begun
from shared.domain.restore_points import BY_HAND_KEPT
from shared.errors import ConflictError
from shared.services.action_context import ActionContext
from shared.storage.due import ACT_EVERY, DueKind
from shared.workflow import DurableClient, is_alive, start

_RENAME = {"rename": "Write down the name"}


@dataclass(frozen=True, slots=True)
class Wish:
    """Which action. *administrator*: what the user is to become; *restore_point_id*: where to go back to."""

    name: Remote
    administrator: bool | None = None
    restore_point_id: str | None = None


def refusal(pc: CloudPc, wish: Wish) -> str | None:
    """Return why the action is not possible as far as the record tells, None when it is."""
    if pc.occupied:
        return pc.occupied
    if not wish.name.allows(pc.status):
        return f"it is {pc.status.value}"
    if machine_of(pc) is None or pc.snapshot is None:
        return "its machine is not known"
    ready = {point.id for point in pc.restore_points if point.status == "ready"}
    if wish.name is Remote.RESTORE and wish.restore_point_id not in ready:
        return "it has no such restore point"
    return None


async def act(context: ActionContext, client: DurableClient, cloud_pc_id: str, wish: Wish) -> Operation:
    """Begin a remote action; return the operation that tells how it goes.

    The record says that it is at work before anything begins: there is never a second one, and a sweep goes on with
    one that broke off. Raises: ConflictError when it is not possible now; nothing has happened then.
    """
    deps, tenant = context.deps, context.tenant
    before = (await deps.cloud_pcs.get(tenant.id, cloud_pc_id)).value
    if (heard := await heard_before(context, before)) is not None:
        await go_on(client, before)
        return heard
    if why := refusal(before, wish):
        raise ConflictError(why, status=before.status.value)
    await refuse_while_rerunning(client, before)
    operation = await context.open_operation(wish.name.value, cloud_pc_id)
    await deps.due.put(DueKind.ACT, context.now + ACT_EVERY, tenant.id, cloud_pc_id, before.generation)
    if wish.name is Remote.CREATE_SNAPSHOT:
        await deps.due.put(DueKind.RESTORE_POINT, context.now + BY_HAND_KEPT, tenant.id, cloud_pc_id)

    point_id = context.new_id("restorePoint") if wish.name is Remote.CREATE_SNAPSHOT else wish.restore_point_id
    action = RemoteAction(
        name=wish.name,
        operation_id=operation.id,
        begun_at=context.now,
        administrator=wish.administrator,
        restore_point_id=point_id,
    )

    def edit(pc: CloudPc) -> CloudPc:
        if why := refusal(pc, wish):
            raise ConflictError(why, status=pc.status.value)
        return begun(pc, action)

    after = await context.change_cloud_pc(operation, before, edit)
    await context.audit("cloudPC", cloud_pc_id, before=before, after=after)
    await go_on(client, after)
    return operation


async def heard_before(context: ActionContext, pc: CloudPc) -> Operation | None:
    """Return the operation that this very request has begun before, None when it has not come so far."""
    operation = await context.opened_before()
    if operation is None:
        return None
    at_work = operation.id in {work.operation_id for work in (pc.action, pc.swap) if work is not None}
    return operation if at_work or operation.steps or operation.ended else None


async def refuse_while_rerunning(client: DurableClient, pc: CloudPc) -> None:
    """Raise ConflictError while a post-provisioning step of *pc* runs again."""
    if await is_alive(client, rerunning_instance(pc)):
        raise ConflictError("steps of this Cloud PC are being run again", status=pc.status.value)


async def go_on(client: DurableClient, pc: CloudPc) -> bool:
    """Start what the record says is at work; return False when it runs already, or there is nothing."""
    order, instance_id = remote_order(pc), remote_instance(pc)
    if order is None or instance_id is None:
        return False
    return await start(client, RUN_REMOTE_ACTION, order, instance_id=instance_id)


async def rename(context: ActionContext, cloud_pc_id: str, display_name: str) -> Operation:
    """Give a Cloud PC another name for people to see; its computer's stays. Return the operation, which is over."""
    deps, tenant = context.deps, context.tenant
    before = (await deps.cloud_pcs.get(tenant.id, cloud_pc_id)).value
    operation = await context.open_operation("rename", cloud_pc_id)

    def edit(pc: CloudPc) -> CloudPc | None:
        if pc.display_name == display_name:
            return None
        return pc.but(display_name=display_name, last_modified_date_time=context.now)

    after = await deps.cloud_pcs.change(tenant.id, cloud_pc_id, edit)
    await context.audit("cloudPC", cloud_pc_id, before=before, after=after)
    result = {"cloudPcId": cloud_pc_id, "displayName": display_name}

    def end(there: Operation) -> Operation:
        return there.at_step("rename", _RENAME, percent=0, at=context.now).succeeded(result, context.now)

    return await deps.operations.change(tenant.id, operation.id, end)
