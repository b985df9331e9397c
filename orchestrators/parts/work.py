"""Work in many calls: all of them are made through it, and every outcome but success becomes one of its errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from shared.contracts.calls import WaitingWork
from shared.contracts.definitions import Activity, Contract, Poll, PollPolicy, Retry, Workflow
from shared.contracts.machines import POLL_OPERATION, Machine
from shared.contracts.outcomes import Accepted, Done, NoCapacity, Pending, Refused, Superseded
from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.progress import when_given_up
from shared.domain.values import Value
from shared.workflow import (
    CallFailedError,
    Context,
    Steps,
    call,
    call_all,
    call_raw,
    call_sub_orchestrator,
    wait_for,
    wait_for_all,
)

Order = TypeVar("Order", bound=Value)
Ok = TypeVar("Ok")
Outcome = TypeVar("Outcome")


class WorkFailedError(Exception):
    """The work is over; *failure* is the failure to show."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


class NoCapacityError(WorkFailedError):
    """There is no capacity, or no quota; *reason* says whether there may be elsewhere."""

    def __init__(self, failure: Failure, reason: NoCapacity) -> None:
        super().__init__(failure)
        self.reason = reason


class SupersededError(Exception):
    """The record has moved on to other work, or is gone: this work is over."""


class Work:
    """Work in many calls: an attempt, a remote action, an image build. Each words failures in its own way.

    ``do`` and ``wait`` accept activities that refuse with ``Refused`` or ``NoCapacity``, ``record`` those that may be
    superseded.
    """

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    @property
    def waiting(self) -> WaitingWork | None:
        """The work to show as waiting while a cloud does not answer, or None if such a call fails the work."""
        return None

    def do(self, activity: Activity[Order, Ok, Refused | NoCapacity], order: Order) -> Steps[Ok]:
        """Call *activity* and return its outcome. Raises: WorkFailedError, NoCapacityError."""
        try:
            outcome = yield from call(self.ctx, activity, order, self.waiting)
        except CallFailedError as error:
            raise WorkFailedError(self.unanswered(error.reason)) from error
        return self._unless_refused(outcome)

    def once(self, contract: Contract[Order, Ok | Refused | NoCapacity], order: Order) -> Steps[Ok]:
        """Call a contract once, without a retry; the outcome of a poll may be ``Pending``. Raises: as ``do``."""
        try:
            raw = yield from call_raw(self.ctx, contract.name, order.to_json(), Retry(attempts=1))
        except CallFailedError as error:
            raise WorkFailedError(self.unanswered(error.reason)) from error
        return self._unless_refused(contract.returns.read(raw))

    def do_all(self, activity: Activity[Order, Ok, Refused | NoCapacity], orders: Sequence[Order]) -> Steps[list[Ok]]:
        """Call *activity* once for each order, all at once, and return the outcomes. Raises: as ``do``."""
        if not orders:
            return []
        try:
            outcomes = yield from call_all(self.ctx, activity, orders, self.waiting)
        except CallFailedError as error:
            raise WorkFailedError(self.unanswered(error.reason)) from error
        return [self._unless_refused(outcome) for outcome in outcomes]

    def wait_all(
        self, poll: Poll[Order, Ok, Refused | NoCapacity], orders: Sequence[Order], policy: PollPolicy
    ) -> Steps[list[Ok]]:
        """Do the same as ``wait`` for each order, all at once. Raises: as ``wait``, once all have ended."""
        try:
            outcomes = yield from wait_for_all(self.ctx, poll, orders, policy, self.waiting)
        except CallFailedError as error:
            raise WorkFailedError(self.unanswered(error.reason)) from error
        done: list[Ok] = []
        for outcome in outcomes:
            if isinstance(outcome, Pending):
                raise WorkFailedError(self.too_late(outcome, policy))
            done.append(self._unless_refused(outcome))
        return done

    def record(self, activity: Activity[Order, Ok, NoCapacity | Superseded], order: Order) -> Steps[Ok]:
        """Write to the record that the work is for. Raises: SupersededError, and as ``do``."""
        try:
            outcome = yield from call(self.ctx, activity, order, self.waiting)
        except CallFailedError as error:
            raise WorkFailedError(self.unanswered(error.reason)) from error
        if isinstance(outcome, Superseded):
            raise SupersededError
        return self._unless_refused(outcome)

    def wait(self, poll: Poll[Order, Ok, Refused | NoCapacity], order: Order, policy: PollPolicy) -> Steps[Ok]:
        """Poll until there is an outcome, and return it. Raises: as ``do``, also when it takes too long."""
        try:
            outcome = yield from wait_for(self.ctx, poll, order, policy, self.waiting)
        except CallFailedError as error:
            raise WorkFailedError(self.unanswered(error.reason)) from error
        if isinstance(outcome, Pending):
            raise WorkFailedError(self.too_late(outcome, policy))
        return self._unless_refused(outcome)

    def finish(self, machine: Machine, operation: Accepted | Done, policy: PollPolicy) -> Steps[None]:
        """Wait for the end of an operation in Azure; without one return at once. Raises: as ``wait``."""
        if isinstance(operation, Accepted):
            yield from self.wait(POLL_OPERATION, machine.poll_order(operation), policy)

    def call_sub_orchestrator(self, workflow: Workflow[Order, Outcome], order: Order) -> Steps[Outcome]:
        """Run *workflow* as a part of the work. Raises: WorkFailedError when it failed."""
        try:
            return (yield from call_sub_orchestrator(self.ctx, workflow, order))
        except CallFailedError as error:
            raise WorkFailedError(self.unanswered(error.reason)) from error

    def try_all(self, tries: Iterable[Steps[object]]) -> Steps[tuple[WorkFailedError, ...]]:
        """Run all *tries*, also after a failure; return the errors."""
        errors: list[WorkFailedError] = []
        for each in tries:
            try:
                yield from each
            except WorkFailedError as error:
                errors.append(error)
        return tuple(errors)

    def _unless_refused(self, outcome: Ok | Refused | NoCapacity) -> Ok:
        """Return an outcome that is no refusal. Raises: WorkFailedError, NoCapacityError."""
        if isinstance(outcome, Refused):
            raise WorkFailedError(self.refused(outcome))
        if isinstance(outcome, NoCapacity):
            raise NoCapacityError(self.no_capacity(outcome), outcome)
        return outcome

    def refused(self, refused: Refused) -> Failure:
        """Return the failure of a refused call."""
        failure = refused.failure()
        return failure.but(advice=when_given_up(failure.advice))

    def no_capacity(self, full: NoCapacity) -> Failure:
        """Return the failure of an attempt that finds no capacity."""
        return Failure(code=full.code, message=full.message)

    def unanswered(self, reason: str) -> Failure:
        """Return the failure of a call that failed more often than its contract allows."""
        return Failure(code="serviceUnavailable", message=reason)

    def too_late(self, pending: Pending, policy: PollPolicy) -> Failure:
        """Return the failure of an operation that did not end within *policy*'s time-out."""
        del policy
        return Failure(code="timedOut", message=pending.note or "it took too long")


def overdue(pending: Pending, policy: PollPolicy) -> str:
    """Return in words the length and the object of a wait."""
    minutes = int(policy.timeout.total_seconds() // 60)
    return f"not done after {minutes} minutes. {pending.note}".strip()
