"""The rate limiter in front of one bucket: the order of its tokens, and the bucket's actual level.

Tokens are added at a rate, up to the size of the bucket. A tenant that finds no free token waits in a queue of its own:
its tickets are numbered, and are served in their order. Between tenants, tokens are shared by start-time fair queueing
(Goyal, Vin, Cheng, 1996) with equal weights: each token goes to the tenant whose queue has the lowest tag, and raises
that tag by one. No tenant starves, no token stays unused while a tenant waits, and a tenant that needs few tokens is
served as if it were alone.

Work that nobody waits for, such as refilling a warm pool, has queues of its own (``behind``): they share the tokens
that are left when no ticket of the others waits.

The published limit is only the first estimate. The cloud reports how many calls are left; from that the limiter
corrects its number of tokens, and estimates the rate and the size. Where nothing is reported, a refusal lowers the
estimate and time raises it again.

Everything is a function of the state and of the time, and two steps in time have the same effect as their sum, so that
workers who share the state through a table agree. Times are seconds since the epoch.
"""

from __future__ import annotations

import heapq
from dataclasses import asdict, dataclass, field
from typing import Any, Self

_ROUNDING = 1e-6
"""Tolerance for sums of fractions of a token, which are a little less than the token."""
_MARGIN = 0.1
"""The part of a bucket that is never handed out: for calls that the network delays, so that they arrive together."""
_MIN_SIZE = 2.0
"""No bucket is estimated smaller: of one token the margin would leave none to hand out."""
_HALF_LIFE, _HALF_LIFE_TOKENS = 10.0, 30.0
"""Half-life of tickets, in seconds and in tokens: of the tokens handed out without an answer, half are taken for lost
after so many seconds, or after the time in which so many tokens are added, whichever is longer: tickets are dropped.
"""
_LEARN_INTERVAL = 5.0
_GAIN = 0.5
_MAX_STEP = 1.5
"""The rate changes by no more than this factor at a time."""
_MAX_RANGE = 64.0
"""The rate stays within this factor of the published one, so that a wrong report cannot stop a service permanently."""
_CUT, _CUT_UNREPORTED = 0.5, 0.7
"""The estimate is cut less where only time raises it again."""
_CUT_INTERVAL = 3.0
_RECOVERY_TIME = 1200.0
"""From nothing back to the published limit, where refusals are the only information."""


_BEHIND = "~"
"""First character of the queues that come after the others; no id of a tenant begins with it."""


def behind(tenant: str) -> str:
    """Return the name of the queue of a tenant's work that nobody waits for."""
    return _BEHIND + tenant


def _is_behind(queue: str) -> bool:
    return queue.startswith(_BEHIND)


@dataclass(frozen=True, slots=True)
class Limit:
    """A published limit: tokens per second, and how many there can be at once."""

    per_second: float
    burst: float


@dataclass(slots=True)
class TenantQueue:
    """The queue of one tenant: tickets up to *granted* may be spent, those after it up to *issued* wait."""

    tag: int
    granted: int
    issued: int

    @property
    def waiting(self) -> int:
        """The number of tickets that wait."""
        return self.issued - self.granted


_HOUR = 3600


@dataclass(slots=True)
class CallCounts:
    """Calls on a bucket, and those that the cloud refused, in the hour that began at *hour* and in the one before."""

    hour: int = 0
    calls: int = 0
    refusals: int = 0
    calls_before: int = 0
    refusals_before: int = 0

    def add(self, now: float, calls: int, refusals: int) -> None:
        """Count calls and refusals at the time *now*."""
        hour = int(now // _HOUR)
        if hour != self.hour:
            follows = hour == self.hour + 1
            self.calls_before, self.refusals_before = (self.calls, self.refusals) if follows else (0, 0)
            self.hour, self.calls, self.refusals = hour, 0, 0
        self.calls += calls
        self.refusals += refusals

    def lately(self, now: float) -> tuple[int, int]:
        """Return the calls and refusals of the hour of *now* and of the one before."""
        hour = int(now // _HOUR)
        if hour == self.hour:
            return self.calls + self.calls_before, self.refusals + self.refusals_before
        return (self.calls, self.refusals) if hour == self.hour + 1 else (0, 0)


@dataclass(slots=True)
class RateLimiter:
    """The state of one bucket at the time *at*."""

    at: float
    rate: float  # tokens per second
    size: float  # estimated size of the bucket, including the margin
    tokens: float  # free now; negative after a correction
    unanswered: float = 0.0  # tokens handed out for calls whose answer is not known yet
    closed_until: float = 0.0  # the cloud wants no call before
    tag: int = 0  # of the last token that was handed out
    last_number: int = 0  # the highest ticket number of all queues
    last_reported: float = 0.0  # when the cloud last reported what is left; 0: never
    learned_at: float = 0.0
    drift: float = 0.0  # sum of the corrections since *learned_at*
    cut_at: float = 0.0
    queues: dict[str, TenantQueue] = field(default_factory=dict)
    counts: CallCounts = field(default_factory=CallCounts)
    """Not part of its JSON: an earlier release, after a rollback, would not know the field."""

    @classmethod
    def full(cls, limit: Limit, now: float) -> Self:
        """Return a limiter with a full bucket and no queue."""
        return cls(at=now, rate=limit.per_second, size=limit.burst, tokens=limit.burst * (1 - _MARGIN), learned_at=now)

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> Self:
        """Return the limiter that ``to_json`` wrote."""
        queues = {tenant: TenantQueue(*queue) for tenant, queue in body["queues"].items()}
        return cls(**{**body, "queues": queues})

    def to_json(self) -> dict[str, Any]:
        """Return the state as plain JSON."""
        state = {**asdict(self), "queues": {name: [q.tag, q.granted, q.issued] for name, q in self.queues.items()}}
        del state["counts"]
        return state

    @property
    def waiting(self) -> int:
        """The number of tickets that wait, of all tenants."""
        return sum(queue.waiting for queue in self.queues.values())

    @property
    def burst(self) -> float:
        """The most tokens that are handed out at once: the size without the margin."""
        return self.size * (1 - _MARGIN)

    # Time and queues
    def advance(self, now: float) -> None:
        """Move on to *now*: add the tokens of the time in between, and grant them to the tickets that wait."""
        if now > self.at:
            self.tokens += max(0.0, now - max(self.at, self.closed_until)) * self.rate
            self.unanswered *= 0.5 ** ((now - self.at) / max(_HALF_LIFE, _HALF_LIFE_TOKENS / self.rate))
            self.at = now
        self._grant()
        self.tokens = min(self.tokens, self.burst)

    def enqueue(self, tenant: str, n: int = 1) -> int:
        """Add *n* tickets to a tenant's queue; return the number of the last of them."""
        queue = self.queues.get(tenant)
        if queue is None:
            # Numbers only rise, also for a tenant whose queue was removed meanwhile: an old ticket is a spent one.
            number = max(int(self.at * 1e6), self.last_number)
            queue = self.queues[tenant] = TenantQueue(self.tag, number, number)
        elif not queue.waiting:
            queue.tag = max(queue.tag, self.tag)
        queue.issued += n
        self.last_number = max(self.last_number, queue.issued)
        self._grant()
        return queue.issued

    def take_free(self, n: int) -> int:
        """Take up to *n* free tokens for any tenant; none while a ticket waits. Return how many."""
        if self.at < self.closed_until or any(queue.waiting for queue in self.queues.values()):
            return 0
        taken = max(0, min(n, int(self.tokens + _ROUNDING)))
        self.tokens -= taken
        self.unanswered += taken
        return taken

    def delay(self, tenant: str, number: int) -> float:
        """Return in how many seconds a ticket may be spent, as far as is known; 0: now."""
        closed = max(0.0, self.closed_until - self.at)
        queue = self.queues.get(tenant)
        if queue is None or number <= queue.granted:
            return closed
        last = queue.tag + number - queue.granted - 1  # the tag of the token that this ticket gets
        before = 0
        for name, other in self.queues.items():
            if _is_behind(name) is _is_behind(tenant) and name != tenant:
                before += min(other.waiting, max(0, last - other.tag + (name < tenant)))
            elif not _is_behind(name) and _is_behind(tenant):
                before += other.waiting
        return closed + (number - queue.granted + before - self.tokens) / self.rate

    def _grant(self) -> None:
        if self.tokens + _ROUNDING < 1 or self.at < self.closed_until:
            return
        heap = [(_is_behind(name), queue.tag, name) for name, queue in self.queues.items() if queue.waiting]
        heapq.heapify(heap)
        while heap and self.tokens + _ROUNDING >= 1:
            after, tag, tenant = heap[0]
            self.tag = max(self.tag, tag)  # a queue that comes after the others has waited at a lower one
            queue = self.queues[tenant]
            queue.tag, queue.granted = queue.tag + 1, queue.granted + 1
            self.tokens, self.unanswered = self.tokens - 1, self.unanswered + 1
            if queue.waiting:
                heapq.heapreplace(heap, (after, queue.tag, tenant))
            else:
                heapq.heappop(heap)
        # An empty queue is kept until the others have caught up: a tenant gains nothing by coming back.
        self.queues = {name: queue for name, queue in self.queues.items() if queue.waiting or queue.tag > self.tag}

    # Learning
    def observe(self, answered: int, left: int | None, limit: Limit) -> None:
        """Learn from *answered* calls; *left*: the remaining calls that the last one reported, None if it did not."""
        self.unanswered = max(0.0, self.unanswered - answered)
        if left is None:
            if not self.last_reported:
                self._recover(limit)
            return
        self.size = max(self.size if self.last_reported else _MIN_SIZE, left + 1.0)
        full = self.tokens >= self.burst - 1 or left >= self.burst
        error = left - self.unanswered - self.size * _MARGIN - self.tokens
        self.tokens = min(self.tokens + error, self.burst)
        if full or not self.last_reported:
            self.drift, self.learned_at = 0.0, self.at  # a full bucket shows nothing about the rate
        else:
            self.drift += error
        self.last_reported = self.at
        self._learn(limit)
        self._grant()

    def back_off(self, after: float, limit: Limit) -> None:
        """Learn from a refusal: the bucket was empty, and no call may be made for *after* seconds."""
        self.closed_until = max(self.closed_until, self.at + after)
        self.tokens = min(self.tokens, -self.unanswered)  # calls that have a token are still made, and need one too
        if self.at - self.cut_at < _CUT_INTERVAL:
            return  # calls that were on their way when the first of them was refused: no new information
        cut = _CUT if self.last_reported else _CUT_UNREPORTED
        self.rate = max(self.rate * cut, limit.per_second / _MAX_RANGE)
        self.size = max(self.size * cut, _MIN_SIZE)
        self.cut_at = self.learned_at = self.at
        self.drift = 0.0

    def _learn(self, limit: Limit) -> None:
        length = self.at - self.learned_at
        if length < _LEARN_INTERVAL:
            return
        estimate = self.rate + _GAIN * self.drift / length
        estimate = min(max(estimate, self.rate / _MAX_STEP), self.rate * _MAX_STEP)
        self.rate = min(max(estimate, limit.per_second / _MAX_RANGE), limit.per_second * _MAX_RANGE)
        self.drift, self.learned_at = 0.0, self.at

    def _recover(self, limit: Limit) -> None:
        part, self.learned_at = (self.at - self.learned_at) / _RECOVERY_TIME, self.at
        self.rate = max(self.rate, min(self.rate + limit.per_second * part, limit.per_second))
        self.size = max(self.size, min(self.size + limit.burst * part, limit.burst))
