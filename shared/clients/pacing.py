"""Places in the clouds' rate limits: reserved before a call is made, and shared by all workers.

A bucket gives its places one *every* so often, and *burst* of them at once when nobody asked for a while. Blocks of
places are leased from a table row, so that most calls cost no look at the table. A call that finds no free place
reserves the next ones in all its buckets and raises ``PacedError``: the orchestrator sleeps until then and calls
again with the tickets (shared.contracts.tickets).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from shared.contracts.outcomes import Ticket
from shared.contracts.tickets import TICKETS, PacedError

_STALE = timedelta(minutes=1)
"""Places of a block that nobody took for so long are given up: they would add to the next burst."""
_WARY = 0.25
"""Below this part of a burst, what the cloud says is left counts more than what we believe."""


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Return the time as an aware UTC datetime."""


class Leases(Protocol):
    """Where the state of the buckets lives (shared.storage.pacing)."""

    async def lease(self, bucket: str, n: int, at: datetime, *, every: timedelta, burst: int = 1) -> datetime:
        """Reserve *n* places; return when the first of them is free, the others follow *every*."""

    async def close_until(self, bucket: str, at: datetime) -> None:
        """Give no place before *at*."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One rate limit: whose it is, how fast it refills, how much it holds, how many places are leased at once."""

    name: str
    every: timedelta
    burst: int
    block: int


@dataclass(slots=True)
class _Block:
    first: datetime
    left: int


@dataclass(slots=True)
class Pacing:
    """The places this process holds."""

    leases: Leases
    clock: Clock
    _blocks: dict[str, _Block] = field(default_factory=dict)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def reserve(self, *buckets: Bucket) -> None:
        """Take one place in each of *buckets*, or a ticket that the running call holds.

        Raises: PacedError when one of them has no free place now.
        """
        held, taken = list(TICKETS.get()), list[Ticket]()
        now = self.clock.now()
        for bucket in buckets:
            ticket = next((t for t in held if t.bucket == bucket.name), None)
            if ticket is not None:
                held.remove(ticket)
            else:
                taken.append(Ticket(bucket=bucket.name, at=await self._place(bucket, now)))
        wait = max((ticket.at - now for ticket in taken), default=timedelta(0))
        if wait > timedelta(0):
            raise PacedError(*taken, after=wait)
        TICKETS.set(tuple(held))

    async def close(self, bucket: Bucket, after: timedelta) -> None:
        """Give no place for *after*: the cloud has answered 429."""
        self._blocks.pop(bucket.name, None)
        await self.leases.close_until(bucket.name, self.clock.now() + after)

    async def believe(self, bucket: Bucket, left: int) -> None:
        """Lower our idea of *bucket* to what the cloud says is left, when that is little."""
        block = self._blocks.get(bucket.name)
        if left >= bucket.burst * _WARY or (block is not None and block.left <= left):
            return
        self._blocks.pop(bucket.name, None)
        await self.leases.close_until(bucket.name, self.clock.now() - bucket.every * max(0, left - bucket.block))

    async def _place(self, bucket: Bucket, now: datetime) -> datetime:
        async with self._locks.setdefault(bucket.name, asyncio.Lock()):
            block = self._blocks.get(bucket.name)
            if block is None or not block.left or now - block.first > _stale(bucket):
                first = await self.leases.lease(bucket.name, bucket.block, now, every=bucket.every, burst=bucket.burst)
                block = self._blocks[bucket.name] = _Block(first, bucket.block)
            at = block.first
            block.first, block.left = at + bucket.every, block.left - 1
            return max(at, now)


def _stale(bucket: Bucket) -> timedelta:
    """Return the age from which a block is given up; a full bucket's places are born as old as its burst."""
    return _STALE + bucket.every * bucket.burst
