"""Build a version of an image set: its temporary machine, and without hands all that follows."""

from __future__ import annotations

from orchestrators.parts.images.capture import StepRecorder, create_temporary_machine
from orchestrators.parts.images.version_sealing import seal
from orchestrators.parts.images.versions import VersionWork, give_up, remove_everything
from orchestrators.parts.machines.machines import ensure_removed
from orchestrators.parts.work import WorkFailedError
from shared.contracts.image_versions import (
    BEGIN_RECIPE_STEP,
    BUILD_VERSION,
    READ_RECIPE_STEP,
    RECIPE_POLL,
    RecipeStepOrder,
    VersionBuilt,
    VersionOrder,
)
from shared.contracts.machines import AGENT_POLL, POLL_AGENT, VM_POLL
from shared.contracts.remote_actions import BEGIN_RESTART
from shared.domain.spot.images.image_version import VersionEvent
from shared.workflow import Blueprint, Context, Steps, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(BUILD_VERSION)
def build_image_version(ctx: Context, order: VersionOrder) -> Steps[VersionBuilt]:
    """Build a version: ready to be customised, or available, or failed with the evidence and nothing left behind.

    (1) Remove what a build that broke off has left, (2) create a temporary machine from the source where there is
    capacity; a managed image is imported before and the import removed after. By hand it ends here. Otherwise (3) run
    the recipe and (4) seal it. Where that is not possible (5) remove whatever there is and record why.
    """
    work = VersionWork(ctx, order, order.build_steps)
    try:
        if order.broken_off:
            ensure_removed((yield from remove_everything(work)))  # (1)
        yield from create_temporary_machine(work, order, StepRecorder(work))  # (2)
        yield from work.happened(VersionEvent.MACHINE_READY)
        if order.by_hand:
            return VersionBuilt(outcome="customizing")
        yield from customize(work)  # (3)
        yield from work.happened(VersionEvent.SEAL_BEGUN)
        return (yield from seal(work))  # (4)
    except WorkFailedError as failed:
        return (yield from give_up(work, failed.failure))  # (5)


def customize(work: VersionWork) -> Steps[None]:
    """Run the steps of the recipe one after the other, then restart Windows. Raises: WorkFailedError."""
    machine, count = work.order.machine, work.order.recipe_steps
    if not count:
        return
    yield from work.begin("customize")
    for number in range(count):
        order = RecipeStepOrder(machine=machine, number=number)
        yield from work.finish(machine, (yield from work.do(BEGIN_RECIPE_STEP, order)), RECIPE_POLL)
        yield from work.wait(READ_RECIPE_STEP, order, RECIPE_POLL)
    # Sysprep refuses while an installation waits for a restart.
    yield from work.finish(machine, (yield from work.do(BEGIN_RESTART, machine)), VM_POLL)
    yield from work.wait(POLL_AGENT, machine, AGENT_POLL)
