"""Places in the clouds' rate limits: taken before a call is made, shared fairly by all tenants and all workers.

Each bucket has a line (shared.domain.line) in a table row. While nobody waits, a worker takes places in blocks, so that
most calls cost no look at the table. A call that finds no free place stands in line for its tenant and raises
``PacedError``: the orchestrator sleeps until its turn should come and calls again with the ticket
(shared.contracts.tickets). What the answers say is left corrects the line.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from shared.contracts.outcomes import Ticket
from shared.contracts.tickets import BEHALF, TICKETS, PacedError
from shared.domain.line import Limit, Line

T = TypeVar("T")

_STALE_S = 60.0
"""Places of a block that nobody took for so long are given up: they would add to the next burst."""
_LEAST = timedelta(milliseconds=10)
"""Nobody comes back sooner: a wait that is rounded to nothing would never end."""
_FRESH_S = 1.0
"""So long a worker believes its own copy of a line: what others do in it stays within the margin."""
_TELLS_EVERY_S = 2.0
"""While somebody waits, the line hears at least so often what the cloud says."""
_WRONG = 0.1
"""The line hears at once when the cloud has less left than we believe, by this part of the limit."""


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Return the time as an aware UTC datetime."""


class Lines(Protocol):
    """Where the lines are kept (shared.storage.pacing)."""

    async def change(self, bucket: str, change: Callable[[Line | None], tuple[Line, T]]) -> tuple[Line, T]:
        """Replace a line by what *change* makes of it; return both that it gives."""

    async def read(self, bucket: str) -> Line | None:
        """Return a line as it was last written."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One rate limit: whose it is, what is published of it, and how many places are taken at once while it is free.

    *header* names what tells how many calls are left; with *item*, one of several in a list.
    """

    name: str
    limit: Limit
    block: int
    header: str = ""
    item: str = ""


@dataclass(slots=True)
class Pacing:
    """The places this process holds, and what it has heard."""

    lines: Lines
    clock: Clock
    _desks: dict[str, _Desk] = field(default_factory=dict)

    async def reserve(self, *buckets: Bucket) -> None:
        """Take one place in each of *buckets* for the tenant of the running call, or a ticket that the call holds.

        They are taken in order, and nobody stands in the second line while he waits in the first: a place that is
        held there would be kept from those who could use it. Raises: PacedError when it is not one's turn.
        """
        held, taken = list(TICKETS.get()), list[Ticket]()
        for bucket in buckets:
            ticket = next((t for t in held if t.bucket == bucket.name), None)
            if ticket is not None:
                held.remove(ticket)
                wait = await self._desk(bucket).look(ticket)
            else:
                ticket, wait = await self._desk(bucket).join(BEHALF.get().tenant_id)
                taken.append(ticket)
            if wait > 0:
                raise PacedError(*taken, after=max(_LEAST, timedelta(seconds=wait)))
        TICKETS.set(tuple(held))

    async def hear(self, bucket: Bucket, left: int | None) -> None:
        """Learn that a call was answered, and how many more were possible then (None: not said)."""
        await self._desk(bucket).hear(left)

    async def close(self, bucket: Bucket, after: timedelta) -> None:
        """Give no place for *after*: the cloud has answered 429."""
        await self._desk(bucket).close(after.total_seconds())

    def _desk(self, bucket: Bucket) -> _Desk:
        desk = self._desks.get(bucket.name)
        if desk is None:
            desk = self._desks[bucket.name] = _Desk(bucket, self.lines, self.clock)
        return desk


@dataclass(slots=True)
class _Desk:
    """One bucket, as this process sees it."""

    bucket: Bucket
    lines: Lines
    clock: Clock
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    line: Line | None = None
    read_at: float = 0.0
    spare: int = 0
    spare_until: float = 0.0
    wishes: list[tuple[str, asyncio.Future[tuple[Ticket, float]]]] = field(default_factory=list)
    answered: int = 0
    left: int | None = None
    left_at: float = 0.0

    async def join(self, tenant: str) -> tuple[Ticket, float]:
        """Return a ticket, and in how many seconds it may be spent; 0: now."""
        if self._has_spare():
            return Ticket(bucket=self.bucket.name), 0.0
        mine: asyncio.Future[tuple[Ticket, float]] = asyncio.get_running_loop().create_future()
        self.wishes.append((tenant, mine))
        async with self.lock:
            # Whoever comes next asks for all who came meanwhile: one look at the table for a crowd.
            if not mine.done():
                await self._serve()
        return mine.result()

    async def look(self, ticket: Ticket) -> float:
        """Return in how many seconds a ticket may be spent; 0: now."""
        now = self._now()
        wait = self._wait(ticket, now) if now - self.read_at <= _FRESH_S else 1.0
        if wait > 0 and self.read_at < now:
            async with self.lock:
                if self.read_at < now:
                    self.line, self.read_at = await self.lines.read(self.bucket.name), now
            wait = self._wait(ticket, now)
        return wait

    async def hear(self, left: int | None) -> None:
        """Remember what an answer says; tell the line when that is due."""
        now, line = self._now(), self.line
        self.answered += 1
        if left is not None:
            self.left, self.left_at = left, now
        if line is None or self.lock.locked():
            return
        due = bool(line.turns) and now - self.read_at >= _TELLS_EVERY_S
        wrong = left is not None and left + self.bucket.limit.burst * _WRONG < line.places + self.spare
        if wrong:
            self.spare = min(self.spare, left or 0)
        if due or wrong:
            async with self.lock:
                await self._change(lambda _: None)

    async def close(self, after: float) -> None:
        """Close the line, and give up what was taken of it."""
        self.spare = 0
        async with self.lock:
            await self._change(lambda line: line.refuse(after, self.bucket.limit))

    def _has_spare(self) -> bool:
        """Take one of the places that this process holds, if it does."""
        if not self.spare or self._now() >= self.spare_until:
            return False
        self.spare -= 1
        return True

    async def _serve(self) -> None:
        while self.wishes and self._has_spare():
            self.wishes.pop(0)[1].set_result((Ticket(bucket=self.bucket.name), 0.0))
        if not self.wishes:
            return
        wishes, wanted = list(self.wishes), Counter(tenant for tenant, _ in self.wishes)

        def enter(line: Line) -> tuple[dict[str, int], int]:
            last = {tenant: line.join(tenant, n) for tenant, n in wanted.items()}
            return last, line.spare(self.bucket.block - len(wishes))

        (last, spare), now = await self._change(enter), self._now()
        if spare:
            self.spare, self.spare_until = spare, now + _STALE_S
        next_of = {tenant: number - wanted[tenant] for tenant, number in last.items()}
        for tenant, wish in wishes:
            next_of[tenant] += 1
            ticket = Ticket(bucket=self.bucket.name, tenant_id=tenant, number=next_of[tenant])
            wish.set_result((ticket, self._wait(ticket, now)))
        del self.wishes[: len(wishes)]

    async def _change(self, change: Callable[[Line], T]) -> T:
        now, limit = self._now(), self.bucket.limit
        answered, left = self.answered, self.left if now - self.left_at <= _TELLS_EVERY_S else None

        def changed(line: Line | None) -> tuple[Line, T]:
            line = line or Line.begin(limit, now)
            line.advance(now)
            line.hear(answered, left, limit)
            return line, change(line)

        self.line, outcome = await self.lines.change(self.bucket.name, changed)
        self.read_at, self.answered, self.left = now, self.answered - answered, None
        return outcome

    def _wait(self, ticket: Ticket, now: float) -> float:
        if self.line is None:
            return 0.0
        self.line.advance(now)
        return self.line.wait(ticket.tenant_id, ticket.number)

    def _now(self) -> float:
        return self.clock.now().timestamp()
