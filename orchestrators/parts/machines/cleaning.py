"""Removing the remains of a build or an orphan: a failed removal is listed, and does not stop the others."""

from __future__ import annotations

from typing import TypeVar

from orchestrators.parts.machines.computer_accounts import disable_accounts
from shared.contracts.builds import KEEP_DISK, KEEP_POLL, CleanUpOrder, KeepOrder
from shared.contracts.calls import WaitingWork
from shared.contracts.definitions import Activity, Poll
from shared.contracts.desktops import REVOKE_SIGN_IN, SIGN_OFF, ForgetSessionHostOrder
from shared.contracts.inventory import (
    DELETE_ORPHAN,
    RECORD_REMOVAL,
    REMOVAL_POLL,
    OrphanRemoved,
    RemovalOrder,
    RemovalRecord,
)
from shared.contracts.machines import BEGIN_DEALLOCATE, DELETE_POLL, POLL_OPERATION, Finished, Machine
from shared.contracts.outcomes import HELD_BACK, Accepted, Done, NoCapacity, Pending, Refused
from shared.domain.destroying import Confirmation
from shared.domain.values import Value
from shared.workflow import CallFailedError, Context, Steps, call, wait_for

Order = TypeVar("Order", bound=Value)


class Cleaning:
    """A sequence of removals that continues after a failure; *left*: the refused removals, with their reasons.

    *held*: it stops here, because what it removes is wanted again, or nobody says that it is not.
    """

    def __init__(
        self, ctx: Context, machine: Machine, *, waits: bool = False, confirmation: Confirmation | None = None
    ) -> None:
        """*waits*: wait for a cloud that does not answer, because the next step needs everything removed."""
        self.ctx, self.machine, self.left = ctx, machine, list[Refused]()
        self.confirmation, self.held = confirmation, False
        doing = "the clean-up"
        self.waiting = WaitingWork(tenant_id=machine.tenant_id, owner=machine.owner, doing=doing) if waits else None

    def do(self, activity: Activity[Order, Done | Accepted, Refused | NoCapacity], order: Order) -> Steps[None]:
        """Call *activity*, and wait for the end of the operation in Azure."""
        if self.held:
            return
        try:
            outcome = yield from call(self.ctx, activity, order, self.waiting, self.confirmation)
            if isinstance(outcome, Accepted):
                operation = self.machine.poll_order(outcome)
                self._list(
                    activity.name,
                    (yield from wait_for(self.ctx, POLL_OPERATION, operation, DELETE_POLL, self.waiting)),
                )
            else:
                self._list(activity.name, outcome)
        except CallFailedError as error:
            self._list_failure(activity.name, error)

    def wait(self, poll: Poll[Order, Done, Refused | NoCapacity], order: Order) -> Steps[None]:
        """Poll until it is done."""
        if self.held:
            return
        try:
            waited = yield from wait_for(self.ctx, poll, order, DELETE_POLL, self.waiting, self.confirmation)
            self._list(poll.name, waited)
        except CallFailedError as error:
            self._list_failure(poll.name, error)

    def keep(self, order: KeepOrder) -> Steps[None]:
        """Copy the disk; nothing is removed while there is no copy, which the record says."""
        try:
            waited = yield from wait_for(self.ctx, KEEP_DISK, order, KEEP_POLL, self.waiting)
        except CallFailedError as error:
            waited = Pending(note=error.reason)
        if not isinstance(waited, Done):
            why = waited.note if isinstance(waited, Pending) else waited.message
            self.left.append(Refused(code=HELD_BACK, message=why or "its disk is not copied yet", evidence="keep disk"))
            self.held = True

    def _list(self, name: str, outcome: Done | Finished | Refused | NoCapacity | Pending) -> None:
        match outcome:
            case Done() | Finished():
                pass
            case Refused():
                self.left.append(outcome)
                self.held = outcome.code == HELD_BACK
            case NoCapacity(code=code, message=message):
                self.left.append(Refused(code=code, message=message, evidence=_activity_words(name)))
            case Pending(note=note):
                self.left.append(
                    Refused(
                        code="notRemovedInTime", message=note or _activity_words(name), evidence=_activity_words(name)
                    )
                )

    def _list_failure(self, name: str, error: CallFailedError) -> None:
        self.left.append(Refused(code="serviceUnavailable", message=error.reason, evidence=_activity_words(name)))


def _activity_words(activity: str) -> str:
    """Return the name of an activity in words for people."""
    return activity.replace("_", " ")


def close(ctx: Context, remains: CleanUpOrder, confirmation: Confirmation | None = None) -> Steps[tuple[Refused, ...]]:
    """Sign the user off, remove their right to sign in, stop the machine; return the refused calls.

    The computer account is disabled before the machine stops: it is disabled from there. *confirmation*: that the user
    may be signed off; where they may not any more, nothing is done.
    """
    machine = remains.machine()
    closing = Cleaning(ctx, machine, confirmation=confirmation)
    host = ForgetSessionHostOrder(machine=machine, host_pool_id=remains.host_pool_id)
    yield from closing.do(SIGN_OFF, host)
    if closing.held:
        return tuple(closing.left)
    closing.confirmation = None  # who has lost the session has lost the Cloud PC: from here on it only goes on
    yield from closing.do(REVOKE_SIGN_IN, host)
    yield from disable_accounts(ctx, remains)
    yield from closing.do(BEGIN_DEALLOCATE, machine)
    return tuple(closing.left)


def remove(ctx: Context, order: RemovalOrder) -> Steps[OrphanRemoved]:
    """Delete one orphan, wait until it is gone, and record that."""
    refused = yield from _delete(ctx, order)
    record = RemovalRecord(
        tenant_id=order.tenant_id, orphan_id=order.orphan_id, operation_id=order.operation_id, refused=refused
    )
    yield from call(ctx, RECORD_REMOVAL, record)
    return OrphanRemoved(refused=refused)


def _delete(ctx: Context, order: RemovalOrder) -> Steps[Refused | None]:
    """Delete one orphan; return why that could not be done, None when it is gone."""
    try:
        outcome = yield from wait_for(ctx, DELETE_ORPHAN, order, REMOVAL_POLL)
    except CallFailedError as error:
        return Refused(code="serviceUnavailable", message=error.reason)
    match outcome:
        case Done():
            return None
        case Refused():
            return outcome
        case Pending(note=note):
            return Refused(code="notRemovedInTime", message=note or "it is still there")
