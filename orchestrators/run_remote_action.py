"""Do something to the machine of a Cloud PC that works, in the steps of the remote action in its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from orchestrators.parts.cloud_pcs.assignment import configure_windows
from orchestrators.parts.cloud_pcs.power import power_off, power_on, rest, wake
from orchestrators.parts.cloud_pcs.remote_actions import (
    RemoteActionRun,
    create_restore_point,
    delete_restore_points,
    restore,
    troubleshoot,
)
from orchestrators.parts.cloud_pcs.resizing import resize
from orchestrators.parts.cloud_pcs.temporary_sizes import change_size
from orchestrators.parts.cloud_pcs.warning import warn
from orchestrators.parts.work import SupersededError, WorkFailedError
from shared.contracts.definitions import Json
from shared.contracts.machines import VM_POLL
from shared.contracts.provisioning import ConfigurationOrder
from shared.contracts.remote_actions import BEGIN_RESTART, RUN_REMOTE_ACTION, RemoteEnded, RemoteOrder
from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.remote_action import Remote
from shared.domain.cloud_pcs.windows_steps import LOCAL_ADMINISTRATOR, REMOVE_LOCAL_ADMINISTRATOR
from shared.workflow import Blueprint, Context, Steps, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(RUN_REMOTE_ACTION)
def run_remote_action(ctx: Context, order: RemoteOrder) -> Steps[RemoteEnded]:
    """Do a remote action: (1) start a machine that is off on purpose, (2) do the steps, (3) stop it again.

    (4) Record how it ended; then the next one may begin. (0) Before all that: warn in the sessions that it interrupts.

    Started again after it broke off, it does its steps once more; each finds what is done already.
    """
    run = RemoteActionRun(ctx, order)
    try:
        yield from warn(ctx, order.warning)  # (0)
        yield from wake(run)  # (1)
        result = yield from _PROCEDURES[order.name](run)  # (2)
        yield from rest(run)  # (3)
    except WorkFailedError as failed:
        yield from rest(run)  # (3)
        yield from run.end(failure=failed.failure)  # (4)
        return RemoteEnded(outcome="failed")
    except SupersededError:
        return RemoteEnded(outcome="superseded")
    yield from run.end(result=result)  # (4)
    return RemoteEnded(outcome="succeeded")


def reboot(run: RemoteActionRun) -> Steps[Json]:
    """Restart the machine, and wait until it answers."""
    yield from run.begin("restart")
    yield from run.run_to_completion(BEGIN_RESTART, run.order.machine, VM_POLL)
    yield from run.begin("answer")
    yield from run.wait_until_it_answers()
    return {}


def change_account_type(run: RemoteActionRun) -> Steps[Json]:
    """Make the user a local administrator, or a standard user again. Raises: WorkFailedError."""
    order = run.order
    step = LOCAL_ADMINISTRATOR if order.administrator else REMOVE_LOCAL_ADMINISTRATOR
    yield from run.begin("configure")
    wanted = ConfigurationOrder(machine=order.machine, steps=(step,), local_administrator=order.account)
    warnings = yield from configure_windows(run.ctx, wanted, run.waiting)
    if wrong := [warning.message for warning in warnings if warning.step == step]:
        raise WorkFailedError(Failure(code="stepFailed", message=f"{step}: {wrong[0]}"))
    return {"userAccountType": "administrator" if order.administrator else "standardUser"}


_PROCEDURES: Mapping[Remote, Callable[[RemoteActionRun], Steps[Json]]] = MappingProxyType(
    {
        Remote.REBOOT: reboot,
        Remote.TROUBLESHOOT: troubleshoot,
        Remote.CHANGE_USER_ACCOUNT_TYPE: change_account_type,
        Remote.CREATE_SNAPSHOT: create_restore_point,
        Remote.RESTORE: restore,
        Remote.RESIZE: resize,
        Remote.RESIZE_TEMPORARILY: change_size,
        Remote.DELETE_SNAPSHOTS: delete_restore_points,
        Remote.POWER_ON: power_on,
        Remote.POWER_OFF: power_off,
    }
)
