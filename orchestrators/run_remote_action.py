"""Do something to the machine of a Cloud PC that works: reboot, troubleshoot, account type, restore points, size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from orchestrators.post_provisioning import LOCAL_ADMINISTRATOR, configure_windows
from orchestrators.remote_action_run import Acting, ActionFailedError, ActionSupersededError
from orchestrators.resizing import resize
from orchestrators.restoring import create_restore_point, delete_restore_points, restore
from orchestrators.troubleshooting import troubleshoot
from shared.contracts.configuration import REMOVE_LOCAL_ADMINISTRATOR, ConfigurationOrder
from shared.contracts.machines import VM_POLL
from shared.contracts.remote_actions import BEGIN_RESTART, RUN_REMOTE_ACTION, RemoteEnded, RemoteOrder
from shared.domain.cloud_pc import Failure
from shared.domain.remote_action import Remote
from shared.workflow import Blueprint, Context, Steps, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(RUN_REMOTE_ACTION)
def run_remote_action(ctx: Context, order: RemoteOrder) -> Steps[RemoteEnded]:
    """Do a remote action: (1) its steps, (2) what has come of it is written down, and the next one may begin.

    Begun again after it broke off, it does its steps once more; each finds what is done already.
    """
    acting = Acting(ctx, order)
    try:
        result = yield from _PROCEDURES[order.name](acting)  # (1)
    except ActionFailedError as failed:
        yield from acting.end(failure=failed.failure)  # (2)
        return RemoteEnded(outcome="failed")
    except ActionSupersededError:
        return RemoteEnded(outcome="superseded")
    yield from acting.end(result=result)  # (2)
    return RemoteEnded(outcome="succeeded")


def reboot(acting: Acting) -> Steps[dict[str, Any]]:
    """Restart the machine, and wait until it answers."""
    yield from acting.begin("restart")
    yield from acting.run_to_completion(BEGIN_RESTART, acting.order.machine, VM_POLL)
    yield from acting.begin("answer")
    yield from acting.wait_until_it_answers()
    return {}


def change_account_type(acting: Acting) -> Steps[dict[str, Any]]:
    """Make the user a local administrator, or a standard user again. Raises: ActionFailedError."""
    order = acting.order
    step = LOCAL_ADMINISTRATOR if order.administrator else REMOVE_LOCAL_ADMINISTRATOR
    yield from acting.begin("configure")
    wanted = ConfigurationOrder(machine=order.machine, steps=(step,), local_administrator=order.account)
    warnings = yield from configure_windows(acting.ctx, wanted)
    if wrong := [warning.message for warning in warnings if warning.step == step]:
        raise ActionFailedError(Failure(code="stepFailed", message=f"{step}: {wrong[0]}"))
    return {"userAccountType": "administrator" if order.administrator else "standardUser"}


_PROCEDURES: Mapping[Remote, Callable[[Acting], Steps[dict[str, Any]]]] = MappingProxyType(
    {
        Remote.REBOOT: reboot,
        Remote.TROUBLESHOOT: troubleshoot,
        Remote.CHANGE_USER_ACCOUNT_TYPE: change_account_type,
        Remote.CREATE_SNAPSHOT: create_restore_point,
        Remote.RESTORE: restore,
        Remote.RESIZE: resize,
        Remote.DELETE_SNAPSHOTS: delete_restore_points,
    }
)
