"""Post-provisioning configuration: changes that optimise the experience; whatever fails here is a warning."""

from __future__ import annotations

from orchestrators.parts.attempts import Attempt
from shared.contracts.configuration import (
    BEGIN_CONFIGURATION,
    CONFIGURATION_POLL,
    READ_CONFIGURATION,
    ConfigurationOrder,
    Configured,
    configuration_for,
    wanted_steps,
)
from shared.contracts.machines import POLL_OPERATION, Finished, Machine
from shared.contracts.outcomes import Accepted, NoCapacity, Pending, Refused
from shared.contracts.silences import WaitingWork
from shared.domain.cloud_pcs.build import Warn
from shared.domain.cloud_pcs.steps import Step
from shared.workflow import CallFailedError, Context, Steps, call, wait_for


def configure(attempt: Attempt, machine: Machine) -> Steps[None]:
    """Configure Windows as the policy wants it; failures are kept as warnings of the attempt."""
    if attempt.is_done(Step.CONFIGURE_WINDOWS):
        return
    yield from attempt.begin(Step.CONFIGURE_WINDOWS)
    snapshot = attempt.order.snapshot
    order = configuration_for(machine, attempt.order.user, snapshot, wanted_steps(snapshot))
    attempt.warnings = yield from configure_windows(attempt.ctx, order, attempt.waiting)


def configure_windows(
    ctx: Context, order: ConfigurationOrder, waiting: WaitingWork | None = None
) -> Steps[tuple[Warn, ...]]:
    """Run the steps in one run command that reports per step; return the warnings."""
    try:
        operation = yield from call(ctx, BEGIN_CONFIGURATION, order, waiting)
        if not isinstance(operation, Accepted):
            return _all_failed(order, operation)
        running = order.machine.poll_order(operation)
        ended = yield from wait_for(ctx, POLL_OPERATION, running, CONFIGURATION_POLL, waiting)
        if not isinstance(ended, Finished):
            return _all_failed(order, ended)
        configured = yield from call(ctx, READ_CONFIGURATION, order, waiting)
    except CallFailedError as error:
        return tuple(Warn(step=step, message=error.reason) for step in order.steps)
    return configured.warnings if isinstance(configured, Configured) else _all_failed(order, configured)


def _all_failed(order: ConfigurationOrder, outcome: Refused | NoCapacity | Pending) -> tuple[Warn, ...]:
    detail = outcome.note if isinstance(outcome, Pending) else f"{outcome.code}: {outcome.message}"
    message = detail or "the run command did not end in time"
    return tuple(Warn(step=step, message=message) for step in order.steps)
