"""Remote actions on the machine of a Cloud PC, its restore points, and its display name.

Each Cloud PC has a due row of its own, so that a sweep reads only those whose time has come. None of this has an
operation: nobody waits for one, and a fleet would fill the table with them.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from shared.contracts.calls import on_behalf_of
from shared.contracts.provisioning import rerunning_instance
from shared.contracts.remote_actions import RUN_REMOTE_ACTION, machine_of, remote_instance, remote_order
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING, Status
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.cloud_pcs.remote_action_run import begun
from shared.domain.cloud_pcs.temporary_size import TemporarySize
from shared.domain.cloud_pcs.user_setting import own_frequencies
from shared.domain.machines.restore_points import BY_HAND_KEPT, is_time, next_moment, obsolete
from shared.domain.operations.operation import Operation, ResourceType
from shared.domain.power.state import PowerHold
from shared.domain.tenants.tenant import Tenant
from shared.errors import ConflictError, NotFoundError, RefusedError, UnavailableError
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, begin_operation, resume_operation
from shared.services.operations.sweeps import AGAIN_AFTER, end_stalled
from shared.services.operations.writes import change, change_cloud_pc
from shared.services.policies.user_settings import setting_among
from shared.storage.due import ACT_EVERY, EVERYBODY, Due, DueKind, restore_point_due
from shared.workflow import DurableClient, is_alive, start

NO_SUCH_POINT = "it has no such restore point"
_RENAME = {"rename": "Write down the name"}
_log = logging.getLogger("deskwright.sweeps")


@dataclass(frozen=True, slots=True)
class RemoteActionRequest:
    """A requested action.

    *administrator*: the account type of the user; *restore_point_id*: the point to restore. *hold*, *force*: the power
    that is wanted, also if the user is active. *temporary_size*: that the machine gets for a time.
    """

    name: Remote
    administrator: bool | None = None
    restore_point_id: str | None = None
    hold: PowerHold | None = None
    force: bool | None = None
    temporary_size: TemporarySize | None = None


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
    action = await _requested(context, before, request)

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


async def _requested(context: ActionContext, pc: CloudPc, request: RemoteActionRequest) -> RemoteAction:
    """Return the action that is requested, as the record of a Cloud PC shows it."""
    found = await context.deps.cloud_pc_powers.find(pc.tenant_id, pc.id)
    power = found.value if found else None
    point_id = context.new_id("restorePoint") if request.name is Remote.CREATE_SNAPSHOT else request.restore_point_id
    return RemoteAction(
        name=request.name,
        operation_id=context.operation_id,
        begun_at=context.now,
        administrator=request.administrator,
        restore_point_id=point_id,
        hold=request.hold,
        force=request.force,
        temporary_size=request.temporary_size,
        rests=(power is not None and power.rests) or None,
        hibernates=(power is not None and power.hibernated and request.name is not Remote.POWER_OFF) or None,
        elsewhere=(power is not None and request.name is Remote.POWER_ON and power.starts_elsewhere) or None,
    )


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
    """Resume a remote action that broke off, or begin an action that a plan has saved; leave a running action alone."""
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


_LATER = timedelta(minutes=15)
"""Time until the next check of a Cloud PC with another action, or whose user's groups cannot be read."""

_LOOK_AGAIN = timedelta(days=1)
"""Time until the next look at a Cloud PC without restore points, while settings of other users have an interval."""

_BUILT = WORKING | {Status.RESTORING, Status.RESIZING}


async def restore_points_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Make a due restore point, or remove expired ones; return the time of the next check."""
    found = await deps.tenants.find(due.tenant_id)
    if found is None:
        return None
    tenant, now = found.value, deps.clock.now()
    if due.subject_id == EVERYBODY:
        await _promise_all(deps, tenant, now)
        return None
    stored = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    if stored is None or stored.value.status not in _BUILT:  # the next build promises the next restore point
        return None
    pc = stored.value
    try:
        every, others = await _frequency(deps, tenant, pc)
    except (UnavailableError, RefusedError) as error:
        _log.warning("the groups of the user of %s/%s could not be read: %s", pc.tenant_id, pc.id, error)
        return now + _LATER
    name = _what(pc, every, now)
    if name is not None:
        if refusal(pc, RemoteActionRequest(name)) is not None:
            return now + _LATER
        await begin_automatic_action(deps, client, pc, name, due)
    again = every or (_LOOK_AGAIN if others else None)
    return next_moment(pc.id, again, now) if again else None


async def _frequency(deps: Dependencies, tenant: Tenant, pc: CloudPc) -> tuple[timedelta | None, bool]:
    """Return the interval of restore points of *pc*, None for never, and whether users' settings set any interval.

    The directory is asked only where they do. Raises: as the directory.
    """
    usual = tenant.settings.restore_point_every
    settings = [stored.value async for stored in deps.user_settings.each(tenant.id)]
    if not own_frequencies(settings):
        return usual, False
    try:
        with on_behalf_of(tenant.id):
            setting = await setting_among(deps, tenant, pc.user.id, settings)
    except NotFoundError:  # nobody of this id is in the directory any more
        return usual, True
    return (setting.restore_point_setting.frequency_type.every if setting else None) or usual, True


def _what(pc: CloudPc, every: timedelta | None, now: datetime) -> Remote | None:
    if every is not None and is_time(pc.current.restore_points, every, now):
        return Remote.CREATE_SNAPSHOT
    return Remote.DELETE_SNAPSHOTS if obsolete(pc.current.restore_points, now) else None


async def begin_automatic_action(
    deps: Dependencies, client: DurableClient, pc: CloudPc, name: Remote, due: Due
) -> None:
    """Begin a remote action by the service itself; the action of a due row that comes twice begins once."""
    now, seed = deps.clock.now(), (pc.tenant_id, pc.id, due.at.isoformat())
    action = RemoteAction(
        name=name,
        operation_id=naming.derived_id("automatic", *seed),
        begun_at=now,
        restore_point_id=naming.derived_id("restorePoint", *seed) if name is Remote.CREATE_SNAPSHOT else None,
        automatic=True,
    )
    await begin_automatically(deps, client, pc, action)


async def begin_automatically(deps: Dependencies, client: DurableClient, pc: CloudPc, action: RemoteAction) -> None:
    """Begin a remote action that has no operation, unless the record allows it no more."""
    now = deps.clock.now()
    await deps.due.put(DueKind.ACT, now + ACT_EVERY, pc.tenant_id, pc.id, pc.current.generation)

    def edit(there: CloudPc) -> CloudPc | None:
        other = there.current.generation != pc.current.generation
        if other or refusal(there, RemoteActionRequest(action.name)) is not None:
            return None
        return begun(there, action)

    await start_action(client, await deps.cloud_pcs.change(pc.tenant_id, pc.id, edit))


async def shortest_frequency(deps: Dependencies, tenant: Tenant) -> timedelta | None:
    """Return the shortest interval of restore points of any user of a tenant, or None if no user has them."""
    settings = [stored.value async for stored in deps.user_settings.each(tenant.id)]
    usual = tenant.settings.restore_point_every
    return min([*own_frequencies(settings), *([usual] if usual else [])], default=None)


async def _promise_all(deps: Dependencies, tenant: Tenant, now: datetime) -> None:
    """Promise the next restore point of every Cloud PC there is, as after a change of a setting."""
    every = await shortest_frequency(deps, tenant)
    built = [stored.value async for stored in deps.cloud_pcs.each(tenant.id) if stored.value.status in _BUILT]
    await deps.due.put_all([restore_point_due(pc, every, now) for pc in built] if every else [])
