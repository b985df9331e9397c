"""Times at which the user of a Cloud PC usually comes, and the start of its machine before them. Pure."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import NamedTuple
from zlib import crc32
from zoneinfo import ZoneInfo

from shared.domain.power.hours import working_hours
from shared.domain.power.settings import PowerSettings

KEPT = 10
"""Number of days of which the first sign-in is kept."""

_FEW = 3
"""With fewer days nothing is learned."""

_EARLIER = timedelta(minutes=20)
"""Time before the usual sign-in at which a machine starts: the start takes minutes, and may be refused once."""

_MARGIN = timedelta(minutes=10)
"""Time around the earliest and the latest usual sign-in in which a machine is on, too."""

_A_DAY_S_WORK = timedelta(hours=10)
"""A sign-in so long after the first one of a day belongs to another day: shifts may go past midnight."""

_WEEKS = 3
"""Number of weeks in which nobody has come on a weekday, after which nobody is expected on it."""

_MINUTES = 60


class ExpectedTime(NamedTuple):
    """The time for which a machine is on because its user usually comes then."""

    starts: datetime
    until: datetime


def arrived(arrivals: tuple[datetime, ...], at: datetime) -> tuple[datetime, ...]:
    """Return *arrivals* with a user who comes *at* a time: the first time of a day's work counts."""
    if arrivals and at - arrivals[-1] < _A_DAY_S_WORK:
        return arrivals
    return (*arrivals, at)[-KEPT:]


def expected(schedule: PowerSettings, arrivals: Sequence[datetime], now: datetime, machine: str) -> ExpectedTime | None:
    """Return when a machine starts for the working hours that last at *now* or come next, and how long it waits.

    None without such hours, or where too little is known of the user of a machine that is not kept on. *machine*: its
    id. A machine that is kept on in working hours runs when they begin, whenever its user comes; those that nobody
    needs earlier start within half of the time before, each at a minute of its own.
    """
    hours = working_hours(schedule, now)
    if hours is None:
        return None
    begins, ends = hours
    earliest = begins - schedule.prestart
    spread = earliest + schedule.prestart / 2 * (crc32(machine.encode()) % _MINUTES / _MINUTES)
    usual = _usual(arrivals, schedule, begins)
    if not schedule.stops_in_working_hours:
        latest = spread + schedule.prestart / 2
        starts = spread if usual is None else max(earliest, min(usual.starts, latest))
        return ExpectedTime(starts, starts)
    if usual is None:
        return None
    if ends is not None and _stays_away(arrivals, schedule, begins):
        return ExpectedTime(ends, ends)
    return ExpectedTime(max(earliest, usual.starts), usual.until)


def _usual(arrivals: Sequence[datetime], schedule: PowerSettings, begins: datetime) -> ExpectedTime | None:
    """Return the usual time for the working hours that begin at *begins*, by the local clock; one odd day is none."""
    here = ZoneInfo(schedule.time_zone)
    if len(arrivals) < _FEW:
        return None
    local = begins.astimezone(here)
    origin = local.hour * _MINUTES + local.minute - _MINUTES * 12
    minutes = sorted(_minutes_after(origin, each.astimezone(here)) for each in arrivals)
    middle, first, last = median(minutes), minutes[1], minutes[-2]

    def moment(minute: float) -> datetime:
        day, within = divmod(int(origin + minute), 24 * _MINUTES)
        at = time(within // _MINUTES, within % _MINUTES)
        return datetime.combine(local.date() + timedelta(days=day), at, tzinfo=here).astimezone(UTC)

    return ExpectedTime(min(moment(middle) - _EARLIER, moment(first) - _MARGIN), moment(last) + _MARGIN)


def _minutes_after(origin: int, at: datetime) -> int:
    return (at.hour * _MINUTES + at.minute - origin) % (24 * _MINUTES)


def _stays_away(arrivals: Sequence[datetime], schedule: PowerSettings, begins: datetime) -> bool:
    """Whether the user has not come on this weekday for some weeks, in which they have come on others."""
    here = ZoneInfo(schedule.time_zone)
    days = [each.astimezone(here).date() for each in arrivals]
    today = begins.astimezone(here).date()
    before: list[date] = [today - timedelta(weeks=week) for week in range(1, _WEEKS + 1)]
    return days[0] <= before[-1] and not any(abs(day - each) < timedelta(days=1) for day in days for each in before)


def when_expected(
    schedule: PowerSettings, arrivals: Sequence[datetime], now: datetime, machine: str
) -> dict[str, datetime]:
    """Return ``starts_at`` and ``comes_by`` of the engine's facts, empty where they are not known."""
    found = expected(schedule, arrivals, now, machine)
    return {} if found is None else {"starts_at": found.starts, "comes_by": found.until}
