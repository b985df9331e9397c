"""The computer account of a machine, disabled when it goes; and the carriers of its password, removed once used."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrators.parts.work import Work, WorkFailedError
from shared.contracts.builds import CleanUpOrder
from shared.contracts.joining import (
    ACCOUNT_POLL,
    BEGIN_CARRIER_REMOVAL,
    BEGIN_DISABLE,
    CARRIER_POLL,
    DISABLE_ACCOUNT,
    READ_DISABLE,
    RECORD_ACCOUNT,
    AccountRecord,
    Carrier,
    CarrierOrder,
    DisableOrder,
)
from shared.contracts.machines import POLL_OPERATION, Finished, Machine
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Pending, Refused
from shared.domain.cloud_pcs.build import Failure
from shared.workflow import CallFailedError, Context, Steps, call, wait_for


def remove_carrier(ctx: Context, machine: Machine, carrier: Carrier) -> Steps[Failure | None]:
    """Remove *carrier* from *machine*; return why it stays, None when it is gone. Nothing else fails for it."""
    work = Work(ctx)
    try:
        operation = yield from work.do(BEGIN_CARRIER_REMOVAL, CarrierOrder(machine=machine, carrier=carrier))
        yield from work.finish(machine, operation, CARRIER_POLL)
    except WorkFailedError as failed:
        return failed.failure
    return None


def disable_accounts(ctx: Context, remains: CleanUpOrder) -> Steps[None]:
    """Disable the computer accounts from the machine while it exists; list failures for an administrator.

    It is no part of what a clean-up has left: without the machine there is nothing to try it with again.
    """
    machines = [remains.machine(name) for name in remains.computer_names]
    yield from disable_accounts_of(ctx, machines, remains.domain_connection_id)


def disable_accounts_of(ctx: Context, machines: Sequence[Machine], connection_id: str | None) -> Steps[None]:
    """Disable the accounts of machines that joined through a connection, or nothing if *connection_id* is None."""
    if connection_id is None:
        return
    for machine in machines:
        order = DisableOrder(machine=machine, connection_id=connection_id)
        refused, left = yield from _disable(ctx, order)
        record = AccountRecord(
            machine=order.machine, connection_id=order.connection_id, refused=refused, password_left=left
        )
        yield from call(ctx, RECORD_ACCOUNT, record)


def list_account(ctx: Context, machine: Machine, connection_id: str, refused: Refused) -> Steps[None]:
    """List the account of a probe that may be enabled still, for an administrator."""
    yield from call(ctx, RECORD_ACCOUNT, AccountRecord(machine=machine, connection_id=connection_id, refused=refused))


def _disable(ctx: Context, order: DisableOrder) -> Steps[tuple[Refused | None, Failure | None]]:
    """Disable one account; return why that could not be done, and why the script that had the password stays."""
    refused: Refused | None
    try:
        operation = yield from call(ctx, BEGIN_DISABLE, order)
    except CallFailedError as error:
        refused = Refused(code="serviceUnavailable", message=error.reason)
    else:
        if isinstance(operation, Refused):
            return operation, None
        refused = yield from _see_disabled(ctx, order, operation)
    return refused, (yield from remove_carrier(ctx, order.machine, DISABLE_ACCOUNT))


def _see_disabled(ctx: Context, order: DisableOrder, operation: Accepted) -> Steps[Refused | None]:
    """Wait for the end of the script; return why the account may be enabled still, None when it is disabled."""
    try:
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
