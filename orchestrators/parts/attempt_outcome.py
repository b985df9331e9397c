"""End of an attempt that did not succeed: it waits for capacity, is tried again, or is given up."""

from __future__ import annotations

from orchestrators.parts.attempts import Attempt
from shared.contracts.attempts import RECORD_FAILED, RECORD_PARKED, FailedRecord, ParkedRecord
from shared.contracts.outcomes import Done, NoCapacity, Superseded
from shared.contracts.provisioning import PARKING_PAUSE, Receipt
from shared.domain.cloud_pcs.advice import when_given_up, when_parked_for_long
from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.resuming import Resumption, resumable
from shared.workflow import Steps, call, continue_as_new, pause


def wait_for_capacity(attempt: Attempt, reason: NoCapacity) -> Steps[Receipt]:
    """Park: visibly, for as long as the tenant allows, and without using up an attempt."""
    ctx, order = attempt.ctx, attempt.order
    since = order.parked_since or ctx.current_utc_datetime
    if ctx.current_utc_datetime - since >= order.parking_limit:
        hours = int(order.parking_limit.total_seconds() // 3600)
        failure = Failure(
            code=reason.code,
            message=f"There was no capacity within {hours} hours: {reason.message}",
            step=attempt.step,
            advice=when_parked_for_long(reason.code),
        )
        return (yield from give_up(attempt, failure))
    match (yield from call(ctx, RECORD_PARKED, ParkedRecord(**order.which, reason=reason, since=since))):
        case Superseded():
            return Receipt(outcome="superseded", attempts=order.attempt)
        case Done():
            yield from pause(ctx, PARKING_PAUSE)
            continue_as_new(order.but(parked_since=since))


def try_again(attempt: Attempt, failure: Failure) -> Steps[Receipt]:
    """Try again unless this was the last attempt, or the next one would fail the same way.

    Where it is safe the next one goes on with the machine that is there, else it begins with its clean-up.
    """
    order = attempt.order
    if order.attempt >= order.attempts or not failure.retriable:
        return (yield from give_up(attempt, failure))
    match (yield from record_failed(attempt, failure, last=False)):
        case Superseded():
            return Receipt(outcome="superseded", attempts=order.attempt)
        case Done():
            made = attempt.resources
            step = resumable(failure, made, resumed_at=order.resume.step if order.resume else None)
            resumption = Resumption(step=step, made=made, warnings=attempt.warnings) if step else None
            joined_domain = made.domain_connection_id is not None
            continue_as_new(order.next_attempt(joined_domain=joined_domain, resume=resumption))


def give_up(attempt: Attempt, failure: Failure) -> Steps[Receipt]:
    """Record that the build has failed, and why; its resources are cleaned up three hours later."""
    _ = yield from record_failed(attempt, failure, last=True)  # also when it was superseded, it has failed
    return Receipt(outcome="failed", attempts=attempt.order.attempt, failure=failure)


def record_failed(attempt: Attempt, failure: Failure, *, last: bool) -> Steps[Done | Superseded]:
    """Record the failure of the attempt."""
    if last:
        failure = failure.but(advice=when_given_up(failure.advice))
    record = FailedRecord(
        **attempt.order.which,
        failure=failure,
        last=last,
        resources=attempt.resources,
        warnings=attempt.warnings,
    )
    return (yield from call(attempt.ctx, RECORD_FAILED, record))
