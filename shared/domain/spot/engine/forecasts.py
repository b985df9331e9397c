"""Forecasts from observed data: how long hosts take to start, and when users sign in.

Sign-ins are counted by day and by quarter of an hour, in the time zone of the group's schedule, else in UTC. A day is
compared with the same weekday of other weeks; until there are three, also with the latest days of its kind (Monday to
Friday, or Saturday and Sunday). What is expected of a quarter of an hour is the 75th percentile of those days: of four
weeks one unusual one counts for nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import Field

from shared.domain.values import Value

KEPT = 50
"""The number of recent durations to learn from; after as many starts, a change of size or region is learned."""

_ENOUGH = 5
"""With fewer durations the assumed ones count too, so that one quick start does not become the rule."""


class Durations(Value):
    """The median and the 95th percentile of how long something took."""

    median: timedelta
    p95: timedelta


class StartTimes(Value):
    """Durations from the request until a host serves: *start* of a stopped one, *build* of a new one.

    The assumed start is a deallocated machine's and its agent's ("about 2 min", docs/notes/spotpc-avd.md 4.1); the
    assumed build includes join, registration and the proof that the host works.
    """

    start: Durations = Durations.model_construct(median=timedelta(minutes=2), p95=timedelta(minutes=4))
    build: Durations = Durations.model_construct(median=timedelta(minutes=18), p95=timedelta(minutes=30))


def learned(latest: Sequence[timedelta], assumed: Durations) -> Durations:
    """Return the durations learned from *latest* (oldest first); if these are few, *assumed* is counted with them."""
    counted = list(latest[-KEPT:])
    if not counted:
        return assumed
    if len(counted) < _ENOUGH:
        counted += [assumed.median, assumed.p95]
    ordered = sorted(counted)
    return Durations(median=_rank(ordered, 50), p95=_rank(ordered, 95))


def _rank(ordered: Sequence[timedelta], percent: int) -> timedelta:
    """Return the nearest-rank percentile: the least value that is not below *percent* of all."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


QUARTER = timedelta(minutes=15)
KEPT_DAYS = 28
_ENOUGH_DAYS, _SIMILAR_DAYS = 3, 5
_SATURDAY = 6
_PERCENT = 75


class SignIns(Value):
    """The number of sessions that began within one minute, which begins *at*."""

    at: datetime
    users: int = Field(ge=1)


class ArrivalDay(Value):
    """The sign-ins of one local date: by the number of the quarter of an hour, 0 to 99; without any it was quiet."""

    on: date
    quarters: dict[int, int] = Field(default_factory=dict)


class Arrivals(Value):
    """The sign-ins of the latest days, oldest first. *until*: sign-ins before this moment are counted."""

    until: datetime | None = None
    days: tuple[ArrivalDay, ...] = ()


class Expected(NamedTuple):
    """The sign-ins that are expected of one quarter of an hour, which begins *at* (UTC)."""

    at: datetime
    users: int


def minutes_of(began: Sequence[datetime], now: datetime, within: timedelta) -> tuple[SignIns, ...]:
    """Return how many sessions began in each whole minute of the time before *now*, in order.

    The minute that still goes on is left out: it is counted once, when it is over.
    """
    last = now.replace(second=0, microsecond=0)
    counted: dict[datetime, int] = {}
    for each in began:
        minute = each.astimezone(now.tzinfo).replace(second=0, microsecond=0)
        if last - within <= minute < last:
            counted[minute] = counted.get(minute, 0) + 1
    return tuple(SignIns(at=at, users=users) for at, users in sorted(counted.items()))


def uncounted(known: Arrivals, seen: Sequence[SignIns]) -> list[SignIns]:
    """Return the sign-ins of a look that were not counted before."""
    return [each for each in seen if known.until is None or each.at >= known.until]


def noted(known: Arrivals, seen: Sequence[SignIns], now: datetime, zone: str) -> Arrivals:
    """Return the arrivals after a look *now*; minutes that were counted before are not counted again."""
    new = uncounted(known, seen)
    days = {each.on: dict(each.quarters) for each in known.days}
    days.setdefault(_local(now, zone).date(), {})
    for each in new:
        on, quarter = _place(each.at, zone)
        quarters = days.setdefault(on, {})
        quarters[quarter] = quarters.get(quarter, 0) + each.users
    first = _local(now, zone).date() - timedelta(days=KEPT_DAYS)
    kept = tuple(ArrivalDay(on=on, quarters=quarters) for on, quarters in sorted(days.items()) if on >= first)
    return Arrivals(until=now.replace(second=0, microsecond=0), days=kept)


def expected(known: Arrivals, now: datetime, within: timedelta, zone: str) -> tuple[Expected, ...]:
    """Return the quarters from the present one on that begin *within* a time, and have sign-ins to expect.

    Those of the present quarter are what is left: who has come already is not expected again.
    """
    by_day = {each.on: each.quarters for each in known.days}
    found = []
    at = _quarter_begins(now, zone)
    while at <= now + within:
        on, quarter = _place(at, zone)
        users = _usual([by_day[each] for each in _like(on, by_day)], quarter)
        if at <= now:
            users -= by_day.get(on, {}).get(quarter, 0)
        if users > 0:
            found.append(Expected(at, users))
        at += QUARTER
    return tuple(found)


def _usual(days: Sequence[Mapping[int, int]], quarter: int) -> int:
    counts = sorted(each.get(quarter, 0) for each in days)
    return counts[-(-len(counts) * _PERCENT // 100) - 1] if counts else 0


def _like(on: date, days: Mapping[date, object]) -> list[date]:
    """Return the known days before *on* that it is compared with."""
    before = sorted((each for each in days if each < on), reverse=True)
    same = [each for each in before if each.isoweekday() == on.isoweekday()]
    if len(same) >= _ENOUGH_DAYS:
        return same
    free = on.isoweekday() >= _SATURDAY
    similar = [each for each in before if (each.isoweekday() >= _SATURDAY) is free][:_SIMILAR_DAYS]
    return [*same, *(each for each in similar if each not in same)]


def _local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone))


def _place(moment: datetime, zone: str) -> tuple[date, int]:
    local = _local(moment, zone)
    return local.date(), (local.hour * 60 + local.minute) // 15


def _quarter_begins(now: datetime, zone: str) -> datetime:
    local = _local(now, zone)
    return now - timedelta(minutes=local.minute % 15, seconds=local.second, microseconds=local.microsecond)
