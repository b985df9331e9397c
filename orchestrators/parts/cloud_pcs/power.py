"""The power of a Cloud PC's machine: start it, or stop it without losing a session."""

from __future__ import annotations

from contextlib import suppress

from orchestrators.parts.cloud_pcs.remote_actions import RemoteActionRun
from orchestrators.parts.cloud_pcs.resizing import start_with_own_or_other
from orchestrators.parts.work import WorkFailedError
from shared.contracts.definitions import Json
from shared.contracts.machines import BEGIN_DEALLOCATE, VM_POLL
from shared.contracts.power import ALLOW_START_ON_CONNECT
from shared.contracts.remote_actions import BEGIN_START
from shared.contracts.session_hosts import (
    BEGIN_HIBERNATE,
    CLOSE_HOST,
    LATE_ARRIVALS,
    OPEN_HOST,
    SESSIONS_IN_THE_WAY,
    HostSessionsOrder,
)
from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.values import amount
from shared.workflow import Steps, pause

_NEED_WINDOWS = frozenset({Remote.TROUBLESHOOT, Remote.CHANGE_USER_ACCOUNT_TYPE})
"""The actions for which Windows has to run."""

_CHANGE_HARDWARE = frozenset({Remote.RESTORE, Remote.RESIZE})
"""The actions that change the size or the disk of a machine, which Azure refuses while it is hibernated."""

_PUT_BACK = _NEED_WINDOWS | {Remote.RESTORE}
"""The actions after which a machine that was off before is stopped again."""


def power_on(run: RemoteActionRun) -> Steps[Json]:
    """Start the machine, with another size of its plan where Azure refuses its own, and wait until it answers."""
    yield from run.begin("start")
    if run.order.plan is None or not run.order.elsewhere:
        yield from run.run_to_completion(BEGIN_START, run.order.machine, VM_POLL)
    else:
        yield from start_with_own_or_other(run, run.order.plan)
    yield from run.begin("answer")
    yield from run.wait_until_it_answers()
    return {"powerState": "running", **({"vmSize": run.size} if run.size else {})}


def power_off(run: RemoteActionRun) -> Steps[Json]:
    """Deallocate or hibernate the machine, unless somebody is active on it.

    (1) See that the user can start it by signing in. (2) Let nobody sign in any more, wait for those that the broker
    has just sent, and read the sessions; with an active one nothing is stopped, unless that is forced. (3) Stop. (4)
    However it ended, the user may sign in again, which starts the machine.
    """
    order = in_pool(run)
    yield from run.begin("close")
    if order is not None:
        yield from run.do(ALLOW_START_ON_CONNECT, order)  # (1)
    yield from then_open(run, order, _close_and_stop(run, order))  # (2) (3) (4)
    return {"powerState": "poweredOff"}


def _close_and_stop(run: RemoteActionRun, order: HostSessionsOrder | None) -> Steps[None]:
    yield from close_host(run, order)
    yield from run.begin("stop")
    yield from _stop(run, order)


def then_open(run: RemoteActionRun, order: HostSessionsOrder | None, work: Steps[None]) -> Steps[None]:
    """Do *work* on a machine that is closed, and let the user sign in again, however it ends. Raises: *work*'s."""
    try:
        yield from work
    except WorkFailedError:
        with suppress(WorkFailedError):
            yield from _open_host(run, order)
        raise
    yield from run.begin("open")
    yield from _open_host(run, order)


def wake(run: RemoteActionRun) -> Steps[None]:
    """Start a machine that is off on purpose, for an action that needs Windows. Raises: as ``wait``.

    A hibernated machine cannot be changed in Azure: it is started for that, too.
    """
    if run.order.rests and run.order.hibernates and run.order.name in _CHANGE_HARDWARE:
        yield from run.run_to_completion(BEGIN_START, run.order.machine, VM_POLL)
    elif run.order.rests and run.order.name in _NEED_WINDOWS:
        yield from run.run_to_completion(BEGIN_START, run.order.machine, VM_POLL)
        yield from run.wait_until_it_answers()


def rest(run: RemoteActionRun) -> Steps[None]:
    """Stop a machine that was off on purpose before the action, unless its user has come meanwhile.

    What prevents it is no failure of the action: the engine of power stops the machine later.
    """
    if not run.order.rests or run.order.name not in _PUT_BACK:
        return
    order = in_pool(run)
    with suppress(WorkFailedError):
        yield from close_host(run, order)
        yield from _stop(run, order)
        run.rests = True
    with suppress(WorkFailedError):
        yield from _open_host(run, order)


def _stop(run: RemoteActionRun, order: HostSessionsOrder | None) -> Steps[None]:
    """Hibernate the machine if its schedule says so; deallocate it otherwise, or where it cannot be hibernated.

    An attempt to hibernate takes minutes: who has reconnected to their session meanwhile is not stopped.
    """
    machine = run.order.machine
    if run.order.hibernates:
        try:
            yield from run.run_to_completion(BEGIN_HIBERNATE, machine, VM_POLL)
        except WorkFailedError as failed:
            run.hibernated, run.unhibernated = False, failed.failure.message
            yield from _refuse_active(run, order)
        else:
            run.hibernated = True
            return
    yield from run.run_to_completion(BEGIN_DEALLOCATE, machine, VM_POLL)


def close_host(run: RemoteActionRun, order: HostSessionsOrder | None) -> Steps[None]:
    """Let nobody sign in to the machine. Raises: WorkFailedError with an active session, unless it is forced."""
    if order is None:
        return
    yield from run.do(CLOSE_HOST, order)
    yield from pause(run.ctx, LATE_ARRIVALS)
    yield from _refuse_active(run, order)


def _refuse_active(run: RemoteActionRun, order: HostSessionsOrder | None) -> Steps[None]:
    """Read the sessions once more. Raises: WorkFailedError with an active one, unless it is forced."""
    if order is None:
        return
    sessions = yield from run.do(CLOSE_HOST, order)
    if sessions.active and not run.order.force:
        message = f"{amount(sessions.active, 'active session')} would be lost"
        advice = "Ask the user to sign out, or stop it by force."
        raise WorkFailedError(Failure(code=SESSIONS_IN_THE_WAY, message=message, advice=advice))


def _open_host(run: RemoteActionRun, order: HostSessionsOrder | None) -> Steps[None]:
    if order is not None:
        yield from run.do(OPEN_HOST, order)


def in_pool(run: RemoteActionRun) -> HostSessionsOrder | None:
    """Return the order about the machine's session host, or None without a pool."""
    machine, pool = run.order.machine, run.order.host_pool_id
    return HostSessionsOrder(machine=machine, host_pool_id=pool) if pool else None
