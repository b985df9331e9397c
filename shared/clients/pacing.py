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
from shared.contracts.tickets import BEHALF, SPENT, TICKETS, PacedError
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
        held, taken, spent = list(TICKETS.get()), list[Ticket](), SPENT.get()
        if held and not spent and (wait := max([await self._look(ticket, buckets) for ticket in held])) > 0:
            raise PacedError(after=max(_LEAST, timedelta(seconds=wait)))  # before the first of its calls is made
        for bucket in buckets:
            ticket = next((t for t in held if t.bucket == bucket.name), None)
            if ticket is not None:
                held.remove(ticket)
                wait = await self._desk(bucket).look(ticket)
            else:
                (ticket,), wait = await self._desk(bucket).join(BEHALF.get().tenant_id)
                taken.append(ticket)
            if wait > 0:
                raise await self.call_again(timedelta(seconds=wait), *taken)
        TICKETS.set(tuple(held))
        if spent is not None:
            spent += buckets

    async def call_again(self, after: timedelta, *taken: Ticket) -> PacedError:
        """Return that the call has to come back *after*, with *taken* and a place for each call that it makes again."""
        tickets, wait = list(taken), after.total_seconds()
        for bucket, n in Counter(SPENT.get() or ()).items():
            more, longer = await self._desk(bucket).join(BEHALF.get().tenant_id, n)
            tickets += more
            wait = max(wait, longer)
        return PacedError(*tickets, after=max(_LEAST, timedelta(seconds=wait)))

    async def _look(self, ticket: Ticket, buckets: tuple[Bucket, ...]) -> float:
        """Return how long until a ticket comes up; one on a bucket that nobody here has met is looked at in time."""
        bucket = next((bucket for bucket in buckets if bucket.name == ticket.bucket), None)
        desk = self._desk(bucket) if bucket else self._desks.get(ticket.bucket)
        return await desk.look(ticket) if desk else 0.0

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


_Joined = tuple[list[Ticket], float]


@dataclass(frozen=True, slots=True)
class _Wish:
    """Somebody who wants *n* places, and is told which."""

    tenant: str
    n: int
    told: asyncio.Future[_Joined]


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
    wishes: list[_Wish] = field(default_factory=list)
    answered: int = 0
    left: int | None = None
    left_at: float = 0.0

    async def join(self, tenant: str, n: int = 1) -> _Joined:
        """Return *n* tickets, and in how many seconds the last may be spent; 0: now."""
        if self._has_spare(n):
            return self._free(n)
        mine: asyncio.Future[_Joined] = asyncio.get_running_loop().create_future()
        self.wishes.append(_Wish(tenant, n, mine))
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
        self.answered, self.spare = self.answered + self.spare, 0
        async with self.lock:
            await self._change(lambda line: line.refuse(after, self.bucket.limit))

    def _has_spare(self, n: int) -> bool:
        """Take *n* of the places that this process holds, if it does."""
        if self.spare < n or self._now() >= self.spare_until:
            return False
        self.spare -= n
        return True

    def _free(self, n: int) -> _Joined:
        return [Ticket(bucket=self.bucket.name)] * n, 0.0

    async def _serve(self) -> None:
        while self.wishes and self._has_spare(self.wishes[0].n):
            wish = self.wishes.pop(0)
            wish.told.set_result(self._free(wish.n))
        if not self.wishes:
            return
        wishes, wanted = list(self.wishes), Counter[str]()
        for wish in wishes:
            wanted[wish.tenant] += wish.n

        def enter(line: Line) -> tuple[dict[str, int], int]:
            last = {tenant: line.join(tenant, n) for tenant, n in wanted.items()}
            return last, line.spare(self.bucket.block - wanted.total())

        (last, spare), now = await self._change(enter), self._now()
        if spare:
            self.spare, self.spare_until = spare, now + _STALE_S
        given = {tenant: number - wanted[tenant] for tenant, number in last.items()}
        for wish in wishes:
            name, first = self.bucket.name, given[wish.tenant] + 1
            given[wish.tenant] += wish.n
            numbers = range(first, first + wish.n)
            tickets = [Ticket(bucket=name, tenant_id=wish.tenant, number=number) for number in numbers]
            wish.told.set_result((tickets, self._wait(tickets[-1], now)))
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
