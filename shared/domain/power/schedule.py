"""Weekly schedules with dated exceptions, in a time zone: of Spot Groups, and of the power of Cloud PCs. Pure.

A phase lasts until the next one begins. A date with an exception has the exception's phases instead of the week's.
Local times become moments as PEP 495 says with ``fold=0``: of an hour that comes twice the first counts, and a time
that the change of the clocks leaves out is as much later as the clocks are put forward.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Protocol, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field

from shared.domain.values import LocalTime, Value

_A_WEEK = 8
"""Days in which every phase of a week begins at least once; a day more, for the zones."""

NO_ZONE = "there is no such time zone; write an IANA name, such as Europe/Berlin"
MOST_PHASES, MOST_EXCEPTIONS = 100, 400
_FORM_PHASES = 50
"""Number of phases that a form may have; records of before may have more."""

Weekday = Annotated[int, Field(ge=1, le=7)]


class TimedPhase(Value):
    """A part of the day; *days* are ISO weekdays (1 is Monday), *begins* is local time."""

    begins: LocalTime = Field(title="Begins", description="Local time; it lasts until the next phase begins.")
    days: tuple[Weekday, ...] = Field(
        (1, 2, 3, 4, 5, 6, 7), max_length=7, title="Days", description="1 is Monday, 7 is Sunday."
    )


PhaseOf = TypeVar("PhaseOf", bound=TimedPhase)
PhaseOf_co = TypeVar("PhaseOf_co", bound=TimedPhase, covariant=True)


class PhasesOfDate(Protocol[PhaseOf_co]):
    """A date (local) with phases of its own, such as a public holiday; their *days* do not count."""

    @property
    def on(self) -> date:
        """The date."""

    @property
    def phases(self) -> tuple[PhaseOf_co, ...]:
        """Its phases; without any the day is as it begins."""


class Phased(Protocol[PhaseOf_co]):
    """A schedule: the phases of a week in an IANA time zone, and the dates that have others."""

    @property
    def time_zone(self) -> str:
        """The IANA name of its zone."""

    @property
    def phases(self) -> tuple[PhaseOf_co, ...]:
        """The phases of a week."""

    @property
    def exceptions(self) -> Sequence[PhasesOfDate[PhaseOf_co]]:
        """The dates with phases of their own."""


def last_edge(schedule: Phased[PhaseOf], at: datetime) -> tuple[datetime, PhaseOf] | None:
    """Return the phase that lasts at *at* with the moment at which it began; None if none has in the week before."""
    here = at.astimezone(ZoneInfo(schedule.time_zone)).date()
    for day in range(_A_WEEK + 1):
        begun = [each for each in _begin_on(schedule, here - timedelta(days=day)) if each[0] <= at]
        if begun:
            return begun[-1]
    return None


def phase_at(schedule: Phased[PhaseOf], at: datetime) -> PhaseOf | None:
    """Return the phase that lasts at *at*; None if none has begun in the week before."""
    found = last_edge(schedule, at)
    return found[1] if found else None


def edges(schedule: Phased[PhaseOf], after: datetime, within: timedelta) -> Iterator[tuple[datetime, PhaseOf]]:
    """Yield the phases that begin after *after*, not later than *within*, in order, with their moments (UTC)."""
    here, until = after.astimezone(ZoneInfo(schedule.time_zone)).date(), after + within
    for day in range(within.days + 3):
        for begins, phase in _begin_on(schedule, here + timedelta(days=day)):
            if after < begins <= until:
                yield begins, phase


def next_edge(schedule: Phased[PhaseOf], after: datetime) -> datetime | None:
    """Return when the next phase begins (UTC); None without phases in the week to come."""
    return next((begins for begins, _ in edges(schedule, after, timedelta(days=_A_WEEK))), None)


def _begin_on(schedule: Phased[PhaseOf], day: date) -> list[tuple[datetime, PhaseOf]]:
    exception = next((each for each in schedule.exceptions if each.on == day), None)
    phases = exception.phases if exception else [p for p in schedule.phases if day.isoweekday() in p.days]
    moments = [(_moment(day, phase.begins, schedule.time_zone), phase) for phase in phases]
    return sorted(moments, key=lambda each: (each[0], each[1].begins))


@lru_cache(maxsize=4096)
def _moment(day: date, begins: time, zone: str) -> datetime:
    return datetime.combine(day, begins, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def problems(schedule: Phased[PhaseOf]) -> Iterable[tuple[str, str]]:
    """Yield the problems of a schedule, as the place below it and a sentence."""
    if not is_zone(schedule.time_zone):
        yield "timeZone", NO_ZONE
    if len(schedule.phases) > _FORM_PHASES:
        yield "phases", f"a week has at most {_FORM_PHASES} phases; leave some out"
    if len(schedule.exceptions) > MOST_EXCEPTIONS:
        yield "exceptions", f"there are at most {MOST_EXCEPTIONS} dates; leave out those that are over"
    if schedule.exceptions and not schedule.phases:
        yield "phases", "dates without a week change nothing; write at least one phase of the week"
    yield from _phase_problems("phases", schedule.phases)
    dates = [each.on for each in schedule.exceptions]
    for n, exception in enumerate(schedule.exceptions):
        if exception.on in dates[:n]:
            yield f"exceptions/{n}/on", "the date is named twice; put its phases together"
        yield from _phase_problems(f"exceptions/{n}/phases", exception.phases, dated=True)


def _phase_problems(at: str, phases: Sequence[TimedPhase], *, dated: bool = False) -> Iterable[tuple[str, str]]:
    begun: set[tuple[int, time]] = set()
    for n, phase in enumerate(phases):
        if not phase.days or any(not 1 <= day <= 7 for day in phase.days):  # noqa: PLR2004 - days of a week
            yield f"{at}/{n}/days", "write days as numbers from 1, a Monday, to 7, a Sunday; at least one"
        begins = {(0 if dated else day, phase.begins) for day in phase.days}
        if begins & begun:
            yield f"{at}/{n}/begins", "another phase begins at the same time of the same day; change one of them"
        begun |= begins


def known_zone(name: str) -> str:
    """Validate the name of a time zone: an ``AfterValidator``."""
    if not is_zone(name):
        raise ValueError(NO_ZONE)
    return name


def is_zone(name: str) -> bool:
    """Whether there is a time zone of this IANA name."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError):  # of a name that is a path or a folder; ZoneInfoNotFoundError is a KeyError
        return False
    except KeyError:
        return False
    return True
