"""The context of the running call: the tenant it is made for, and the tickets it holds.

An activity that finds no free token in a bucket returns ``Later`` with a ticket in its tenant's queue; the orchestrator
sleeps until the token should be free and calls again with the ticket. ``shared.workflow`` sets the context, and
``shared.clients.pacing`` reads it.
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
    """The tenant and the region of the running call; empty: a call of the service itself, in no particular region."""

    tenant_id: str = ""
    region: str = ""


TICKETS: ContextVar[tuple[Ticket, ...]] = ContextVar("tickets", default=())
SPENT: ContextVar[list[Any] | None] = ContextVar("spent", default=None)
"""The buckets of the tokens that the running activity has used, one entry for each token.

If it starts again, it repeats these calls, and needs as many tokens again. None: what runs does not start again.
"""
BEHALF: ContextVar[Behalf] = ContextVar("behalf", default=Behalf())  # noqa: B039 - frozen


@contextmanager
def on_behalf_of(tenant_id: str, region: str = "") -> Iterator[None]:
    """Make the calls inside for a tenant: they use its queue and its credential."""
    before = BEHALF.set(Behalf(tenant_id, region))
    try:
        yield
    finally:
        BEHALF.reset(before)


class PacedError(ThrottledError):
    """No call was made: it may be made *after* this time, with the new *tickets*."""

    def __init__(self, *tickets: Ticket, after: timedelta) -> None:
        super().__init__(f"no free token for {after.total_seconds():.1f} s", after=after)
        self.tickets = tickets
