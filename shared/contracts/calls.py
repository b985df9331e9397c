"""Facts of a call: its subject, its tickets, the time of its order, and how long it waits for an answer.

An activity that finds no free token in a bucket is queued there and answers ``Later`` with a ticket; the orchestrator
sleeps until the ticket should be served and calls again with it. ``shared.workflow`` puts the tickets of the running
call here, and the tenant that it is made for; ``shared.clients.pacing`` takes them out.

An order may be delivered again minutes after it was carried out, when its successors have long run (docs/host.md).
``shared.workflow`` puts into every call the moment of the orchestrator that makes it, and here while it is carried out.
Each thing that is made has that moment of its own order as a tag. An order neither changes nor ends what was ordered
later than itself (decision 128).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Never

from shared.contracts.definitions import RETRY_FOR_A_DAY, Activity, Effect, Json, Workflow
from shared.contracts.outcomes import Done, Ticket
from shared.domain.destroying import Confirmation
from shared.domain.naming import ORDERED_TAG
from shared.domain.owner import Owner
from shared.domain.rate_limiter import behind
from shared.domain.values import Value
from shared.errors import ThrottledError


@dataclass(frozen=True, slots=True)
class Behalf:
    """The tenant of the running call, and the region it is about; empty: the service itself, no one region.

    *yields*: nobody waits for it, so that it comes after all calls for which somebody does.
    """

    tenant_id: str = ""
    region: str = ""
    yields: bool = False

    @property
    def queue(self) -> str:
        """The queue of a rate limit in which the call waits."""
        return behind(self.tenant_id) if self.yields else self.tenant_id


TICKETS: ContextVar[list[Ticket] | None] = ContextVar("tickets", default=None)
"""The tickets of the running activity that are not spent yet: one list, which the tasks that it makes share."""
SPENT: ContextVar[list[Any] | None] = ContextVar("spent", default=None)
"""The buckets of which the running activity has taken tokens, one entry for each.

If it begins anew, it makes these calls again, and needs as many tokens again. None: what runs does not begin anew.
"""
BEHALF: ContextVar[Behalf] = ContextVar("behalf", default=Behalf())  # noqa: B039 - frozen


@contextmanager
def on_behalf_of(tenant_id: str, region: str = "", *, yields: bool = False) -> Iterator[None]:
    """Make the calls inside for a tenant: they are queued for that tenant and no other. *yields*: as ``Behalf``."""
    before = BEHALF.set(Behalf(tenant_id, region, yields))
    try:
        yield
    finally:
        BEHALF.reset(before)


class PacedError(ThrottledError):
    """No call was made: it can be made after *after*, and the new *tickets* keep its places."""

    def __init__(self, *tickets: Ticket, after: timedelta) -> None:
        super().__init__(f"it can be made in {after.total_seconds():.1f} s", after=after)
        self.tickets = tickets


ORDERED_AT: ContextVar[datetime | None] = ContextVar("ordered_at", default=None)
"""The time at which the running order was given; None without an orchestrator, or for orders of old releases."""

EFFECT: ContextVar[Effect | None] = ContextVar("effect", default=None)
"""The declared effect of the running activity, if one runs. Tests compare its calls with it."""

CLOCKS_DIFFER = timedelta(seconds=5)
"""The greatest difference of two clocks of the service's instances."""


DELAY = timedelta(minutes=2)
"""The longest time that an order waits in its queue; the queue shows it again after five minutes (docs/host.md)."""


def moment(now: datetime) -> datetime:
    """Return when the running order was given, or *now* if the order does not say it."""
    return ORDERED_AT.get() or now


def ordered_tag(now: datetime) -> dict[str, str]:
    """Return the tag for resources that the running order makes."""
    return {ORDERED_TAG: moment(now).isoformat()}


def ordered_of(tags: Mapping[str, str] | None) -> datetime | None:
    """Return when the order was given that made a resource with these *tags*, or None if they do not say it."""
    with suppress(ValueError):
        moment = datetime.fromisoformat((tags or {}).get(ORDERED_TAG, ""))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def is_delayed(now: datetime) -> bool:
    """Whether the running order was given minutes ago: it may have been carried out already."""
    ordered = ORDERED_AT.get()
    return ordered is not None and now - ordered > DELAY


def is_overtaken(since: datetime | None, now: datetime) -> bool:
    """Whether the running order is minutes old, and its subject has changed since it was given.

    For moments of another clock than the order's, Azure's or a worker's: an order in time is not judged by seconds.
    """
    return is_delayed(now) and is_later(since)


def is_later(made: datetime | None) -> bool:
    """Whether something was made, or ordered, after the running order was given; False where that is not known."""
    ordered = ORDERED_AT.get()
    return ordered is not None and made is not None and made > ordered


class WaitingWork(Value):
    """Work that waits while a cloud does not answer, for as long as that takes. *doing*: the work in words."""

    tenant_id: str
    owner: Owner
    doing: str


class SilenceRecord(Value):
    """Record that work waits for a cloud. *why*: the cloud; *next_at*: the next attempt, None after an answer."""

    work: WaitingWork
    why: str
    since: datetime
    next_at: datetime | None = None


RECORD_SILENCE = Activity("record_silence", SilenceRecord, Done, Never, RETRY_FOR_A_DAY, effect=Effect.RECORDS)


POLLS_PER_EXECUTION = 10


class WaitOrder(Value):
    """Call *activity* with *payload* until it answers something else than pending, or *until* has come."""

    activity: str
    payload: Json
    next_poll: datetime
    interval: timedelta
    until: datetime
    waiting: WaitingWork | None = None
    confirmation: Confirmation | None = None


AWAIT_OUTCOME = Workflow("await_outcome", WaitOrder, Json)
"""Returns the outcome as JSON, ``{"kind": "pending", ...}`` when the time was up."""
