"""Session hosts: listed, acted on by people, and the tasks that do it."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from shared.contracts.session_hosts import RUN_HOST_TASK, HostTaskOrder, host_task_instance
from shared.dependencies import Dependencies
from shared.domain.operations.operation import Operation, ResourceType
from shared.domain.spot.groups.actions import HostAction
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.hosts.host import HostStatus, HostTask, HostWindows, SessionHost, begin_task, windows_of
from shared.domain.spot.hosts.sessions import DesktopSession, Notice, SessionNames
from shared.domain.values import Value, amount
from shared.errors import ConflictError, InvalidError, NotFoundError, Problem
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Resource, begin_operation, make_change
from shared.services.operations.sweeps import AGAIN_AFTER, end_stalled
from shared.services.operations.writes import RecordWrite, WriteEffect, change
from shared.services.spot.reconciling import ENGINE
from shared.services.spot.sessions import sessions_by_host, sessions_of, set_open, sign_off_session, tell_users
from shared.storage.due import Due, DueKind
from shared.storage.repository import Stored
from shared.workflow import DurableClient, start

_log = logging.getLogger("deskwright.sweeps")

_CHECK_EVERY = DueKind.HOST.checked_after


async def start_host_task(
    deps: Dependencies,
    client: DurableClient,
    host: SessionHost,
    task: HostTask,
    *,
    reason: str = "",
    operation_id: str | None = None,
) -> SessionHost:
    """Start a task and return the updated host; a running task is left alone.

    The due row is written first: whatever is cut off after it is begun again by the sweep. Raises: ConflictError when
    another task runs, NotFoundError, IllegalTransitionError.
    """
    now = deps.clock.now()
    await deps.due.put(DueKind.HOST, now + _CHECK_EVERY, host.tenant_id, host.id, host.run + 1)

    def edit(there: SessionHost) -> SessionHost | None:
        return begin_task(there, task, at=now, reason=reason, operation_id=operation_id)

    begun = await deps.session_hosts.change(host.tenant_id, host.id, edit)
    await _start(client, begun)
    return begun


async def _start(client: DurableClient, host: SessionHost, *, broken_off: bool = False) -> bool:
    instance_id = host_task_instance(host)
    if host.work is None or instance_id is None:
        return False
    order = HostTaskOrder(
        tenant_id=host.tenant_id,
        spot_group_id=host.spot_group_id,
        session_host_id=host.id,
        task=host.work.task,
        run=host.work.run,
        broken_off=broken_off,
    )
    return await start(client, RUN_HOST_TASK, order, instance_id=instance_id)


async def _longest_wait(deps: Dependencies, tenant_id: str) -> timedelta:
    """Return the longest that a step of a task may take: a tenant may let a join or an enrolment take hours."""
    tenant = await deps.tenants.find(tenant_id)
    if tenant is None:
        return RUN_HOST_TASK.longest_wait
    settings = tenant.value.settings
    minutes = max(settings.hybrid_join_wait_in_minutes, settings.enrollment_wait_in_minutes)
    return max(RUN_HOST_TASK.longest_wait, timedelta(minutes=minutes))


async def host_task_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Restart a task that broke off or stalled; a running task is left alone."""
    found = await deps.session_hosts.find(due.tenant_id, due.subject_id)
    if found is None or found.value.work is None or found.value.work.run != due.run:
        return None
    host, now = found.value, deps.clock.now()
    instance_id = host_task_instance(host)
    longest = await _longest_wait(deps, due.tenant_id)
    if instance_id and await end_stalled(client, RUN_HOST_TASK, instance_id, now, longest):
        return now + AGAIN_AFTER
    late = host.work is not None and now - host.work.begun_at >= _CHECK_EVERY
    if await _start(client, host, broken_off=late) and late:
        _log.warning("a task of host %s/%s had broken off; begun again", due.tenant_id, host.id)
    return now + _CHECK_EVERY


_TASKS = {HostAction.RESTART: HostTask.RESTART, HostAction.REMOVE: HostTask.REMOVE}
OPERATIONS = {HostTask.RESTART: "restartSessionHost", HostTask.REMOVE: "removeSessionHost"}


async def hosts_of(context: ActionContext, group: SpotGroup) -> list[SessionHost]:
    """Return the hosts of a group, in the order in which they were planned."""
    found = await context.deps.session_hosts.of_group(group.tenant_id, group.id)
    return sorted(found, key=lambda host: (host.created_date_time, host.id))


async def settings_of(context: ActionContext, group: SpotGroup) -> HostWindows | None:
    """Return the Windows settings of a group's hosts, None if its connection is gone."""
    connection = await context.deps.connections.find(group.tenant_id, group.connection_id)
    return windows_of(group, connection.value.join_type) if connection else None


async def host_of(context: ActionContext, group: SpotGroup, host_id: str) -> Stored[SessionHost]:
    """Return one host of a group. Raises: NotFoundError."""
    stored = await context.deps.session_hosts.get(group.tenant_id, host_id)
    if stored.value.spot_group_id != group.id:
        raise NotFoundError("there is no such session host")
    return stored


def refusal(host: SessionHost, action: HostAction) -> str | None:
    """Return why *action* is not possible on a host by its record, None when it is."""
    if action in {HostAction.DRAIN, HostAction.UNDRAIN} and host.status is not HostStatus.READY:
        return f"the host is {host.status.value}, not ready"
    task = _TASKS.get(action)
    if task is None:
        return None
    try:
        begun = begin_task(host, task, at=host.last_modified_date_time)
    except ConflictError as why:
        return str(why)
    return None if begun else f"the host is busy: {task.value} runs"


async def drain_host(
    context: ActionContext, client: DurableClient, stored: Stored[SessionHost], *, drained: bool
) -> SessionHost:
    """Let a host have no new sessions until a person says otherwise, or give it back to the engine.

    The record is written first: the engine closes a host that a person drains. Raises: ConflictError.
    """
    if why := refusal(stored.value, HostAction.DRAIN if drained else HostAction.UNDRAIN):
        raise ConflictError(why)
    changed = await _change(context, client, stored, drained_by_hand=drained)
    if drained:
        await set_open(context.deps, changed, is_open=False)
    return changed


async def exclude_host(
    context: ActionContext, client: DurableClient, stored: Stored[SessionHost], *, excluded: bool
) -> SessionHost:
    """Let the engine leave a host alone, or take it back."""
    return await _change(context, client, stored, excluded=excluded)


async def _change(
    context: ActionContext, client: DurableClient, stored: Stored[SessionHost], **flag: bool
) -> SessionHost:
    before, deps = stored.value, context.deps

    def edit(host: SessionHost) -> SessionHost | None:
        after = host.but(**flag)
        return None if after == host else after.but(last_modified_date_time=context.now)

    return await make_change(
        context,
        Resource(ResourceType.SESSION_HOST, before.id),
        change(before, edit, partial(deps.session_hosts.change, before.tenant_id, before.id, known=stored)),
        **ENGINE.after(context, client, before.spot_group_id),
    )


async def begin_host_task(
    context: ActionContext, client: DurableClient, host: SessionHost, task: HostTask, *, confirmed: bool
) -> Operation:
    """Restart or remove a host at an administrator's request, unless sessions would end without a confirmation.

    Raises: ConflictError with the number of sessions that end by it, unless that is *confirmed*; and when the host is
    doing something else.
    """
    sessions = 0 if confirmed else len(await sessions_of(context.deps, host))
    if sessions:
        message = f"{amount(sessions, 'session')} on it would end; tell the users, and repeat it with confirm=true"
        raise ConflictError(message, wouldEnd={"sessions": sessions})

    async def apply() -> WriteEffect[SessionHost]:
        there = (await context.deps.session_hosts.get(host.tenant_id, host.id)).value
        ours = there.work is not None and there.work.operation_id == context.operation_id
        if not ours and (why := refusal(there, HostAction(task.value))):
            raise ConflictError(why, status=there.status.value)
        begun = await start_host_task(
            context.deps, client, there, task, reason=context.actor.name, operation_id=context.operation_id
        )
        return WriteEffect(begun, host, begun)

    write = RecordWrite(apply, host, host, of_record=False)
    resource = Resource(ResourceType.SESSION_HOST, host.id)
    return (await begin_operation(context, OPERATIONS[task], resource, write)).operation


async def sessions_of_group(context: ActionContext, group: SpotGroup) -> list[DesktopSession]:
    """Return the sessions on all hosts of a group, as Azure shows them now, with their users."""
    by_host = await sessions_by_host(context.deps, await hosts_of(context, group))
    members = context.deps.spot_members.each(group.tenant_id, group_id=group.id)
    names = SessionNames([each.value async for each in members])
    found = [session for _, sessions in by_host for session in sessions]
    return [each.but(user_id=names.owner(each.user_principal_name)) for each in found]


class SessionCount(Value):
    """Number of sessions that an action was done to."""

    sessions: int


async def message_sessions(
    context: ActionContext, group: SpotGroup, ids: Sequence[str] | None, notice: Notice
) -> SessionCount:
    """Show a message to the users of these sessions, of all when *ids* is None. Raises: InvalidError."""
    chosen = await _chosen(context, group, ids)

    async def apply() -> WriteEffect[SessionCount]:
        told = 0
        for host, sessions in chosen:
            told += await tell_users(context.deps, host, sessions, notice)
        return WriteEffect(SessionCount(sessions=told), None, SessionCount(sessions=told))

    resource = Resource(ResourceType.SPOT_GROUP, group.id)
    return await make_change(context, resource, RecordWrite(apply, None, group, of_record=False))


async def log_off_sessions(
    context: ActionContext, client: DurableClient, group: SpotGroup, ids: Sequence[str]
) -> SessionCount:
    """Sign off these sessions, without further notice. Raises: InvalidError."""
    chosen = await _chosen(context, group, ids)

    async def apply() -> WriteEffect[SessionCount]:
        for host, sessions in chosen:
            for session in sessions:
                await sign_off_session(context.deps, host, session)
        done = SessionCount(sessions=sum(len(sessions) for _, sessions in chosen))
        return WriteEffect(done, None, done)

    resource = Resource(ResourceType.SPOT_GROUP, group.id)
    counted = await make_change(context, resource, RecordWrite(apply, None, group, of_record=False))
    await ENGINE.start(client, group.tenant_id, group.id)
    return counted


async def _chosen(
    context: ActionContext, group: SpotGroup, ids: Sequence[str] | None
) -> list[tuple[SessionHost, list[DesktopSession]]]:
    """Return the sessions of some ids by host. Raises: InvalidError where one of them is not there."""
    found = await sessions_by_host(context.deps, await hosts_of(context, group))
    there = {each.id for _, sessions in found for each in sessions}
    missing = [n for n, each in enumerate(ids or ()) if each not in there]
    if missing:
        raise InvalidError(*(Problem(f"/sessionIds/{n}", "there is no such session; list them anew") for n in missing))
    wanted = there if ids is None else set(ids)
    chosen = [(host, [each for each in sessions if each.id in wanted]) for host, sessions in found]
    return [(host, sessions) for host, sessions in chosen if sessions]
