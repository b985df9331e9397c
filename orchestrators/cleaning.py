"""Removing one thing after the other: whatever cannot be removed is kept in a list, and does not stop the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.contracts.definitions import Activity
from shared.contracts.machines import DELETE_POLL, POLL_OPERATION, Machine
from shared.contracts.outcomes import Accepted, NoCapacity, Pending, Refused
from shared.workflow import CallFailedError, Context, Steps, call, wait_for


class Cleaning:
    """Goes on whatever happens; *left* is what could not be removed."""

    def __init__(self, ctx: Context, machine: Machine) -> None:
        self.ctx, self.machine, self.left = ctx, machine, list[Refused]()

    def do(self, activity: Activity[Any, Any], order: Any) -> Steps[None]:  # noqa: ANN401 - any contract
        """Call *activity*, and wait for the end of what Azure begins."""
        yield from self._keep(activity.name, lambda: self._done(activity, order))

    def wait(self, activity: Activity[Any, Any], order: Any) -> Steps[None]:  # noqa: ANN401 - any contract
        """Call *activity* until it says that it is done."""
        yield from self._keep(activity.name, lambda: wait_for(self.ctx, activity, order, DELETE_POLL))

    def _done(self, activity: Activity[Any, Any], order: Any) -> Steps[Any]:  # noqa: ANN401 - as above
        outcome = yield from call(self.ctx, activity, order)
        if isinstance(outcome, Accepted):
            outcome = yield from wait_for(self.ctx, POLL_OPERATION, self.machine.look_at(outcome), DELETE_POLL)
        return outcome

    def _keep(self, name: str, remove: Callable[[], Steps[Any]]) -> Steps[None]:
        try:
            outcome = yield from remove()
        except CallFailedError as error:
            self.left.append(Refused(code="serviceUnavailable", message=error.reason, evidence=name))
            return
        match outcome:
            case Refused():
                self.left.append(outcome)
            case NoCapacity(code=code, message=message):
                self.left.append(Refused(code=code, message=message, evidence=name))
            case Pending(note=note):
                self.left.append(Refused(code="notRemovedInTime", message=note or name, evidence=name))
