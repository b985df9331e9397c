"""One bucket as a worker sees it: its rate limiter is a table row, read and written as seldom as possible.

While no tenant waits, a worker takes tokens in blocks, so that most calls do not read the table.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from shared.clock import Clock
from shared.contracts.outcomes import Ticket
from shared.domain.rate_limiter import Limit, RateLimiter

T = TypeVar("T")

_BLOCK_LIFETIME_S = 60.0
"""Tokens of a block that are not used within this time are given up: they would add to the next burst."""
_COPY_LIFETIME_S = 1.0
"""Time for which a worker relies on its own copy of a limiter: changes of other workers stay within the margin."""
_REPORT_INTERVAL_S = 2.0
"""While a ticket waits, the cloud's reports are written to the limiter at least so often."""
_REPORT_DIFFERENCE = 0.1
"""It is written at once if the cloud has less left than expected by this part of the limit."""


class RateLimiterStore(Protocol):
    """Storage of the rate limiters (shared.storage.rate_limiters)."""

    async def change(
        self, bucket: str, change: Callable[[RateLimiter | None], tuple[RateLimiter, T]]
    ) -> tuple[RateLimiter, T]:
        """Replace a limiter by the first result of *change*; return both of its results."""

    async def read(self, bucket: str) -> RateLimiter | None:
        """Return the stored limiter, or None if there is none."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """One rate limit: its name, its published size, and how many tokens a worker takes at once while it is free.

    *header* is the response header that reports how many calls are left; with *item*, one of several in a list.
    """

    name: str
    limit: Limit
    block: int
    header: str = ""
    item: str = ""


Tickets = tuple[list[Ticket], float]
"""Tickets, and in how many seconds the last of them may be spent; 0: now."""


@dataclass(frozen=True, slots=True)
class Waiter:
    """A call that needs *n* tokens; *result* is set when it has its tickets."""

    tenant: str
    n: int
    result: asyncio.Future[Tickets]


@dataclass(slots=True)
class BucketClient:
    """The limiter of one bucket, and the tokens of it that this worker has taken and not used."""

    bucket: Bucket
    limiters: RateLimiterStore
    clock: Clock
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    limiter: RateLimiter | None = None
    read_at: float = 0.0
    free: int = 0
    free_until: float = 0.0
    waiters: list[Waiter] = field(default_factory=list)
    answered: int = 0
    calls: int = 0
    refusals: int = 0
    left: int | None = None
    left_at: float = 0.0

    async def enqueue(self, tenant: str, n: int = 1) -> Tickets:
        """Return *n* tickets for a tenant."""
        if self._take_free(n):
            return self._spendable(n)
        result: asyncio.Future[Tickets] = asyncio.get_running_loop().create_future()
        self.waiters.append(Waiter(tenant, n, result))
        async with self.lock:
            # The next one to hold the lock serves all that were added meanwhile: one write for many calls.
            if not result.done():
                await self._serve()
        return result.result()

    async def delay(self, ticket: Ticket) -> float:
        """Return in how many seconds a ticket may be spent; 0: now."""
        now = self._now()
        delay = self._delay(ticket, now) if now - self.read_at <= _COPY_LIFETIME_S else 1.0
        if delay > 0 and self.read_at < now:
            async with self.lock:
                if self.read_at < now:
                    self.limiter, self.read_at = await self.limiters.read(self.bucket.name), now
            delay = self._delay(ticket, now)
        return delay

    async def observe(self, left: int | None) -> None:
        """Note that a call was answered, and how many are *left*; write it to the limiter when that is due."""
        now, limiter = self._now(), self.limiter
        self.answered += 1
        self.calls += 1
        if left is not None:
            self.left, self.left_at = left, now
        if limiter is None or self.lock.locked():
            return
        due = bool(limiter.queues) and now - self.read_at >= _REPORT_INTERVAL_S
        expected = limiter.tokens + self.free
        wrong = left is not None and left + self.bucket.limit.burst * _REPORT_DIFFERENCE < expected
        if wrong:
            self.free = min(self.free, left or 0)
        if due or wrong:
            async with self.lock:
                await self._change(lambda _: None)

    async def back_off(self, after: float) -> None:
        """Close the bucket for *after* seconds, and give up the tokens that were taken of it."""
        self.answered, self.free = self.answered + self.free, 0
        self.refusals += 1
        async with self.lock:
            await self._change(lambda limiter: limiter.back_off(after, self.bucket.limit))

    def _take_free(self, n: int) -> bool:
        """Take *n* of this worker's tokens and return True, or return False if it has fewer."""
        if self.free < n or self._now() >= self.free_until:
            return False
        self.free -= n
        return True

    def _spendable(self, n: int) -> Tickets:
        return [Ticket(bucket=self.bucket.name)] * n, 0.0

    async def _serve(self) -> None:
        while self.waiters and self._take_free(self.waiters[0].n):
            waiter = self.waiters.pop(0)
            waiter.result.set_result(self._spendable(waiter.n))
        if not self.waiters:
            return
        waiters, needed = list(self.waiters), Counter[str]()
        for waiter in waiters:
            needed[waiter.tenant] += waiter.n

        def enqueue(limiter: RateLimiter) -> tuple[dict[str, int], int]:
            last = {tenant: limiter.enqueue(tenant, n) for tenant, n in needed.items()}
            return last, limiter.take_free(self.bucket.block - needed.total())

        (last, free), now = await self._change(enqueue), self._now()
        if free:
            self.free, self.free_until = free, now + _BLOCK_LIFETIME_S
        issued = {tenant: number - needed[tenant] for tenant, number in last.items()}
        for waiter in waiters:
            name, first = self.bucket.name, issued[waiter.tenant] + 1
            issued[waiter.tenant] += waiter.n
            numbers = range(first, first + waiter.n)
            tickets = [Ticket(bucket=name, tenant_id=waiter.tenant, number=number) for number in numbers]
            waiter.result.set_result((tickets, self._delay(tickets[-1], now)))
        del self.waiters[: len(waiters)]

    async def _change(self, change: Callable[[RateLimiter], T]) -> T:
        now, limit = self._now(), self.bucket.limit
        calls, refusals = self.calls, self.refusals
        answered, left = self.answered, self.left if now - self.left_at <= _REPORT_INTERVAL_S else None

        def changed(limiter: RateLimiter | None) -> tuple[RateLimiter, T]:
            limiter = limiter or RateLimiter.full(limit, now)
            limiter.advance(now)
            limiter.observe(answered, left, limit)
            limiter.counts.add(now, calls, refusals)
            return limiter, change(limiter)

        self.limiter, outcome = await self.limiters.change(self.bucket.name, changed)
        self.read_at, self.answered, self.left = now, self.answered - answered, None
        self.calls, self.refusals = self.calls - calls, self.refusals - refusals
        return outcome

    def _delay(self, ticket: Ticket, now: float) -> float:
        if self.limiter is None:
            return 0.0
        self.limiter.advance(now)
        return self.limiter.delay(ticket.tenant_id, ticket.number)

    def _now(self) -> float:
        return self.clock.now().timestamp()
