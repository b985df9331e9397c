"""Changing a session host's power, and ending its sessions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from orchestrators.parts.spot.host_removing import HostRun
from orchestrators.parts.work import WorkFailedError
from shared.contracts.definitions import Activity
from shared.contracts.desktops import SIGN_OFF, ForgetSessionHostOrder
from shared.contracts.machines import BEGIN_DEALLOCATE, DELETE_POLL, VM_POLL, Machine
from shared.contracts.outcomes import Accepted, Done, Refused
from shared.contracts.remote_actions import BEGIN_RESTART, BEGIN_START
from shared.contracts.session_hosts import (
    BEGIN_HIBERNATE,
    BEGIN_HOST_CONFIGURATION,
    CLOSE_HOST,
    HOST_SCRIPT_POLL,
    LATE_ARRIVALS,
    OPEN_HOST,
    POLL_SERVING,
    READ_HOST_CONFIGURATION,
    SERVING_POLL,
    SESSIONS_IN_THE_WAY,
    HostConfigurationOrder,
    HostConfigured,
    HostSessions,
    HostSessionsOrder,
    HostTaskDone,
)
from shared.domain.cloud_pcs.build import Failure
from shared.domain.spot.hosts.host import HostTask, ProfileContainers
from shared.domain.values import amount
from shared.workflow import Steps, pause


def machine_of(run: HostRun) -> Machine:
    """Return the machine of a host that has been built."""
    return run.job.left or run.job.machine


def in_pool(run: HostRun) -> HostSessionsOrder:
    """Return the order about the host in the group's pool."""
    job = run.job
    return HostSessionsOrder(machine=machine_of(run), host_pool_id=job.host_pool_id, domain_name=job.domain_name)


def start_host(run: HostRun) -> Steps[HostTaskDone]:
    """Start the machine, and wait until its agent serves; whether it takes new sessions does not change.

    One with other settings than its group is brought to them before anybody comes to it.
    """
    if run.job.windows is not None:
        return (yield from configure_host(run))
    try:
        operation = yield from run.do(BEGIN_START, machine_of(run))
        yield from run.finish(machine_of(run), operation, VM_POLL)
        yield from run.wait(POLL_SERVING, in_pool(run), SERVING_POLL)
    except WorkFailedError as failed:
        return (yield from run.end(failed.failure))
    return (yield from run.end())


def stop_host(run: HostRun) -> Steps[HostTaskDone]:
    """Deallocate the machine, unless somebody has a session on it, active or disconnected."""
    return (yield from _rest(run, BEGIN_DEALLOCATE, keeps_sessions=False))


def hibernate_host(run: HostRun) -> Steps[HostTaskDone]:
    """Hibernate the machine, unless somebody works on it: sessions that are only disconnected survive."""
    return (yield from _rest(run, BEGIN_HIBERNATE, keeps_sessions=True))


def _rest(
    run: HostRun, begin: Activity[Machine, Accepted | Done, Refused], *, keeps_sessions: bool
) -> Steps[HostTaskDone]:
    """Stop the machine without losing a session.

    (1) Let nobody sign in any more, (2) wait for those that the broker has just sent, (3) read the sessions: with one
    that would be lost nothing is stopped; (4) stop. (5) A host with a user of its own takes sessions again: signing in
    starts it.
    """
    try:
        yield from run.do(CLOSE_HOST, in_pool(run))  # (1)
        yield from pause(run.ctx, LATE_ARRIVALS)  # (2)
        sessions = yield from run.do(CLOSE_HOST, in_pool(run))  # (3)
        lost = _in_the_way(sessions, keeps_disconnected=keeps_sessions)
        if lost is None:
            operation = yield from run.do(begin, machine_of(run))  # (4)
            yield from run.finish(machine_of(run), operation, DELETE_POLL)
        if run.job.assigned_user_id is not None:
            yield from run.do(OPEN_HOST, in_pool(run))  # (5)
    except WorkFailedError as failed:
        return (yield from run.end(failed.failure))
    return (yield from run.end(lost))


def _in_the_way(sessions: HostSessions, *, keeps_disconnected: bool) -> Failure | None:
    lost = sessions.active if keeps_disconnected else sessions.active + sessions.disconnected
    if lost == 0:
        return None
    message = f"{amount(lost, 'session')} would be lost: {sessions.active} active, {sessions.disconnected} disconnected"
    return Failure(code=SESSIONS_IN_THE_WAY, message=message)


def restart_host(run: HostRun) -> Steps[HostTaskDone]:
    """Restart the machine, or start it, and wait until its agent serves.

    The engine restarts no host with sessions; a person who asks for it has been told of them.
    """
    try:
        if not run.job.by_hand:
            sessions = yield from run.do(CLOSE_HOST, in_pool(run))
            if (lost := _in_the_way(sessions, keeps_disconnected=False)) is not None:
                return (yield from run.end(lost))
        operation = yield from run.do(BEGIN_RESTART, machine_of(run))
        yield from run.finish(machine_of(run), operation, VM_POLL)
        yield from run.wait(POLL_SERVING, in_pool(run), SERVING_POLL)
    except WorkFailedError as failed:
        return (yield from run.end(failed.failure))
    return (yield from run.end())


def sign_off_host(run: HostRun) -> Steps[HostTaskDone]:
    """Let nobody sign in any more, sign off everybody, and see that nobody is there; they have had their notice."""
    order = ForgetSessionHostOrder(
        machine=machine_of(run), host_pool_id=run.job.host_pool_id, domain_name=run.job.domain_name
    )
    try:
        yield from run.do(SIGN_OFF, order)
        yield from pause(run.ctx, LATE_ARRIVALS)
        yield from run.do(SIGN_OFF, order)
        left = _in_the_way((yield from run.do(CLOSE_HOST, in_pool(run))), keeps_disconnected=False)
    except WorkFailedError as failed:
        return (yield from run.end(failed.failure))
    return (yield from run.end(left))


def configure_host(run: HostRun) -> Steps[HostTaskDone]:
    """Bring the Windows of a host to its group's settings.

    (1) Where they must not change under a session, let nobody sign in any more, start the machine, and see that nobody
    works on it. (2) See that it reaches the share of the profiles: else it keeps what it has; profiles on its own
    disk need no share. (3) Configure Windows. (4) A host that was open, or is a user's own, takes sessions again,
    however it ended.
    """
    job, failure, configured, opens = run.job, None, None, run.job.assigned_user_id is not None
    if job.windows is None:
        return (yield from run.end())
    order = HostConfigurationOrder(machine=machine_of(run), windows=job.windows)
    try:
        if job.when_empty:
            opens = (yield from run.do(CLOSE_HOST, in_pool(run))).was_open or opens  # (1)
            failure = yield from _start_empty(run)
        if failure is None and job.windows.containers is ProfileContainers.ON:
            failure = _unreached((yield from run_configuration(run, order.but(only_reach=True))))  # (2)
        if failure is None:
            configured = yield from run_configuration(run, order)  # (3)
    except WorkFailedError as failed:
        failure = failed.failure
    try:
        if job.when_empty and opens:
            yield from run.do(OPEN_HOST, in_pool(run))  # (4)
    except WorkFailedError as failed:
        failure = failure or failed.failure
    return (yield from run.end(failure, configured))


def _start_empty(run: HostRun) -> Steps[Failure | None]:
    """Start the machine of a drained host, or leave it running; return which sessions are in the way."""
    operation = yield from run.do(BEGIN_START, machine_of(run))
    yield from run.finish(machine_of(run), operation, VM_POLL)
    yield from run.wait(POLL_SERVING, in_pool(run), SERVING_POLL)
    yield from pause(run.ctx, LATE_ARRIVALS)
    return _in_the_way((yield from run.do(CLOSE_HOST, in_pool(run))), keeps_disconnected=False)


def run_configuration(run: HostRun, order: HostConfigurationOrder) -> Steps[HostConfigured]:
    """Run the script that configures Windows, and return its report. Raises: WorkFailedError."""
    operation = yield from run.do(BEGIN_HOST_CONFIGURATION, order)
    yield from run.finish(order.machine, operation, HOST_SCRIPT_POLL)
    return (yield from run.wait(READ_HOST_CONFIGURATION, order, HOST_SCRIPT_POLL))


def _unreached(found: HostConfigured) -> Failure | None:
    if found.unreached is None:
        return None
    return Failure(
        code="profilesUnreached",
        message="The host does not reach the share of the profiles; it keeps the settings that it has.",
        evidence=found.unreached,
        advice="Correct the profile path of the Spot Group, or let its network reach the share.",
    )


CHANGES: Mapping[HostTask, Callable[[HostRun], Steps[HostTaskDone]]] = MappingProxyType(
    {
        HostTask.START: start_host,
        HostTask.STOP: stop_host,
        HostTask.HIBERNATE: hibernate_host,
        HostTask.RESTART: restart_host,
        HostTask.SIGN_OFF: sign_off_host,
        HostTask.CONFIGURE: configure_host,
    }
)
"""Procedures for a host that has been built, by task."""
