"""Work that ends early in its own words: every call is made through it, and what is no success becomes its error."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeVar

from shared.contracts.machines import LOOK_AT_OPERATION, Machine
from shared.contracts.outcomes import Accepted, NoRoom, Pending, Refused
from shared.contracts.shape import Activity, Patience, Workflow
from shared.domain.values import Value
from shared.workflow import CallFailedError, Context, Steps, call, run, wait_for

In = TypeVar("In", bound=Value)


class Work(ABC):
    """Something that takes many calls: an attempt, a remote action, a machine for a while."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx

    def do(self, activity: Activity[In, Any], order: In) -> Steps[Any]:
        """Call *activity* and return its outcome. Raises: ``refused``, ``no_room``, ``unanswered``."""
        try:
            outcome = yield from call(self.ctx, activity, order)
        except CallFailedError as error:
            raise self.unanswered(error.reason) from error
        return self._need(outcome)

    def run(self, workflow: Workflow[In, Any], order: In) -> Steps[Any]:
        """Run *workflow* as a part of the work. Raises: ``unanswered`` when it broke off."""
        try:
            return (yield from run(self.ctx, workflow, order))
        except CallFailedError as error:
            raise self.unanswered(error.reason) from error

    def wait(self, look: Activity[In, Any], order: In, patience: Patience) -> Steps[Any]:
        """Look until *look* finds what it looks for. Raises: as ``do``, and ``too_late``."""
        try:
            outcome = yield from wait_for(self.ctx, look, order, patience)
        except CallFailedError as error:
            raise self.unanswered(error.reason) from error
        if isinstance(outcome, Pending):
            raise self.too_late(outcome, patience)
        return self._need(outcome)

    def finish(self, machine: Machine, begun: Any, patience: Patience) -> Steps[None]:  # noqa: ANN401 - Accepted or done
        """Wait for the end of what Azure has begun; what was done at once is not waited for. Raises: as ``wait``."""
        if isinstance(begun, Accepted):
            yield from self.wait(LOOK_AT_OPERATION, machine.look_at(begun), patience)

    def _need(self, outcome: Any) -> Any:  # noqa: ANN401 - whatever the contract gives
        match outcome:
            case Refused():
                raise self.refused(outcome)
            case NoRoom():
                raise self.no_room(outcome)
            case _:
                return outcome

    @abstractmethod
    def refused(self, refused: Refused) -> Exception:
        """Return the error of what a cloud has declined."""

    @abstractmethod
    def no_room(self, full: NoRoom) -> Exception:
        """Return the error of what there is no room for."""

    @abstractmethod
    def unanswered(self, reason: str) -> Exception:
        """Return the error of a call that failed more often than its contract allows."""

    @abstractmethod
    def too_late(self, pending: Pending, patience: Patience) -> Exception:
        """Return the error of what did not come about within *patience*."""


def overdue(pending: Pending, patience: Patience) -> str:
    """Return in words how long was waited, and for what."""
    minutes = int(patience.limit.total_seconds() // 60)
    return f"not done after {minutes} minutes. {pending.note}".strip()
