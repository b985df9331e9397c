"""From an async function to an activity function, registered with its contract.

Importing a module registers nothing anywhere but in its own blueprint: who wants an implementation, as tests do, asks
the functions that the app has registered.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from pydantic import ValidationError

from shared.contracts.calls import EFFECT, ORDERED_AT, SPENT, TICKETS, PacedError, on_behalf_of
from shared.contracts.definitions import Contract, Retry
from shared.contracts.outcomes import DeclinedError, Done, Later, NoCapacity, OutageError, Refused, Ticket
from shared.domain.destroying import Confirmation
from shared.domain.values import Value
from shared.errors import ThrottledError
from shared.metering import METER, Execution
from shared.telemetry import observed
from shared.workflow.sdk import DurableClient

_ATTRIBUTE = "implementation"


@dataclass(frozen=True, slots=True)
class Implementation:
    """A contract and the function that implements it: typed values in and out, refusals as values.

    *fence*: refuses orders that are older than their subject; None: the activity only reads.
    """

    contract: Contract[Any, Any]
    function: Callable[..., Any]
    fence: Callable[..., Any] | None = None


def registrable(entry: Callable[..., Any], written: Callable[..., Any], of: Implementation) -> None:
    """Give *entry* the name and docstring of the *written* function, and attach its Implementation.

    Not functools.wraps: the Functions worker reads the signature of the function it finds.

    Raises: ValueError when the function is not named after its contract.
    """
    name = of.contract.name
    if written.__name__ != name:
        message = f"{written.__name__} implements {name}: the names must agree"
        raise ValueError(message)
    entry.__name__ = entry.__qualname__ = name
    entry.__doc__ = written.__doc__
    entry.__module__ = written.__module__
    entry.__dict__[_ATTRIBUTE] = of


def implementation_of(function: Callable[..., Any]) -> Implementation | None:
    """Return the contract that a registered function implements, None for a trigger of another kind."""
    entry = getattr(function, "orchestrator_function", function)  # the Durable SDK wraps orchestrators
    found: Implementation | None = getattr(entry, _ATTRIBUTE, None)
    return found


Order = TypeVar("Order", bound=Value)
Outcome = TypeVar("Outcome")

Written = Callable[[Order], Awaitable[Outcome]] | Callable[[Order, DurableClient], Awaitable[Outcome]]
"""An activity as written: it takes the order, and *client*, a durable client, if it starts other work."""

Fence = Callable[[Order], Awaitable[str | None]]
"""Returns why an order is not carried out (its subject was made after the order), or None."""

Asks = Callable[[Confirmation], Awaitable[Refused | None]]
"""The question of an activity that destroys something, once its confirmation is old: why not, None when it may act."""

_log = logging.getLogger("deskwright")


def implements(
    contract: Contract[Order, Outcome], *, fence: Fence[Order] | None = None, asks: Asks | None = None
) -> Callable[[Written[Order, Outcome]], Callable[..., Awaitable[Any]]]:
    """Make an async function the implementation of *contract*, an ``Activity`` or a ``Poll``.

    A throttled call becomes ``Later``: throttling is not a failure and uses up no retry. What a cloud declined becomes
    the outcome. *fence*: what keeps an order that is delivered again, late, from what was made since; an activity that
    makes, changes or ends something has one. *asks*: what is asked just before, where the call has a confirmation; a
    refusal is the outcome.

    Raises: TypeError for a fence that is missing.
    """
    if contract.effect.is_fenced is not (fence is not None):
        message = (
            f"{contract.name} {contract.effect.value}: it has a fence exactly if it makes, changes or ends something"
        )
        raise TypeError(message)

    def implement(function: Written[Order, Outcome]) -> Callable[..., Awaitable[Any]]:
        written: Callable[..., Awaitable[Outcome]] = function

        with_refusals = _with_refusals(contract, fence, written)

        async def perform(payload: dict[str, Any], *arguments: DurableClient) -> Any:
            order = contract.accepts.model_validate(payload["order"])
            tickets = [Ticket.model_validate(t) for t in payload.get("tickets", ())]
            held, spent = TICKETS.set(tickets), SPENT.set([])
            ordered = ORDERED_AT.set(_moment(payload.get("orderedAt")))
            try:
                with observed(contract.name, order):
                    outcome = await with_refusals(order, *arguments, ask=partial(_ask_again, asks, payload))
            except PacedError as paced:
                return _later(paced, (*(TICKETS.get() or ()), *paced.tickets))
            except ThrottledError as throttled:
                return _later(throttled, ())
            except OutageError as outage:  # how long to wait is the orchestrator's matter: it knows since when
                return Later(after=Retry().first.total_seconds(), silent=str(outage)).to_json()
            finally:
                TICKETS.reset(held)
                SPENT.reset(spent)
                ORDERED_AT.reset(ordered)
            return contract.returns.write(outcome)

        entry = _entry(written, METER.metered(Execution.ACTIVITY, perform))
        registrable(entry, written, Implementation(contract, with_refusals, fence))
        return entry

    return implement


def _with_refusals(
    contract: Contract[Order, Outcome], fence: Fence[Order] | None, written: Callable[..., Awaitable[Outcome]]
) -> Callable[..., Awaitable[Outcome | Done | Refused | NoCapacity]]:
    """Return an activity that checks its fence and its question first, and returns declined calls as outcomes.

    An order that comes too late asks nothing: a question may record that its act waits.
    """

    async def with_refusals(
        order: Order, *arguments: DurableClient, ask: Callable[[], Awaitable[Refused | None]] | None = None
    ) -> Outcome | Done | Refused | NoCapacity:
        effect = EFFECT.set(contract.effect)
        try:
            tenant_id, region, yields = _subject(order)
            with on_behalf_of(tenant_id, region, yields=yields):
                if fence is not None and (why := await fence(order)) is not None:
                    _log.warning("%s is not done: %s", contract.name, why)
                    return _fenced(contract, why)
                if ask is not None and (refused := await ask()) is not None:
                    return refused
                return await written(order, *arguments)
        except DeclinedError as declined:
            return _refusal(contract, declined)
        finally:
            EFFECT.reset(effect)

    return with_refusals


async def _ask_again(asks: Asks | None, payload: dict[str, Any]) -> Refused | None:
    """Ask whether a confirmed act may still be done. Raises: KeyError when the activity has no question."""
    if "confirmation" not in payload:
        return None
    confirmation = Confirmation.model_validate(payload["confirmation"])
    if asks is None:
        raise KeyError(confirmation.act.name)
    with on_behalf_of(confirmation.tenant_id, ""):
        return await asks(confirmation)


def _refusal(contract: Contract[Order, Outcome], declined: DeclinedError) -> Refused | NoCapacity:
    """Return the outcome as the contract knows it: not every one knows a lack of capacity.

    Raises: DeclinedError when the contract knows no refusal at all.
    """
    for outcome in (declined.outcome, declined.refused):
        with suppress(ValidationError):
            contract.returns.read(outcome)
            return outcome
    raise declined


def _moment(text: object) -> datetime | None:
    """Return when an order was given, or None for orders of old releases."""
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _fenced(contract: Contract[Order, Outcome], why: str) -> Done | Refused:
    """Return the outcome of an order that came too late: there is nothing to do for it, or it is refused."""
    refused = Refused(code="orderedEarlier", message=why, advice="Nothing: later work has taken its place.")
    with suppress(ValidationError):
        contract.returns.read(Done())
        return Done()
    return refused


def _subject(order: Value) -> tuple[str, str, bool]:
    """Return the tenant an order is for and the region it is about, each empty where it names none.

    And whether its machine is one that nobody waits for.
    """
    machine = getattr(order, "machine", None)
    subject = machine if isinstance(machine, Value) else order
    return getattr(subject, "tenant_id", ""), getattr(subject, "region", ""), getattr(subject, "in_pool", False)


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
