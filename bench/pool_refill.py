"""Builds of people beside the refill of a pool, in front of one rate limit: the limiter is the service's."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean

from shared.domain.rate_limiter import Limit, RateLimiter, behind

_LIMIT = Limit(per_second=10, burst=200)
"""Limit of Resource Manager's writes for one app in one subscription."""
_PEOPLE, _CALLS, _PAUSE = 50, 40, 20.0
_BEGIN = 1_800_000_000.0


@dataclass
class _Build:
    """A build that makes one call after another: the ticket that it holds, and when it makes its next call."""

    queue: str
    left: int = _CALLS
    ticket: int = 0
    wakes: float = _BEGIN
    ended: float = 0.0


def mean_build(refill: int) -> float:
    """Return the mean seconds of the builds of people while *refill* members are built, and again."""
    limiter = RateLimiter.full(_LIMIT, _BEGIN)
    limiter.tokens = 0.0
    people = [_Build("contoso") for _ in range(_PEOPLE)]
    members = [_Build(behind("contoso"), left=10**6) for _ in range(refill)]
    now = _BEGIN
    while any(each.left for each in people):
        for each in (*members, *people):  # members ask first: that gives them nothing
            _step(limiter, each, now)
        now += 0.1
    return mean(each.ended - _BEGIN for each in people)


def _step(limiter: RateLimiter, build: _Build, now: float) -> None:
    if not build.left or build.wakes > now:
        return
    limiter.advance(now)
    if not build.ticket:
        build.ticket = limiter.enqueue(build.queue)
    if limiter.delay(build.queue, build.ticket) > 0:
        return
    build.left, build.ticket, build.wakes = build.left - 1, 0, now + _PAUSE
    build.ended = now
