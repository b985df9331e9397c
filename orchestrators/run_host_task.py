"""Do one task of a session host, for the engine or a person: build it, start or stop it, sign off, remove it."""

from __future__ import annotations

from orchestrators.parts.machines.builds import park
from orchestrators.parts.spot.host_building import build_host, parking
from orchestrators.parts.spot.host_changes import CHANGES
from orchestrators.parts.spot.host_removing import HostRun, remove_host
from orchestrators.parts.work import SupersededError
from shared.contracts.outcomes import NoCapacity, Superseded
from shared.contracts.session_hosts import BEGIN_HOST_TASK, RUN_HOST_TASK, HostTaskDone, HostTaskOrder
from shared.domain.spot.hosts.host import HostTask
from shared.workflow import Blueprint, Context, Steps, call, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(RUN_HOST_TASK)
def run_host_task(ctx: Context, order: HostTaskOrder) -> Steps[HostTaskDone]:
    """Do one task of one session host. One execution of a build is one attempt.

    (1) Read what the task is about: the host, its group, its connection; without a healthy connection a build waits.
    (2) Build the host, (3) remove it, or (4) change its power or its sessions. A task whose host does something else
    by now, or is gone, is over.
    """
    job = yield from call(ctx, BEGIN_HOST_TASK, order)  # (1)
    if isinstance(job, Superseded):
        return HostTaskDone(outcome="superseded")
    if isinstance(job, NoCapacity):
        return (yield from park(ctx, parking(ctx, order), job))
    run = HostRun(ctx, order, job)
    try:
        match order.task:
            case HostTask.BUILD:
                return (yield from build_host(run))  # (2)
            case HostTask.REMOVE:
                return (yield from remove_host(run))  # (3)
            case change:
                return (yield from CHANGES[change](run))  # (4)
    except SupersededError:
        return HostTaskDone(outcome="superseded")
