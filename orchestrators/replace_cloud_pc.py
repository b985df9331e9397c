"""Replace the machine of a Cloud PC: build the new one first, while the user works with the old one, then swap."""

from __future__ import annotations

from orchestrators.parts.cloud_pcs.assignment import configure, take_place
from orchestrators.parts.cloud_pcs.attempts import Attempt, begin, try_again, wait_for_capacity
from orchestrators.parts.cloud_pcs.core_provisioning import (
    assign_primary_user,
    create_vm,
    enroll_in_intune,
    join_directory,
)
from orchestrators.parts.cloud_pcs.scripts import run_scripts
from orchestrators.parts.cloud_pcs.warning import warn
from orchestrators.parts.machines.cleaning import close
from orchestrators.parts.work import NoCapacityError, SupersededError, WorkFailedError
from shared.contracts.builds import RECORD_REPLACED
from shared.contracts.provisioning import ABANDON_REPLACEMENT, REPLACE, AbandonOrder, ProvisionOrder, Receipt, Replaced
from shared.workflow import Blueprint, Context, Steps, call, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(REPLACE)
def replace_cloud_pc(ctx: Context, order: ProvisionOrder) -> Steps[Receipt]:
    """Build a second machine for a Cloud PC, and let it replace the first. One execution is one attempt.

    (1) Begin the attempt, and clean up what the one before it left. (2) Core provisioning, (3) post-provisioning, as of
    every Cloud PC; the user goes on with the machine they have. (4) Once their rights on the new machine count, the
    assignment moves to it, (5) and the record says so: from here on it is the Cloud PC's. (6) The user is warned,
    and signed off the old one, which stops; it is cleaned up three hours later.
    Otherwise: (7) wait for capacity without using up the attempt, or (8) try again, three times in all; when that is
    over the user keeps the machine they have, and the new one is cleaned up. (9) So it is when there is no machine to
    replace any more: the user has lost the Cloud PC, or it is gone.
    """
    attempt = Attempt(ctx, order)
    try:
        before = place_to_take(order)
        yield from begin(attempt)  # (1)
        machine = yield from create_vm(attempt)  # (2)
        device = yield from join_directory(attempt, machine)
        managed_device_id = yield from enroll_in_intune(attempt, machine, device)
        yield from assign_primary_user(attempt, managed_device_id)
        yield from configure(attempt, machine)  # (3)
        yield from run_scripts(attempt, machine)
        yield from take_place(attempt, machine, before)  # (4)
        return (yield from replaced(attempt, before))  # (5) (6)
    except NoCapacityError as full:
        receipt = yield from wait_for_capacity(attempt, full.reason)  # (7)
    except WorkFailedError as failed:
        receipt = yield from try_again(attempt, failed.failure)  # (8)
    except SupersededError:
        receipt = Receipt(outcome="superseded", attempts=order.attempt)
    if receipt.outcome == "superseded":
        yield from abandon(attempt)  # (9)
    return receipt


def place_to_take(order: ProvisionOrder) -> Replaced:
    """Return the machine whose place the new one takes. Raises: SupersededError without one."""
    if order.replaces is None:
        raise SupersededError
    return order.replaces


def replaced(attempt: Attempt, before: Replaced) -> Steps[Receipt]:
    """Record that the new machine is the Cloud PC's, then close the old one; a failure to close it stops nothing."""
    yield from attempt.record(RECORD_REPLACED, attempt.provisioned())
    yield from warn(attempt.ctx, attempt.order.warning)
    yield from close(attempt.ctx, before.remains)
    return attempt.receipt()


def abandon(attempt: Attempt) -> Steps[None]:
    """Record that the replacement is given up: its resources are cleaned up soon."""
    order = attempt.order
    gone = AbandonOrder(tenant_id=order.tenant_id, cloud_pc_id=order.cloud_pc_id, generation=order.generation)
    yield from call(attempt.ctx, ABANDON_REPLACEMENT, gone)
