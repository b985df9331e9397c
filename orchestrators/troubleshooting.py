"""Troubleshooting a Cloud PC: look, repair what can be repaired safely, look again."""

from __future__ import annotations

from typing import Any

from orchestrators.remote_action_run import Acting, ActionFailedError
from shared.contracts.desktops import (
    ASSIGN_SESSION_HOST,
    GRANT_SIGN_IN,
    SIGN_IN_POLL,
    AssignmentOrder,
    SignInRightsOrder,
)
from shared.contracts.machines import VM_POLL
from shared.contracts.remote_actions import BEGIN_RESTART, EXAMINE, Check, Examined
from shared.domain.cloud_pc import Failure
from shared.workflow import Steps


def troubleshoot(acting: Acting) -> Steps[dict[str, Any]]:
    """Look at everything, repair, look again; return each check with its evidence and what to do.

    What cannot be repaired is no failure of the action: it was asked what is wrong.
    """
    yield from acting.begin("examine")
    first: Examined = yield from acting.do(EXAMINE, acting.order)
    troubles: list[Failure] = []
    if any(check.status == "failed" for check in first.checks):
        yield from acting.begin("repair")
        for repair in (_machine, _session_host, _rights):
            try:
                yield from repair(acting, first)
            except ActionFailedError as failed:
                troubles.append(failed.failure)
        yield from acting.begin("examineAgain")
        last: Examined = yield from acting.do(EXAMINE, acting.order)
    else:
        last = first
    checks = [_compared(check, first) for check in last.checks]
    return {
        "healthy": all(check.status == "passed" for check in checks),
        "checks": [check.to_json() for check in checks],
        "notRepaired": [{"code": trouble.code, "message": trouble.message} for trouble in troubles],
    }


def _compared(check: Check, first: Examined) -> Check:
    return check.but(repaired=check.status == "passed" and first.failed(check.name))


def _machine(acting: Acting, found: Examined) -> Steps[None]:
    """Start a machine that is stopped; restart one whose agent is silent. Nobody works on either."""
    if not (found.failed("power") or found.failed("agent")):
        return
    yield from acting.run_to_completion(BEGIN_RESTART, acting.order.machine, VM_POLL)
    yield from acting.wait_until_it_answers()


def _session_host(acting: Acting, found: Examined) -> Steps[None]:
    """Give the session host to the user, and open it."""
    order = acting.order
    if not found.failed("sessionHost") or order.host_pool_id is None or order.session_host is None:
        return
    wanted = AssignmentOrder(
        machine=order.machine,
        host_pool_id=order.host_pool_id,
        session_host=order.session_host,
        user_principal_name=order.user_principal_name,
    )
    yield from acting.do(ASSIGN_SESSION_HOST, wanted)


def _rights(acting: Acting, found: Examined) -> Steps[None]:
    """Give the user back the roles he signs in with."""
    order = acting.order
    if not found.failed("signInRights") or found.application_group_id is None:
        return
    wanted = SignInRightsOrder(
        machine=order.machine,
        application_group_id=found.application_group_id,
        user_id=order.user_id,
        join_type=order.join_type,
    )
    yield from acting.wait(GRANT_SIGN_IN, wanted, SIGN_IN_POLL)
