"""Give one licensed user one Cloud PC: the product's main promise."""

from __future__ import annotations

from orchestrators.parts.cloud_pcs.assignment import assign_user, configure, give_or_claim_another
from orchestrators.parts.cloud_pcs.attempts import Attempt, begin, try_again, wait_for_capacity
from orchestrators.parts.cloud_pcs.core_provisioning import (
    assign_primary_user,
    create_vm,
    enroll_in_intune,
    join_directory,
)
from orchestrators.parts.cloud_pcs.scripts import run_scripts
from orchestrators.parts.work import NoCapacityError, SupersededError, WorkFailedError
from shared.contracts.builds import RECORD_PROVISIONED
from shared.contracts.provisioning import PROVISION, ProvisionOrder, Receipt
from shared.workflow import Blueprint, Context, Steps, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(PROVISION)
def provision_cloud_pc(ctx: Context, order: ProvisionOrder) -> Steps[Receipt]:
    """Give one user one Cloud PC. One execution of this is one attempt.

    Before: (1) begin the attempt, and clean up what the one before it left.
    Core provisioning, where a failure is a failed attempt:
    (2) allocate Azure capacity, create the VM and attach it to the network, and give the user their rights on it, which
    take minutes to count, (3) join the directory,
    (4) enrol in Intune, (5) assign the primary user.
    Post-provisioning, where a failure is a warning: (6) configure Windows, and run the policy's apps and scripts; one
    that blocks is a failed attempt when it fails.
    Assignment: (7) assign the Cloud PC to the user, and wait until their rights count, (8) record that it is theirs.
    Otherwise: (9) wait for capacity without using up the attempt, or (10) try again, three times in all: with the
    machine that is there, at the step that failed, where that is safe.
    A machine of the warm pool has been built: (11) it is given to the user at once, instead of (3) to (7). If Azure
    refuses it, they get another one, once, whose own build goes on; else theirs is built like any other.
    """
    attempt = Attempt(ctx, order)
    try:
        yield from begin(attempt)  # (1)
        machine = yield from create_vm(attempt)  # (2)
        if attempt.order.claimed:
            yield from give_or_claim_another(attempt, machine)  # (11)
            return (yield from provisioned(attempt))
        device = yield from join_directory(attempt, machine)  # (3)
        managed_device_id = yield from enroll_in_intune(attempt, machine, device)  # (4)
        yield from assign_primary_user(attempt, managed_device_id)  # (5)
        yield from configure(attempt, machine)  # (6)
        yield from run_scripts(attempt, machine)
        yield from assign_user(attempt, machine)  # (7)
        return (yield from provisioned(attempt))  # (8)
    except NoCapacityError as full:
        return (yield from wait_for_capacity(attempt, full.reason))  # (9)
    except WorkFailedError as failed:
        return (yield from try_again(attempt, failed.failure))  # (10)
    except SupersededError:
        return Receipt(outcome="superseded", attempts=order.attempt)


def provisioned(attempt: Attempt) -> Steps[Receipt]:
    """Record that the Cloud PC is the user's, with its warnings."""
    yield from attempt.record(RECORD_PROVISIONED, attempt.provisioned())
    return attempt.receipt()
