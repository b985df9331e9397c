"""Give one licensed user one Cloud PC: the product's main promise."""

from __future__ import annotations

from orchestrators.assignment import assign_user
from orchestrators.attempt_outcome import try_again, wait_for_room
from orchestrators.attempt_start import begin
from orchestrators.attempts import Attempt, AttemptFailedError, AttemptParkedError, AttemptSupersededError
from orchestrators.core_provisioning import assign_primary_user, build_machine, enroll_in_intune, join_directory
from orchestrators.post_provisioning import configure
from shared.contracts.attempts import RECORD_PROVISIONED
from shared.contracts.outcomes import Superseded
from shared.contracts.provisioning import PROVISION, ProvisionOrder, Receipt
from shared.workflow import Blueprint, Context, Steps, orchestrates

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


def provisioned(attempt: Attempt) -> Steps[Receipt]:
    """Say that the Cloud PC is the user's, and what did not go well."""
    if isinstance((yield from attempt.do(RECORD_PROVISIONED, attempt.record())), Superseded):
        raise AttemptSupersededError
    return attempt.receipt()
