"""Remote actions: what a person does to the machine of a Cloud PC that works; and its display name."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from shared.contracts.configuration import rerunning_instance
from shared.contracts.remote_actions import RUN_REMOTE_ACTION, machine_of, remote_instance, remote_order
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.cloud_pcs.remote_action_run import begun
from shared.domain.intent import ResourceType
from shared.domain.machines.restore_points import BY_HAND_KEPT
from shared.domain.operations.operation import Operation
from shared.errors import ConflictError
from shared.services.action_context import ActionContext
from shared.services.intents import Resource, begin_operation, resume_operation
from shared.services.stalling import AGAIN_AFTER, end_stalled
from shared.services.writes import change, change_cloud_pc
from shared.storage.due import ACT_EVERY, Due, DueKind
from shared.workflow import DurableClient, is_alive, start

NO_SUCH_POINT = "it has no such restore point"
_RENAME = {"rename": "Write down the name"}
_log = logging.getLogger("deskwright.sweeps")


@dataclass(frozen=True, slots=True)
class RemoteActionRequest:
    """A requested action. *administrator*: the account type of the user; *restore_point_id*: the point to restore."""

    name: Remote
    administrator: bool | None = None
    restore_point_id: str | None = None


def refusal(pc: CloudPc, request: RemoteActionRequest) -> str | None:
    """Return why the action is not possible by its record, None when it is."""
    if pc.occupied:
        return pc.occupied
    if not request.name.allows(pc.status):
        return f"it is {pc.status.value}"
    if machine_of(pc) is None or pc.current.snapshot is None:
        return "its machine is not known"
    ready = {point.id for point in pc.current.restore_points if point.status == "ready"}
    if request.name is Remote.RESTORE and request.restore_point_id not in ready:
        return NO_SUCH_POINT
    return None


async def act(
    context: ActionContext, client: DurableClient, cloud_pc_id: str, request: RemoteActionRequest
) -> Operation:
    """Begin a remote action; return its operation.

    The record shows the action before anything begins: there is never a second one, and a sweep resumes one that broke
    off. Raises: ConflictError when it is not possible now; nothing has happened then.
    """
    deps, tenant, resource = context.deps, context.tenant, Resource(ResourceType.CLOUD_PC, cloud_pc_id)
    before = (await context.cloud_pc(cloud_pc_id)).value
    if (resumed := await resume_action(context, client, before)) is not None:
        return resumed
    if why := refusal(before, request):
        raise ConflictError(why, status=before.status.value)
    await refuse_while_rerunning(client, before)
    point_id = context.new_id("restorePoint") if request.name is Remote.CREATE_SNAPSHOT else request.restore_point_id
    action = RemoteAction(
        name=request.name,
        operation_id=context.operation_id,
        begun_at=context.now,
        administrator=request.administrator,
        restore_point_id=point_id,
    )

    async def promise() -> None:
        await deps.due.put(DueKind.ACT, context.now + ACT_EVERY, tenant.id, cloud_pc_id, before.current.generation)
        if request.name is Remote.CREATE_SNAPSHOT:
            await deps.due.put(DueKind.RESTORE_POINT, context.now + BY_HAND_KEPT, tenant.id, cloud_pc_id)

    def edit(pc: CloudPc) -> CloudPc:
        if why := refusal(pc, request):
            raise ConflictError(why, status=pc.status.value)
        return begun(pc, action)

    done = await begin_operation(
        context,
        request.name.value,
        resource,
        change_cloud_pc(context, before, edit),
        promise=promise,
        start=partial(start_action, client),
    )
    return done.operation


async def resume_action(context: ActionContext, client: DurableClient, pc: CloudPc) -> Operation | None:
    """Complete the remote action that this very request has begun before; return its operation, None if there is none.

    A resize is begun also while it waits for its licence.
    """
    return await resume_operation(
        context,
        Resource(ResourceType.CLOUD_PC, pc.id),
        partial(start_action, client, pc),
        begun=lambda id_: id_ in {work.operation_id for work in (pc.action, pc.swap) if work is not None},
    )


async def refuse_while_rerunning(client: DurableClient, pc: CloudPc) -> None:
    """Raise ConflictError while a post-provisioning step of *pc* runs again."""
    if await is_alive(client, rerunning_instance(pc)):
        raise ConflictError("steps of this Cloud PC are being run again", status=pc.status.value)


async def start_action(client: DurableClient, pc: CloudPc) -> bool:
    """Start the remote action that the record shows; return False when it runs already, or there is none."""
    order, instance_id = remote_order(pc), remote_instance(pc)
    if order is None or instance_id is None:
        return False
    return await start(client, RUN_REMOTE_ACTION, order, instance_id=instance_id)


async def action_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Resume a remote action that broke off, and begin one that a plan has saved; a running action is left alone."""
    found = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    if found is None or found.value.action is None or found.value.current.generation != due.generation:
        return None
    instance_id = remote_instance(found.value)
    if instance_id and await end_stalled(client, RUN_REMOTE_ACTION, instance_id, deps.clock.now()):
        return deps.clock.now() + AGAIN_AFTER
    late = deps.clock.now() - found.value.action.begun_at >= ACT_EVERY
    if await start_action(client, found.value) and late:
        _log.warning("%s of %s/%s had broken off; resumed", found.value.action.name, due.tenant_id, due.subject_id)
    return deps.clock.now() + ACT_EVERY


async def rename(context: ActionContext, cloud_pc_id: str, display_name: str) -> Operation:
    """Give a Cloud PC another name for people to see; its computer's stays. Return the operation, which is over."""
    deps, tenant = context.deps, context.tenant
    before = (await context.cloud_pc(cloud_pc_id)).value

    def edit(pc: CloudPc) -> CloudPc | None:
        if pc.display_name == display_name and pc.renamed:
            return None
        return pc.but(display_name=display_name, renamed=True, last_modified_date_time=context.now)

    result = {"cloudPcId": cloud_pc_id, "displayName": display_name}

    def end(there: Operation) -> Operation:
        return there.at_step("rename", _RENAME, percent=0, at=context.now).succeeded(result, context.now)

    await begin_operation(
        context,
        "rename",
        Resource(ResourceType.CLOUD_PC, cloud_pc_id),
        change(before, edit, partial(deps.cloud_pcs.change, tenant.id, cloud_pc_id)),
        start=lambda _: deps.operations.change(tenant.id, context.operation_id, end),
    )
    return (await deps.operations.get(tenant.id, context.operation_id)).value
