"""Weeks of people in three shapes, drawn from a seed: office, fixed shifts, part-time.

Two weeks in which the service learns, then four that are measured, in Berlin: the clocks are put forward on March 29,
April 3 is a public holiday. A session may be disconnected over lunch; people sign out when they leave.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.domain.power.hours import working_hours
from shared.domain.power.settings import PowerException, PowerPhase, PowerSettings

ZONE = "Europe/Berlin"
FIRST, WEEKS, LEARNING = date(2026, 3, 2), 6, 2
HOLIDAY = date(2026, 4, 3)
REFUSED, UNREAD = date(2026, 4, 1), date(2026, 3, 24)
_MINUTES_A_DAY = 24 * 60
_SHAPES = ("office", "office", "office", "shifts", "part-time")
_WORK = (1, 2, 3, 4, 5)
_SHARE_AT_WORK, _LUNCH, _EVENING, _FREE_DAY = 0.9, 0.7, 0.03, 0.02
"""Shares of working days on which somebody comes, locks over lunch, comes back in the evening; and of free days."""
_LONG_DAY = 6 * 60.0


@dataclass(frozen=True, slots=True)
class Presence:
    """A session: from *begins* until *ends*, and when it is disconnected."""

    begins: datetime
    ends: datetime
    away: tuple[datetime, datetime] | None = None


@dataclass(frozen=True)
class Person:
    """Somebody with a Cloud PC, their sessions in order, and the schedule of their policy."""

    id: str
    shape: str
    schedule: PowerSettings
    presences: tuple[Presence, ...]

    def sessions_at(self, at: datetime) -> tuple[int, int]:
        """Return the numbers of active and of disconnected sessions."""
        place = bisect_right([each.begins for each in self.presences], at) - 1
        found = self.presences[place] if place >= 0 else None
        if found is None or at >= found.ends:
            return 0, 0
        return (0, 1) if found.away and found.away[0] <= at < found.away[1] else (1, 0)

    def active_since(self, before: datetime, at: datetime) -> int:
        """Return how many sessions that began *before* a time are active *at* a later one."""
        away = ((each.away or (at, at)) for each in self.presences)
        there = zip(self.presences, away, strict=True)
        return sum(p.begins <= before and at < p.ends and not away[0] <= at < away[1] for p, away in there)

    def came_at(self, at: datetime) -> datetime | None:
        """Return when the latest session began."""
        place = bisect_right([each.begins for each in self.presences], at) - 1
        return self.presences[place].begins if place >= 0 else None

    def works_at(self, at: datetime) -> bool:
        """Whether a moment is in working hours."""
        hours = working_hours(self.schedule, at)
        return hours is not None and hours[0] <= at


def moment(day: date, minutes: float) -> datetime:
    """Return a local time, as minutes after midnight, in UTC."""
    days, within = divmod(minutes, _MINUTES_A_DAY)
    at = time(int(within // 60), int(within % 60))
    return datetime.combine(day + timedelta(days=int(days)), at, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


def schedule(begins: int, ends: int) -> PowerSettings:
    """Return a schedule with working hours from Monday to Friday, as minutes after midnight; machines sleep in them."""
    ending = tuple(day % 7 + 1 for day in _WORK) if ends > _MINUTES_A_DAY else _WORK
    start, end = (time(each % _MINUTES_A_DAY // 60, each % 60) for each in (begins, ends))
    phases = (PowerPhase(begins=start, days=_WORK, working=True), PowerPhase(begins=end, days=ending, working=False))
    holiday = PowerException(on=HOLIDAY, phases=(PowerPhase(begins=time(0), working=False),))
    return PowerSettings(time_zone=ZONE, phases=phases, exceptions=(holiday,), stops_in_working_hours=True)


_OFFICE = (7 * 60, 19 * 60)
_SHIFTS = ((5 * 60 + 30, 14 * 60 + 30), (13 * 60 + 30, 22 * 60 + 30), (21 * 60 + 30, 30 * 60 + 30))


def people(count: int, seed: int, odd: float) -> list[Person]:
    """Return *count* people: three of five in an office, one in a shift, one part-time. *odd*: share of odd days."""
    return [_person(number, odd, random.Random(f"{seed}/{number}")) for number in range(count)]  # noqa: S311 - no secret


def _person(number: int, odd: float, chance: random.Random) -> Person:
    shape = _SHAPES[number % len(_SHAPES)]
    days: tuple[int, ...] = _WORK
    hours, comes, stays = _OFFICE, chance.uniform(7.5 * 60, 9.75 * 60), 9 * 60.0
    if shape == "shifts":
        hours = _SHIFTS[number // len(_SHAPES) % len(_SHIFTS)]
        comes, stays = hours[0] + 20.0, 8 * 60 + 10.0
    elif shape == "part-time":
        days, stays = tuple(sorted(chance.sample(_WORK, 3))), 4.5 * 60
    found = list[Presence]()
    for week in range(WEEKS):
        for day in range(1, 8):
            on = FIRST + timedelta(weeks=week, days=day - 1)
            found += (
                _day(on, comes, stays, odd, chance) if day in days and on != HOLIDAY else _free_day(on, shape, chance)
            )
    return Person(f"{shape}-{number}", shape, schedule(*hours), tuple(sorted(found, key=lambda each: each.begins)))


def _day(on: date, comes: float, stays: float, odd: float, chance: random.Random) -> list[Presence]:
    """Draw a working day. *odd*: the share of days on which somebody comes at another hour than usual."""
    if chance.random() >= _SHARE_AT_WORK:
        return []
    moved = chance.uniform(-90, 120) if chance.random() < odd else 0.0
    begins = comes + moved + _near(chance, 6)
    ends = comes + stays + _near(chance, 25)
    away = None
    if stays > _LONG_DAY and chance.random() < _LUNCH:
        leaves = begins + stays / 2 + _near(chance, 15)
        away = (moment(on, leaves), moment(on, leaves + chance.uniform(25, 55)))
    found = [Presence(moment(on, begins), moment(on, max(ends, begins + 30)), away)]
    if chance.random() < _EVENING:
        back = max(ends + 150, 20 * 60.0)
        found.append(Presence(moment(on, back), moment(on, back + chance.uniform(20, 90))))
    return found


def _free_day(on: date, shape: str, chance: random.Random) -> list[Presence]:
    if shape != "office" or chance.random() >= _FREE_DAY:
        return []
    begins = chance.uniform(10 * 60, 18 * 60)
    return [Presence(moment(on, begins), moment(on, begins + chance.uniform(30, 150)))]


def _near(chance: random.Random, spread: float) -> float:
    return max(-2.5 * spread, min(2.5 * spread, chance.gauss(0, spread)))
