"""The scripts and apps of a policy: the last part of post-provisioning."""

from __future__ import annotations

from orchestrators.parts.cloud_pcs.attempts import Attempt
from orchestrators.parts.work import WorkFailedError
from shared.contracts.calls import WaitingWork
from shared.contracts.machines import POLL_OPERATION, Finished, Machine
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Pending, Refused
from shared.contracts.scripts import (
    BEGIN_SCRIPT,
    READ_SCRIPT,
    RECORD_SCRIPT,
    PolicyScriptOrder,
    ScriptRecord,
    script_orders,
)
from shared.domain.cloud_pcs.build import Failure, Step, Warn
from shared.domain.policies.configuration import OnFailure
from shared.workflow import CallFailedError, Context, Steps, call, wait_for

_LONGEST_MESSAGE = 500


def run_scripts(attempt: Attempt, machine: Machine) -> Steps[None]:
    """Run the scripts of the policy in their order, each recorded.

    A failure is a warning of the attempt; that of a script that blocks is the end of the attempt, so that nobody gets
    a Cloud PC without it. Raises: WorkFailedError.
    """
    orders = script_orders(machine, attempt.order.snapshot)
    if not orders or attempt.is_done(Step.RUN_SCRIPTS):
        return
    yield from attempt.begin(Step.RUN_SCRIPTS)
    names = {order.script.display_name for order in orders}
    attempt.warnings = tuple(warning for warning in attempt.warnings if warning.step not in names)
    for order in orders:
        began_at = attempt.ctx.current_utc_datetime
        failure = yield from run_script(attempt.ctx, order, attempt.waiting)
        record = ScriptRecord(
            **attempt.order.which, number=order.number, script=order.script, began_at=began_at, failure=failure
        )
        yield from attempt.record(RECORD_SCRIPT, record)
        if failure is None:
            continue
        if order.script.on_failure is OnFailure.BLOCK:
            raise WorkFailedError(failure)
        attempt.warnings += (warning_of(order, failure),)


def run_script(ctx: Context, order: PolicyScriptOrder, waiting: WaitingWork | None = None) -> Steps[Failure | None]:
    """Run one script; return why it failed, None where it has succeeded."""
    try:
        operation = yield from call(ctx, BEGIN_SCRIPT, order, waiting)
        if not isinstance(operation, Accepted):
            return _failure(order, operation)
        running = order.machine.poll_order(operation)
        ended = yield from wait_for(ctx, POLL_OPERATION, running, order.poll, waiting)
        if not isinstance(ended, Finished):
            return _failure(order, ended)
        read = yield from wait_for(ctx, READ_SCRIPT, order, order.poll, waiting)
    except CallFailedError as error:
        return Failure(
            code="serviceUnavailable", message=f"{order.script.title}: {error.reason}", step=Step.RUN_SCRIPTS
        )
    return None if isinstance(read, Done) else _failure(order, read)


def warning_of(order: PolicyScriptOrder, failure: Failure) -> Warn:
    """Return the warning for a script that failed, by whose name it can be run again."""
    return Warn(step=order.script.display_name, message=failure.message[:_LONGEST_MESSAGE])


def _failure(order: PolicyScriptOrder, outcome: Refused | NoCapacity | Pending) -> Failure:
    if isinstance(outcome, Refused):
        return outcome.failure(Step.RUN_SCRIPTS)
    if isinstance(outcome, NoCapacity):
        return Failure(code=outcome.code, message=outcome.message, step=Step.RUN_SCRIPTS)
    return Failure(
        code="scriptTimedOut",
        message=f"{order.script.title} did not end within {order.script.timeout_in_minutes} minutes",
        step=Step.RUN_SCRIPTS,
    )
