"""How an attempt ends that did not come to its end: it waits for room, is tried again, or is given up."""

from __future__ import annotations

from orchestrators.attempts import Attempt
from shared.contracts.attempts import RECORD_FAILED, RECORD_PARKED, FailedRecord, ParkedRecord
from shared.contracts.outcomes import NoCapacity, Superseded
from shared.contracts.provisioning import PARKING_PAUSE, Receipt
from shared.domain.advice import when_parked_for_long
from shared.domain.cloud_pc import Failure
from shared.domain.resuming import Resumption, resumable
from shared.workflow import Steps, call, continue_as_new, pause


def wait_for_room(attempt: Attempt, reason: NoCapacity) -> Steps[Receipt]:
    """Park: visibly, for as long as the tenant allows, and without using up an attempt."""
    ctx, order = attempt.ctx, attempt.order
    since = order.parked_since or ctx.current_utc_datetime
    if ctx.current_utc_datetime - since >= order.parking_limit:
        hours = int(order.parking_limit.total_seconds() // 3600)
        failure = Failure(
            code=reason.code,
            message=f"No room came within {hours} hours: {reason.message}",
            step=attempt.step,
            advice=when_parked_for_long(reason.code),
        )
        return (yield from give_up(attempt, failure))
    record = ParkedRecord(**order.which, reason=reason, since=since)
    if isinstance((yield from call(ctx, RECORD_PARKED, record)), Superseded):
        return Receipt(outcome="superseded", attempts=order.attempt)
    yield from pause(ctx, PARKING_PAUSE)
    answer: Receipt = continue_as_new(ctx, order.but(parked_since=since))
    return answer


def try_again(attempt: Attempt, failure: Failure) -> Steps[Receipt]:
    """Try again unless this was the last attempt, or the next one would fail the same way.

    Where it is safe the next one goes on with the machine that is there, else it begins with its clean-up.
    """
    order = attempt.order
    if order.attempt >= order.attempts or not failure.retriable:
        return (yield from give_up(attempt, failure))
    if isinstance((yield from record_failed(attempt, failure, last=False)), Superseded):
        return Receipt(outcome="superseded", attempts=order.attempt)
    made = attempt.resources
    step = resumable(failure, made, resumed_at=order.resume.step if order.resume else None)
    resumption = Resumption(step=step, made=made, warnings=attempt.warnings) if step else None
    following = order.next_attempt(joined_domain=made.domain_connection_id is not None, resume=resumption)
    answer: Receipt = continue_as_new(attempt.ctx, following)
    return answer


def give_up(attempt: Attempt, failure: Failure) -> Steps[Receipt]:
    """Say that it failed, and why; what is left is cleaned up three hours later."""
    yield from record_failed(attempt, failure, last=True)
    return Receipt(outcome="failed", attempts=attempt.order.attempt, failure=failure)


def record_failed(attempt: Attempt, failure: Failure, *, last: bool) -> Steps[object]:
    """Write the failure down."""
    record = FailedRecord(
        **attempt.order.which,
        failure=failure,
        last=last,
        resources=attempt.resources,
        warnings=attempt.warnings,
    )
    return (yield from call(attempt.ctx, RECORD_FAILED, record))
