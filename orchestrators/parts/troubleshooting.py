"""Troubleshooting a Cloud PC: examine it, repair what can be repaired safely, examine it again."""

from __future__ import annotations

from orchestrators.parts.remote_action_run import RemoteActionRun
from orchestrators.parts.work import WorkFailedError
from shared.contracts.definitions import Json
from shared.contracts.desktops import (
    ASSIGN_SESSION_HOST,
    GRANT_SIGN_IN,
    SIGN_IN_POLL,
    AssignmentOrder,
    SignInRightsOrder,
)
from shared.contracts.machines import VM_POLL
from shared.contracts.remote_actions import BEGIN_RESTART, EXAMINE, Check, Examined
from shared.domain.cloud_pcs.build import Failure
from shared.workflow import Steps


def troubleshoot(run: RemoteActionRun) -> Steps[Json]:
    """Examine everything, repair, examine again; return each check with its evidence and what to do.

    What cannot be repaired is no failure of the action: it reports what is wrong.
    """
    yield from run.begin("examine")
    first = yield from run.do(EXAMINE, run.order)
    not_repaired: list[Failure] = []
    if any(check.status == "failed" for check in first.checks):
        yield from run.begin("repair")
        for repair in (_machine, _session_host, _rights):
            try:
                yield from repair(run, first)
            except WorkFailedError as failed:
                not_repaired.append(failed.failure)
        yield from run.begin("examineAgain")
        last = yield from run.do(EXAMINE, run.order)
    else:
        last = first
    checks = [_compared(check, first) for check in last.checks]
    return {
        "healthy": all(check.status == "passed" for check in checks),
        "checks": [check.to_json() for check in checks],
        "notRepaired": [{"code": failure.code, "message": failure.message} for failure in not_repaired],
    }


def _compared(check: Check, first: Examined) -> Check:
    return check.but(repaired=check.status == "passed" and first.failed(check.name))


def _machine(run: RemoteActionRun, examined: Examined) -> Steps[None]:
    """Start a machine that is stopped; restart one whose agent does not answer. Nobody works on either."""
    if not (examined.failed("power") or examined.failed("agent")):
        return
    yield from run.run_to_completion(BEGIN_RESTART, run.order.machine, VM_POLL)
    yield from run.wait_until_it_answers()


def _session_host(run: RemoteActionRun, examined: Examined) -> Steps[None]:
    """Give the session host to the user, and open it."""
    order = run.order
    if not examined.failed("sessionHost") or order.host_pool_id is None or order.session_host is None:
        return
    wanted = AssignmentOrder(
        machine=order.machine,
        host_pool_id=order.host_pool_id,
        session_host=order.session_host,
        user_principal_name=order.user_principal_name,
    )
    yield from run.do(ASSIGN_SESSION_HOST, wanted)


def _rights(run: RemoteActionRun, examined: Examined) -> Steps[None]:
    """Give the user back the roles they sign in with."""
    order = run.order
    if not examined.failed("signInRights") or examined.application_group_id is None:
        return
    wanted = SignInRightsOrder(
        machine=order.machine,
        application_group_id=examined.application_group_id,
        user_id=order.user_id,
        join_type=order.join_type,
    )
    yield from run.wait(GRANT_SIGN_IN, wanted, SIGN_IN_POLL)
