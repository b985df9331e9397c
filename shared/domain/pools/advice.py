"""Advice on the size of a warm pool, from the requests of the last weeks. Pure."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from shared.domain.policies.warm_pool import REFILL, PoolSize, refill_time
from shared.domain.values import Value

_SHARE = 0.95
_LEAST_ASKED = 20
"""With fewer requests there is no advice: a percentile of them says nothing."""

_STANDS_OUT = 2
"""Factor above the usual requests within one refill time from which a day counts as busy."""


class BusyDay(Value):
    """A day of UTC on which more people came than on others, and the size that would have had a member for all."""

    on: date
    size: int


class SizeAdvice(Value):
    """Advice on the size of a pool: *desired*, and larger ones for days such as *busy_days*.

    *desired*: 95th percentile of the requests within one refill time, over the refill times of the period in which
    somebody asked. *busy_days*: they stand out and are left out of it; days like them belong into the schedule.
    """

    asked: int
    desired: int | None = None
    busy_days: tuple[BusyDay, ...] = ()
    why: str


def advised(requests: Iterable[datetime], limits: PoolSize) -> SizeAdvice:
    """Return the advice from the times at which members were asked for. *limits*: minimum and maximum of the pool."""
    asked = sorted(requests)
    if len(asked) < _LEAST_ASKED:
        return SizeAdvice(asked=len(asked), why=f"advice needs {_LEAST_ASKED} requests within 30 days")
    peaks: dict[date, int] = {}
    for at in asked:
        peaks[at.date()] = max(peaks.get(at.date(), 0), _within(asked, at, REFILL))
    ordered = sorted(peaks.values())
    usual = ordered[len(ordered) // 2]
    busy = {day for day, peak in peaks.items() if peak > max(_STANDS_OUT * usual, usual + 5)}
    others = [at for at in asked if at.date() not in busy]
    size = _percentile([_within(others, at, REFILL) for at in others]) if others else 0
    size = _settled(others, size)
    days = [BusyDay(on=day, size=_kept(_busiest(asked, day), limits)) for day in sorted(busy)]
    why = f"95 of 100 times so many or fewer asked within {REFILL.total_seconds() / 60:.0f} minutes"
    return SizeAdvice(asked=len(asked), desired=_kept(size, limits), busy_days=tuple(days), why=why)


def _within(asked: list[datetime], at: datetime, time: timedelta) -> int:
    """Return how many asked in a time that begins at *at*."""
    return bisect_right(asked, at + time) - bisect_right(asked, at - timedelta(microseconds=1))


def _percentile(counts: list[int]) -> int:
    return sorted(counts)[min(len(counts) - 1, int(len(counts) * _SHARE))]


def _settled(asked: list[datetime], size: int) -> int:
    """Return the size that also lasts while as many members are built again, which takes longer for many."""
    for _ in range(len(asked)):
        larger = _percentile([_within(asked, at, refill_time(max(1, size))) for at in asked])
        if larger <= size:
            break
        size = larger
    return size


def _busiest(asked: list[datetime], day: date) -> int:
    """Return how many asked on a day: its members are built before it begins."""
    return sum(at.date() == day for at in asked)


def _kept(size: int, limits: PoolSize) -> int:
    return min(max(size, limits.minimum), limits.maximum)
