"""From a story to an orchestrator function."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeVar

from shared.contracts.definitions import Workflow
from shared.domain.values import Value
from shared.workflow.sdk import Context

In = TypeVar("In", bound=Value)
Out = TypeVar("Out")
T = TypeVar("T")

Steps = Generator[Any, Any, T]
"""What an orchestrator is: it yields the tasks it waits for and returns a T."""

ORCHESTRATORS: dict[str, Callable[..., Steps[Any]]] = {}
"""Every orchestrator by its wire name, as it was written: stories are tested on this."""


class _Again:
    """The orchestrator has asked to continue as new: it has no result."""


AGAIN = _Again()


def continue_as_new(ctx: Context, order: Value) -> Any:
    """Continue this instance as new with *order*: same id, empty history. Return the answer to give."""
    ctx.continue_as_new(order.to_json())
    return AGAIN


def orchestrates(
    workflow: Workflow[In, Out],
) -> Callable[[Callable[[Context, In], Steps[Out]]], Callable[[Context], Steps[Any]]]:
    """Make a story the implementation of *workflow*: JSON in, JSON out, values between."""

    def implement(story: Callable[[Context, In], Steps[Out]]) -> Callable[[Context], Steps[Any]]:
        def entry(context: Context) -> Steps[Any]:
            order = workflow.accepts.model_validate(context.get_input())
            outcome = yield from story(context, order)
            if outcome is AGAIN:
                return None
            return workflow.returns.write(outcome)

        if story.__name__ != workflow.name:
            message = f"{story.__name__} implements {workflow.name}: the names must agree"
            raise ValueError(message)
        ORCHESTRATORS[workflow.name] = story
        # Not functools.wraps: the Functions worker reads the signature of the function it finds.
        entry.__name__ = entry.__qualname__ = workflow.name
        entry.__doc__ = story.__doc__
        entry.__module__ = story.__module__
        return entry

    return implement
