"""Seal a version that an administrator has customised."""

from __future__ import annotations

from orchestrators.parts.images.version_sealing import seal
from orchestrators.parts.images.versions import VersionWork, give_up
from orchestrators.parts.work import WorkFailedError
from shared.contracts.image_versions import (
    CLOSE_WAY_IN,
    SEAL_VERSION,
    SEALING_STEPS,
    WAY_IN_POLL,
    VersionBuilt,
    VersionOrder,
)
from shared.contracts.machines import AGENT_POLL, POLL_AGENT, VM_POLL
from shared.contracts.remote_actions import BEGIN_START
from shared.workflow import Blueprint, Context, Steps, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(SEAL_VERSION)
def seal_image_version(ctx: Context, order: VersionOrder) -> Steps[VersionBuilt]:
    """Seal a version: available, or failed with the evidence and nothing left behind.

    (1) Close the way in, (2) start the machine if it was shut down, (3) seal it. Where that is not possible (4) remove
    whatever there is and record why. What broke off after the capture continues behind it.
    """
    work = VersionWork(ctx, order, SEALING_STEPS)
    machine = order.machine
    try:
        if order.captured is None:
            yield from work.begin("closeWayIn")
            yield from work.wait(CLOSE_WAY_IN, machine, WAY_IN_POLL)  # (1)
            yield from work.finish(machine, (yield from work.do(BEGIN_START, machine)), VM_POLL)  # (2)
            yield from work.wait(POLL_AGENT, machine, AGENT_POLL)
        return (yield from seal(work))  # (3)
    except WorkFailedError as failed:
        return (yield from give_up(work, failed.failure))  # (4)
