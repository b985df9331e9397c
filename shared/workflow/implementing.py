"""From a promise kept to an activity function."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from pydantic import ValidationError

from shared.contracts.definitions import Activity
from shared.contracts.outcomes import Later, NoCapacity, Refused, Ticket
from shared.contracts.refusals import DeclinedError
from shared.contracts.tickets import SPENT, TICKETS, PacedError, on_behalf_of
from shared.domain.values import Value
from shared.errors import ThrottledError
from shared.telemetry import observed
from shared.workflow.sdk import DurableClient

In = TypeVar("In", bound=Value)
Out = TypeVar("Out")

ACTIVITIES: dict[str, Callable[..., Awaitable[Any]]] = {}
"""Every activity by its wire name, as it was written, with refusals as values."""


def implements(
    activity: Activity[In, Out],
) -> Callable[[Callable[..., Awaitable[Out]]], Callable[..., Awaitable[Any]]]:
    """Make an async function the implementation of *activity*.

    The function takes the order, and a durable client as *client* when it starts other work. A throttled call
    becomes ``Later``: throttling is not a failure and uses up no retry. What a cloud declined becomes the outcome.
    """

    def implement(function: Callable[..., Awaitable[Out]]) -> Callable[..., Awaitable[Any]]:
        if function.__name__ != activity.name:
            message = f"{function.__name__} implements {activity.name}: the names must agree"
            raise ValueError(message)

        async def kept(order: In, *arguments: DurableClient) -> Any:
            try:
                with on_behalf_of(*_subject(order)):
                    return await function(order, *arguments)
            except DeclinedError as declined:
                return _offered(activity, declined)

        async def perform(payload: dict[str, Any], *arguments: DurableClient) -> Any:
            order = activity.accepts.model_validate(payload["order"])
            tickets = tuple(Ticket.model_validate(t) for t in payload.get("tickets", ()))
            held, spent = TICKETS.set(tickets), SPENT.set([])
            try:
                with observed(activity.name, order):
                    outcome = await kept(order, *arguments)
            except PacedError as paced:
                return _later(paced, (*TICKETS.get(), *paced.tickets))
            except ThrottledError as throttled:
                return _later(throttled, ())
            finally:
                TICKETS.reset(held)
                SPENT.reset(spent)
            return activity.returns.write(outcome)

        ACTIVITIES[activity.name] = kept
        return _entry(function, activity.name, perform)

    return implement


def _offered(activity: Activity[In, Out], declined: DeclinedError) -> Refused | NoCapacity:
    """Return the outcome as the contract knows it: not every one has room to lack.

    Raises: DeclinedError when the contract knows no refusal at all.
    """
    for outcome in (declined.outcome, declined.refused):
        with suppress(ValidationError):
            activity.returns.read(outcome)
            return outcome
    raise declined


def _subject(order: Value) -> tuple[str, str]:
    """Return the tenant an order is for and the region it is about, each empty where it names none."""
    machine = getattr(order, "machine", None)
    subject = machine if isinstance(machine, Value) else order
    return getattr(subject, "tenant_id", ""), getattr(subject, "region", "")


def _later(error: ThrottledError, tickets: tuple[Ticket, ...]) -> dict[str, Any]:
    return Later(after=error.after.total_seconds(), tickets=tickets).to_json()


def _entry(
    function: Callable[..., Awaitable[Any]], name: str, perform: Callable[..., Awaitable[Any]]
) -> Callable[..., Awaitable[Any]]:
    """Return a function with exactly the parameters that are bound: the worker compares the two."""
    if "client" in inspect.get_annotations(function):

        async def starting(payload: dict, client: DurableClient) -> Any:  # type: ignore[type-arg] # the worker refuses dict[str, Any]
            return await perform(payload, client)

        entry: Callable[..., Awaitable[Any]] = starting
    else:

        async def plain(payload: dict) -> Any:  # type: ignore[type-arg] # the worker refuses dict[str, Any]
            return await perform(payload)

        entry = plain
    entry.__name__ = entry.__qualname__ = name
    entry.__doc__ = function.__doc__
    entry.__module__ = function.__module__
    return entry
