"""Give one licensed user one Cloud PC: the product's main promise."""

from __future__ import annotations

from orchestrators.assignment import assign_user
from orchestrators.attempts import Attempt, AttemptFailedError, AttemptParkedError, AttemptSupersededError
from orchestrators.core_provisioning import assign_primary_user, build_machine, enroll_in_intune, join_directory
from orchestrators.post_provisioning import configure
from shared.contracts.outcomes import NoRoom
from shared.contracts.provisioning import (
    BEGIN_ATTEMPT,
    CLEAN_UP,
    PARKING_PAUSE,
    PROVISION,
    RECORD_FAILED,
    RECORD_PARKED,
    RECORD_PROVISIONED,
    AttemptOrder,
    FailedRecord,
    ParkedRecord,
    ProvisionedRecord,
    ProvisionOrder,
    Receipt,
    Superseded,
)
from shared.contracts.resuming import RECOGNISE_MACHINE, RecogniseOrder, Unrecognised
from shared.domain.cloud_pc import Failure
from shared.domain.resuming import Resumption, resumable
from shared.domain.steps import Step
from shared.workflow import Blueprint, Context, Steps, again, call, orchestrates, pause

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(PROVISION)
def provision_cloud_pc(ctx: Context, order: ProvisionOrder) -> Steps[Receipt]:
    """Give one user one Cloud PC. One execution of this is one attempt.

    Before: (1) begin the attempt, and clean up what the one before it left.
    Core provisioning, where a failure is a failed attempt:
    (2) allocate Azure capacity, create the VM and attach it to the network, (3) join the directory,
    (4) enrol in Intune, (5) assign the primary user.
    Post-provisioning, where a failure is a warning: (6) configure Windows.
    Assignment: (7) assign the Cloud PC to the user, (8) say that it is his.
    Otherwise: (9) wait for room without using up the attempt, or (10) try again, three times in all: with the machine
    that is there, at the step that failed, where that is safe.
    """
    attempt = Attempt(ctx, order)
    try:
        yield from begin(attempt)  # (1)
        machine = yield from build_machine(attempt)  # (2)
        device = yield from join_directory(attempt, machine)  # (3)
        managed_device_id = yield from enroll_in_intune(attempt, machine, device)  # (4)
        yield from assign_primary_user(attempt, managed_device_id)  # (5)
        yield from configure(attempt, machine)  # (6)
        yield from assign_user(attempt, machine)  # (7)
        return (yield from provisioned(attempt))  # (8)
    except AttemptParkedError as parked:
        return (yield from wait_for_room(attempt, parked.reason))  # (9)
    except AttemptFailedError as failed:
        return (yield from try_again(attempt, failed.failure))  # (10)
    except AttemptSupersededError:
        return Receipt(outcome="superseded", attempts=order.attempt)


def begin(attempt: Attempt) -> Steps[None]:
    """Begin the attempt: the record says so, the connection is healthy, and nothing of an earlier one is left.

    Unless it is resumed: then the machine of the one before stays, and is gone on with.
    """
    order = attempt.order
    begun = yield from attempt.do(
        BEGIN_ATTEMPT,
        AttemptOrder(
            tenant_id=order.tenant_id,
            cloud_pc_id=order.cloud_pc_id,
            generation=order.generation,
            attempt=order.attempt,
            connection_id=order.snapshot.connection_id,
            resumes_at=order.resume.step if order.resume else None,
        ),
    )
    if isinstance(begun, Superseded):
        raise AttemptSupersededError
    why_not = None
    if order.resume is not None:
        why_not = yield from resume(attempt, order.resume)
        if why_not is None:
            return
        attempt.order = order.anew()
    if order.remains:
        yield from clean_up(attempt, why_not)


def resume(attempt: Attempt, resumption: Resumption) -> Steps[str | None]:
    """Go on with the machine of the attempt before, if it is still as that one left it; else return why not."""
    attempt.step = resumption.step
    made = resumption.made
    found = yield from attempt.do(
        RECOGNISE_MACHINE,
        RecogniseOrder(
            machine=attempt.order.machine(str(made.region)),
            entra_device_id=made.entra_device_id,
            managed_device_id=made.managed_device_id,
        ),
    )
    if isinstance(found, Unrecognised):
        return f"not resumed: {found.why}"
    attempt.go_on(resumption, found.device_object_id)
    return None


def clean_up(attempt: Attempt, note: str | None) -> Steps[None]:
    """Remove what earlier attempts left, where they left it."""
    yield from attempt.begin(Step.CLEAN_UP, note)
    for remains in attempt.order.remains:
        cleaned = yield from attempt.run(CLEAN_UP, remains)
        if cleaned.left:
            raise AttemptFailedError(cleaned.left[0].failure(Step.CLEAN_UP))
    attempt.order = attempt.order.cleaned()


def provisioned(attempt: Attempt) -> Steps[Receipt]:
    """Say that the Cloud PC is the user's, and what did not go well."""
    order, warnings = attempt.order, attempt.warnings
    said = yield from attempt.do(
        RECORD_PROVISIONED,
        ProvisionedRecord(
            tenant_id=order.tenant_id,
            cloud_pc_id=order.cloud_pc_id,
            generation=order.generation,
            attempt=order.attempt,
            resources=attempt.resources,
            warnings=warnings,
        ),
    )
    if isinstance(said, Superseded):
        raise AttemptSupersededError
    outcome = "provisionedWithWarnings" if warnings else "provisioned"
    return Receipt(outcome=outcome, attempts=order.attempt)


def wait_for_room(attempt: Attempt, reason: NoRoom) -> Steps[Receipt]:
    """Park: visibly, for as long as the tenant allows, and without using up an attempt."""
    ctx, order = attempt.ctx, attempt.order
    since = order.parked_since or ctx.current_utc_datetime
    if ctx.current_utc_datetime - since >= order.parking_limit:
        hours = int(order.parking_limit.total_seconds() // 3600)
        failure = Failure(
            code=reason.code,
            message=f"No room came within {hours} hours: {reason.message}",
            step=attempt.step,
            advice="Raise the quota, or let the site fall back to other regions; then retry.",
        )
        return (yield from give_up(attempt, failure))
    record = ParkedRecord(
        tenant_id=order.tenant_id,
        cloud_pc_id=order.cloud_pc_id,
        generation=order.generation,
        attempt=order.attempt,
        reason=reason,
        since=since,
    )
    if isinstance((yield from call(ctx, RECORD_PARKED, record)), Superseded):
        return Receipt(outcome="superseded", attempts=order.attempt)
    yield from pause(ctx, PARKING_PAUSE)
    answer: Receipt = again(ctx, order.but(parked_since=since))
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
    answer: Receipt = again(attempt.ctx, following)
    return answer


def give_up(attempt: Attempt, failure: Failure) -> Steps[Receipt]:
    """Say that it failed, and why; what is left is cleaned up three hours later."""
    yield from record_failed(attempt, failure, last=True)
    return Receipt(outcome="failed", attempts=attempt.order.attempt, failure=failure)


def record_failed(attempt: Attempt, failure: Failure, *, last: bool) -> Steps[object]:
    """Write the failure down."""
    order = attempt.order
    return (
        yield from call(
            attempt.ctx,
            RECORD_FAILED,
            FailedRecord(
                tenant_id=order.tenant_id,
                cloud_pc_id=order.cloud_pc_id,
                generation=order.generation,
                attempt=order.attempt,
                failure=failure,
                last=last,
                resources=attempt.resources,
                warnings=attempt.warnings,
            ),
        )
    )
