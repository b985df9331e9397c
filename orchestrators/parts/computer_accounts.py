"""The computer account in the domain is disabled when a hybrid-joined Cloud PC goes."""

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
from shared.contracts.machines import POLL_OPERATION, Finished, Machine
from shared.contracts.outcomes import Done, NoCapacity, Pending, Refused
from shared.workflow import CallFailedError, Context, Steps, call, wait_for


def disable_accounts(ctx: Context, remains: CleanUpOrder) -> Steps[None]:
    """Disable the computer accounts while there is a machine to do it from; what fails is listed for an administrator.

    It is no part of what a clean-up has left: without the machine there is nothing to try it with again.
    """
    if remains.domain_connection_id is None:
        return
    for name in remains.computer_names:
        order = DisableOrder(machine=remains.machine(name), connection_id=remains.domain_connection_id)
        refused = yield from _disable(ctx, order)
        record = AccountRecord(machine=order.machine, connection_id=order.connection_id, refused=refused)
        yield from call(ctx, RECORD_ACCOUNT, record)


def list_account(ctx: Context, machine: Machine, connection_id: str, refused: Refused) -> Steps[None]:
    """List the account of a probe that may be enabled still, for an administrator."""
    yield from call(ctx, RECORD_ACCOUNT, AccountRecord(machine=machine, connection_id=connection_id, refused=refused))


def _disable(ctx: Context, order: DisableOrder) -> Steps[Refused | None]:
    """Disable one account; return why that could not be done, None when it was."""
    try:
        operation = yield from call(ctx, BEGIN_DISABLE, order)
        if isinstance(operation, Refused):
            return operation
        finished = yield from wait_for(ctx, POLL_OPERATION, order.machine.poll_order(operation), ACCOUNT_POLL)
        if not isinstance(finished, Finished):
            return _refused(finished)
        disabled = yield from wait_for(ctx, READ_DISABLE, order, ACCOUNT_POLL)
    except CallFailedError as error:
        return Refused(code="serviceUnavailable", message=error.reason)
    return None if isinstance(disabled, Done) else _refused(disabled)


def _refused(outcome: Refused | NoCapacity | Pending) -> Refused:
    match outcome:
        case Refused():
            return outcome
        case NoCapacity(code=code, message=message):
            return Refused(code=code, message=message)
        case Pending(note=note):
            return Refused(code="notDisabledInTime", message=note or "the machine did not answer")
