"""What becomes of the computer account in the domain when a hybrid-joined Cloud PC goes."""

from __future__ import annotations

from shared.contracts.accounts import (
    ACCOUNT_POLL,
    BEGIN_DISABLE,
    READ_DISABLE,
    RECORD_ACCOUNT,
    AccountRecord,
    DisableOrder,
)
from shared.contracts.cleaning import CleanUpOrder
from shared.contracts.machines import POLL_OPERATION
from shared.contracts.outcomes import Pending, Refused
from shared.workflow import CallFailedError, Context, Steps, call, wait_for


def disable_accounts(ctx: Context, remains: CleanUpOrder) -> Steps[None]:
    """Disable the computer accounts while there is a machine to do it from; what cannot be is listed for an admin.

    It is no part of what a clean-up has left: without the machine another try has nothing to try with.
    """
    if remains.domain_connection_id is None:
        return
    for name in remains.computer_names:
        order = DisableOrder(machine=remains.machine(name), connection_id=remains.domain_connection_id)
        refused = yield from _disable(ctx, order)
        record = AccountRecord(machine=order.machine, connection_id=order.connection_id, refused=refused)
        yield from call(ctx, RECORD_ACCOUNT, record)


def _disable(ctx: Context, order: DisableOrder) -> Steps[Refused | None]:
    """Disable one account; return why that could not be done, None when it was."""
    try:
        begun = yield from call(ctx, BEGIN_DISABLE, order)
        if isinstance(begun, Refused):
            return begun
        done = yield from wait_for(ctx, POLL_OPERATION, order.machine.look_at(begun), ACCOUNT_POLL)
        if isinstance(done, Refused):
            return done
        if not isinstance(done, Pending):
            done = yield from wait_for(ctx, READ_DISABLE, order, ACCOUNT_POLL)
    except CallFailedError as error:
        return Refused(code="serviceUnavailable", message=error.reason)
    if isinstance(done, Pending):
        return Refused(code="notDisabledInTime", message=done.note or "the machine did not answer")
    return done if isinstance(done, Refused) else None
