"""From an async function to an activity function."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from pydantic import ValidationError

from shared.contracts.definitions import Contract, Retry
from shared.contracts.outcomes import Later, NoCapacity, Refused, Ticket
from shared.contracts.refusals import DeclinedError, OutageError
from shared.contracts.tickets import SPENT, TICKETS, PacedError, on_behalf_of
from shared.domain.values import Value
from shared.errors import ThrottledError
from shared.telemetry import observed
from shared.workflow.registration import Implementation, registrable
from shared.workflow.sdk import DurableClient

Order = TypeVar("Order", bound=Value)
Outcome = TypeVar("Outcome")

Written = Callable[[Order], Awaitable[Outcome]] | Callable[[Order, DurableClient], Awaitable[Outcome]]
"""An activity as it is written: it takes the order, and a durable client as *client* when it starts other work."""


def implements(
    contract: Contract[Order, Outcome],
) -> Callable[[Written[Order, Outcome]], Callable[..., Awaitable[Any]]]:
    """Make an async function the implementation of *contract*, an ``Activity`` or a ``Poll``.

    A throttled call becomes ``Later``: throttling is not a failure and uses up no retry. What a cloud declined becomes
    the outcome.
    """

    def implement(function: Written[Order, Outcome]) -> Callable[..., Awaitable[Any]]:
        written: Callable[..., Awaitable[Outcome]] = function

        async def with_refusals(order: Order, *arguments: DurableClient) -> Outcome | Refused | NoCapacity:
            try:
                with on_behalf_of(*_subject(order)):
                    return await written(order, *arguments)
            except DeclinedError as declined:
                return _refusal(contract, declined)

        async def perform(payload: dict[str, Any], *arguments: DurableClient) -> Any:
            order = contract.accepts.model_validate(payload["order"])
            tickets = tuple(Ticket.model_validate(t) for t in payload.get("tickets", ()))
            held, spent = TICKETS.set(tickets), SPENT.set([])
            try:
                with observed(contract.name, order):
                    outcome = await with_refusals(order, *arguments)
            except PacedError as paced:
                return _later(paced, (*TICKETS.get(), *paced.tickets))
            except ThrottledError as throttled:
                return _later(throttled, ())
            except OutageError as outage:  # how long to wait is the orchestrator's matter: it knows since when
                return Later(after=Retry().first.total_seconds(), silent=str(outage)).to_json()
            finally:
                TICKETS.reset(held)
                SPENT.reset(spent)
            return contract.returns.write(outcome)

        entry = _entry(written, perform)
        registrable(entry, written, Implementation(contract, with_refusals))
        return entry

    return implement


def _refusal(contract: Contract[Order, Outcome], declined: DeclinedError) -> Refused | NoCapacity:
    """Return the outcome as the contract knows it: not every one knows a lack of capacity.

    Raises: DeclinedError when the contract knows no refusal at all.
    """
    for outcome in (declined.outcome, declined.refused):
        with suppress(ValidationError):
            contract.returns.read(outcome)
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
    written: Callable[..., Awaitable[Any]], perform: Callable[..., Awaitable[Any]]
) -> Callable[..., Awaitable[Any]]:
    """Return a function with exactly the parameters that are bound: the worker compares the two."""
    if "client" in inspect.get_annotations(written):

        async def starting(payload: dict, client: DurableClient) -> Any:  # type: ignore[type-arg] # the worker refuses dict[str, Any]
            return await perform(payload, client)

        return starting

    async def plain(payload: dict) -> Any:  # type: ignore[type-arg] # the worker refuses dict[str, Any]
        return await perform(payload)

    return plain
