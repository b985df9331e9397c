"""The tenant on whose behalf a call is made, and its tickets: its places in the queues of rate limits.

An activity that finds no free token in a bucket is queued there and answers ``Later`` with a ticket; the orchestrator
sleeps until the ticket should be served and calls again with it. ``shared.workflow`` puts the tickets of the running
call here, and the tenant that it is made for; ``shared.clients.pacing`` takes them out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.contracts.outcomes import Ticket
from shared.errors import ThrottledError


@dataclass(frozen=True, slots=True)
class Behalf:
    """The tenant of the running call, and the region it is about; empty: the service itself, no one region."""

    tenant_id: str = ""
    region: str = ""


TICKETS: ContextVar[tuple[Ticket, ...]] = ContextVar("tickets", default=())
SPENT: ContextVar[list[Any] | None] = ContextVar("spent", default=None)
"""The buckets of which the running activity has taken tokens, one entry for each.

If it begins anew, it makes these calls again, and needs as many tokens again. None: what runs does not begin anew.
"""
BEHALF: ContextVar[Behalf] = ContextVar("behalf", default=Behalf())  # noqa: B039 - frozen


@contextmanager
def on_behalf_of(tenant_id: str, region: str = "") -> Iterator[None]:
    """Make the calls inside for a tenant: they are queued for that tenant and no other."""
    before = BEHALF.set(Behalf(tenant_id, region))
    try:
        yield
    finally:
        BEHALF.reset(before)


class PacedError(ThrottledError):
    """No call was made: it can be made after *after*, and the new *tickets* keep its places."""

    def __init__(self, *tickets: Ticket, after: timedelta) -> None:
        super().__init__(f"it can be made in {after.total_seconds():.1f} s", after=after)
        self.tickets = tickets
