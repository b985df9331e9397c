"""The weekly schedule of a Spot Group, with dated exceptions, in the group's own time zone. Pure.

A phase lasts until the next one begins. A date with an exception has the exception's phases instead of the week's.
Local times become moments as PEP 495 says with ``fold=0``: of an hour that comes twice the first counts, and a time
that the change of the clocks leaves out is as much later as the clocks are put forward.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

from shared.domain.values import Value, Word

_A_WEEK = 8
"""Days in which every phase of a week begins at least once; a day more, for the zones."""


_MOST_PHASES, _MOST_EXCEPTIONS = 100, 400
Weekday = Annotated[int, Field(ge=1, le=7)]


class LoadBalancing(StrEnum):
    """Load balancing of sign-ins by the broker: to the host with the fewest sessions, or with the most."""

    BREADTH_FIRST = "breadthFirst"
    DEPTH_FIRST = "depthFirst"


class SchedulePhase(Value):
    """A part of the day with its rules; *days* are ISO weekdays (1 is Monday), *begins* is local time.

    *minimum_online*: hosts that are online at least, from its very beginning. *buffer_percent* and *load_balancing*
    replace the group's. *rests*: while nobody is signed in no host needs to be online; the first sign-in starts one.
    """

    begins: time = Field(title="Begins", description="Local time; it lasts until the next phase begins.")
    days: tuple[Weekday, ...] = Field(
        (1, 2, 3, 4, 5, 6, 7), max_length=7, title="Days", description="1 is Monday, 7 is Sunday."
    )
    minimum_online: int = Field(
        default=0, ge=0, le=1000, title="Least hosts online", description="From its very beginning."
    )
    buffer_percent: int | None = Field(
        default=None, ge=0, le=100, title="Buffer (percent)", description="The group's when left out."
    )
    load_balancing: LoadBalancing | None = Field(None, title="Load balancing", description="The group's when left out.")
    rests: bool = Field(False, title="Rests", description="No host needs to be online while nobody is signed in.")


class DatedException(Value):
    """A date (local) with phases of its own, such as a public holiday; their *days* do not count."""

    on: date = Field(title="Date", description="Local.")
    phases: tuple[SchedulePhase, ...] = Field(
        max_length=_MOST_PHASES, title="Phases", description="In place of the week's; none: as the week begins."
    )


class Schedule(Value):
    """The phases of a week in the IANA *time_zone*."""

    time_zone: Word = Field(title="Time zone", description="An IANA name, such as Europe/Berlin.")
    phases: tuple[SchedulePhase, ...] = Field((), max_length=_MOST_PHASES, title="Phases", description="Of a week.")
    exceptions: tuple[DatedException, ...] = Field(
        (), max_length=_MOST_EXCEPTIONS, title="Exceptions", description="Dates with phases of their own."
    )


def phase_at(schedule: Schedule, at: datetime) -> SchedulePhase | None:
    """Return the phase that lasts at *at*; None if none has begun in the week before."""
    here = at.astimezone(ZoneInfo(schedule.time_zone)).date()
    for day in range(_A_WEEK + 1):
        begun = [phase for begins, phase in _begin_on(schedule, here - timedelta(days=day)) if begins <= at]
        if begun:
            return begun[-1]
    return None


def edges(schedule: Schedule, after: datetime, within: timedelta) -> Iterator[tuple[datetime, SchedulePhase]]:
    """Yield the phases that begin after *after*, not later than *within*, in order, with their moments (UTC)."""
    here, until = after.astimezone(ZoneInfo(schedule.time_zone)).date(), after + within
    for day in range(within.days + 3):
        for begins, phase in _begin_on(schedule, here + timedelta(days=day)):
            if after < begins <= until:
                yield begins, phase


def next_edge(schedule: Schedule, after: datetime) -> datetime | None:
    """Return when the next phase begins (UTC); None without phases in the week to come."""
    return next((begins for begins, _ in edges(schedule, after, timedelta(days=_A_WEEK))), None)


@lru_cache(maxsize=4096)
def _begin_on(schedule: Schedule, day: date) -> tuple[tuple[datetime, SchedulePhase], ...]:
    zone = ZoneInfo(schedule.time_zone)
    exception = next((each for each in schedule.exceptions if each.on == day), None)
    phases = exception.phases if exception else [p for p in schedule.phases if day.isoweekday() in p.days]
    moments = [(datetime.combine(day, phase.begins, tzinfo=zone).astimezone(UTC), phase) for phase in phases]
    return tuple(sorted(moments, key=lambda each: (each[0], each[1].begins)))
