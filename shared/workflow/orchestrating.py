"""From a procedure, written as a generator, to an orchestrator function."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, NoReturn, TypeVar

from shared.contracts.definitions import Workflow
from shared.domain.values import Value
from shared.metering import METER
from shared.workflow.implementing import Implementation, registrable
from shared.workflow.sdk import Context

Order = TypeVar("Order", bound=Value)
Outcome = TypeVar("Outcome")
T = TypeVar("T")

Steps = Generator[Any, Any, T]
"""Generator of an orchestrator: it yields the tasks it waits for and returns a T."""


class ContinuedAsNew(BaseException):
    """This execution has ended without an outcome: the instance continues with *order* and an empty history."""

    def __init__(self, order: Value) -> None:
        super().__init__(type(order).__name__)
        self.order = order


def continue_as_new(order: Value) -> NoReturn:
    """Continue this instance as new with *order*: same id, empty history."""
    raise ContinuedAsNew(order)


def predates(ctx: Context, version: str) -> bool:
    """Whether the instance began under a release before *version*: it makes the calls of that release.

    A change of an orchestrator's calls keeps the old ones behind this, and host.json's ``defaultVersion`` is *version*.
    """
    began = ctx.version
    return not began or _numbers(began) < _numbers(version)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def orchestrates(
    workflow: Workflow[Order, Outcome],
) -> Callable[[Callable[[Context, Order], Steps[Outcome]]], Callable[[Context], Steps[Any]]]:
    """Make a generator function the implementation of *workflow*: JSON in, JSON out, values between."""

    def implement(procedure: Callable[[Context, Order], Steps[Outcome]]) -> Callable[[Context], Steps[Any]]:
        def entry(context: Context) -> Steps[Any]:
            METER.turn()
            order = workflow.accepts.model_validate(context.get_input())
            try:
                outcome = yield from procedure(context, order)
            except ContinuedAsNew as next_execution:
                context.continue_as_new(next_execution.order.to_json())
                return None
            return workflow.returns.write(outcome)

        registrable(entry, procedure, Implementation(workflow, procedure))
        return entry

    return implement
