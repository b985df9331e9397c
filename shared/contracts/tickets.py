"""Reserved places in a rate limit travel with a call, from the one who reserved to the one who spends.

An activity that finds its bucket empty reserves the next free place and answers ``Later`` with a ticket; the
orchestrator sleeps until then and calls again with it. ``shared.workflow`` puts the tickets of the running call
here, ``shared.clients.pacing`` takes them out.
"""

from __future__ import annotations

from contextvars import ContextVar
from datetime import timedelta

from shared.contracts.outcomes import Ticket
from shared.errors import ThrottledError

TICKETS: ContextVar[tuple[Ticket, ...]] = ContextVar("tickets", default=())


class PacedError(ThrottledError):
    """No call was made: its places in the rate limits are *tickets*, the last of them free after *after*."""

    def __init__(self, *tickets: Ticket, after: timedelta) -> None:
        last = max(tickets, key=lambda ticket: ticket.at)
        super().__init__(f"the next free place on {last.bucket} is at {last.at.isoformat()}", after=after)
        self.tickets = tickets
