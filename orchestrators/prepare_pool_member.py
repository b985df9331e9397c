"""Build a machine for a warm pool, before anybody needs it."""

from __future__ import annotations

from orchestrators.parts.cloud_pcs.assignment import begin_assignment, configure, register
from orchestrators.parts.cloud_pcs.attempts import Attempt, begin, try_again, wait_for_capacity
from orchestrators.parts.cloud_pcs.core_provisioning import create_vm, enroll_in_intune, join_directory
from orchestrators.parts.cloud_pcs.scripts import run_scripts
from orchestrators.parts.work import NoCapacityError, SupersededError, WorkFailedError
from shared.contracts.pools import PREPARE_MEMBER, RECORD_READY
from shared.contracts.provisioning import ProvisionOrder, Receipt
from shared.workflow import Blueprint, Context, Steps, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(PREPARE_MEMBER)
def prepare_pool_member(ctx: Context, order: ProvisionOrder) -> Steps[Receipt]:
    """Build a member of a warm pool. One execution of this is one attempt.

    (1) Begin the attempt, and clean up what the one before it left. (2) Core provisioning as of every Cloud PC, without
    its primary user, (3) post-provisioning, without what needs the user's name, (4) registration in the host pool,
    until the session host is available: from then on the member counts, (5) which is recorded.
    Otherwise: (6) wait for capacity without using up the attempt, or (7) try again, three times in all.
    """
    attempt = Attempt(ctx, order)
    try:
        yield from begin(attempt)  # (1)
        machine = yield from create_vm(attempt)  # (2)
        device = yield from join_directory(attempt, machine)
        yield from enroll_in_intune(attempt, machine, device)
        yield from configure(attempt, machine)  # (3)
        yield from run_scripts(attempt, machine)
        pool = yield from begin_assignment(attempt)  # (4)
        yield from register(attempt, machine, pool)
        yield from attempt.record(RECORD_READY, attempt.provisioned())  # (5)
        return attempt.receipt()
    except NoCapacityError as full:
        return (yield from wait_for_capacity(attempt, full.reason))  # (6)
    except WorkFailedError as failed:
        return (yield from try_again(attempt, failed.failure))  # (7)
    except SupersededError:
        return Receipt(outcome="superseded", attempts=order.attempt)
