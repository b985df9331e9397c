"""Tokens of the clouds' rate limits: taken before a call is made, shared fairly by all tenants and all workers.

Each bucket has a rate limiter (shared.domain.rate_limiter) in a table row. A call that finds no free token gets a
ticket in its tenant's queue and raises ``PacedError``: the orchestrator sleeps until the token should be free and calls
again with the ticket (shared.contracts.tickets). What the answers report as left corrects the limiter.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from shared.clients.buckets import Bucket, BucketClient, RateLimiters
from shared.clock import Clock
from shared.contracts.outcomes import Ticket
from shared.contracts.tickets import BEHALF, SPENT, TICKETS, PacedError

_SHORTEST = timedelta(milliseconds=10)
"""No call comes back sooner: a delay that is rounded to nothing would never end."""


@dataclass(slots=True)
class Pacing:
    """The buckets that this worker uses, with the tokens that it has of each."""

    limiters: RateLimiters
    clock: Clock
    _clients: dict[str, BucketClient] = field(default_factory=dict)

    async def reserve(self, *buckets: Bucket) -> None:
        """Take one token of each of *buckets* for the tenant of the running call, or spend a ticket that it holds.

        They are taken in order, and a call that waits in the first queue does not enter the second one: a token that
        it held there would be kept from calls that could use it. Raises: PacedError when a token is not free yet.
        """
        held, taken, spent = list(TICKETS.get()), list[Ticket](), SPENT.get()
        if held and not spent and (delay := max([await self._delay(ticket, buckets) for ticket in held])) > 0:
            raise PacedError(after=max(_SHORTEST, timedelta(seconds=delay)))  # before the first of its calls is made
        for bucket in buckets:
            ticket = next((t for t in held if t.bucket == bucket.name), None)
            if ticket is not None:
                held.remove(ticket)
                delay = await self._client(bucket).delay(ticket)
            else:
                (ticket,), delay = await self._client(bucket).enqueue(BEHALF.get().tenant_id)
                taken.append(ticket)
            if delay > 0:
                raise await self.call_again(timedelta(seconds=delay), *taken)
        TICKETS.set(tuple(held))
        if spent is not None:
            spent += buckets

    async def call_again(self, after: timedelta, *taken: Ticket) -> PacedError:
        """Return an error that asks for the same call *after* a time, with *taken* and a ticket for each request."""
        tickets, delay = list(taken), after.total_seconds()
        for bucket, n in Counter(SPENT.get() or ()).items():
            more, longer = await self._client(bucket).enqueue(BEHALF.get().tenant_id, n)
            tickets += more
            delay = max(delay, longer)
        return PacedError(*tickets, after=max(_SHORTEST, timedelta(seconds=delay)))

    async def observe(self, bucket: Bucket, left: int | None) -> None:
        """Report an answered call to the bucket, with the number of calls that were left then (None: not reported)."""
        await self._client(bucket).observe(left)

    async def back_off(self, bucket: Bucket, after: timedelta) -> None:
        """Give no token for *after*: the cloud has answered 429."""
        await self._client(bucket).back_off(after.total_seconds())

    async def _delay(self, ticket: Ticket, buckets: tuple[Bucket, ...]) -> float:
        """Return in how many seconds a ticket may be spent; 0 for a bucket that this worker has not used yet."""
        bucket = next((bucket for bucket in buckets if bucket.name == ticket.bucket), None)
        client = self._client(bucket) if bucket else self._clients.get(ticket.bucket)
        return await client.delay(ticket) if client else 0.0

    def _client(self, bucket: Bucket) -> BucketClient:
        client = self._clients.get(bucket.name)
        if client is None:
            client = self._clients[bucket.name] = BucketClient(bucket, self.limiters, self.clock)
        return client
