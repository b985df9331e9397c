"""Work that ends early in its own words: every call is made through it, and what is no success becomes its error."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeVar

from shared.contracts.definitions import Activity, PollPolicy, Workflow
from shared.contracts.machines import POLL_OPERATION, Machine
from shared.contracts.outcomes import Accepted, NoCapacity, Pending, Refused
from shared.domain.values import Value
from shared.workflow import CallFailedError, Context, Steps, call, call_sub_orchestrator, wait_for

In = TypeVar("In", bound=Value)


class Work(ABC):
    """Something that takes many calls: an attempt, a remote action, a machine for a while."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    def do(self, activity: Activity[In, Any], order: In) -> Steps[Any]:
        """Call *activity* and return its outcome. Raises: ``refused``, ``no_capacity``, ``unanswered``."""
        try:
            outcome = yield from call(self.ctx, activity, order)
        except CallFailedError as error:
            raise self.unanswered(error.reason) from error
        return self._need(outcome)

    def run(self, workflow: Workflow[In, Any], order: In) -> Steps[Any]:
        """Run *workflow* as a part of the work. Raises: ``unanswered`` when it broke off."""
        try:
            return (yield from call_sub_orchestrator(self.ctx, workflow, order))
        except CallFailedError as error:
            raise self.unanswered(error.reason) from error

    def wait(self, look: Activity[In, Any], order: In, policy: PollPolicy) -> Steps[Any]:
        """Look until *look* finds what it looks for. Raises: as ``do``, and ``too_late``."""
        try:
            outcome = yield from wait_for(self.ctx, look, order, policy)
        except CallFailedError as error:
            raise self.unanswered(error.reason) from error
        if isinstance(outcome, Pending):
            raise self.too_late(outcome, policy)
        return self._need(outcome)

    def finish(self, machine: Machine, begun: Any, policy: PollPolicy) -> Steps[None]:  # noqa: ANN401 - Accepted or done
        """Wait for the end of what Azure has begun; what was done at once is not waited for. Raises: as ``wait``."""
        if isinstance(begun, Accepted):
            yield from self.wait(POLL_OPERATION, machine.look_at(begun), policy)

    def _need(self, outcome: Any) -> Any:  # noqa: ANN401 - whatever the contract gives
        match outcome:
            case Refused():
                raise self.refused(outcome)
            case NoCapacity():
                raise self.no_capacity(outcome)
            case _:
                return outcome

    @abstractmethod
    def refused(self, refused: Refused) -> Exception:
        """Return the error of what a cloud has declined."""

    @abstractmethod
    def no_capacity(self, full: NoCapacity) -> Exception:
        """Return the error of what there is no room for."""

    @abstractmethod
    def unanswered(self, reason: str) -> Exception:
        """Return the error of a call that failed more often than its contract allows."""

    @abstractmethod
    def too_late(self, pending: Pending, policy: PollPolicy) -> Exception:
        """Return the error of what did not come about within *policy*'s time-out."""


def overdue(pending: Pending, policy: PollPolicy) -> str:
    """Return in words how long was waited, and for what."""
    minutes = int(policy.timeout.total_seconds() // 60)
    return f"not done after {minutes} minutes. {pending.note}".strip()
