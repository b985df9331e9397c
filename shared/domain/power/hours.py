"""The working hours of a schedule of power, and the end of a hold by hand. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.domain.power.schedule import edges, last_edge
from shared.domain.power.settings import PowerSettings

_AHEAD = timedelta(days=15)
"""Time ahead for which changes of a schedule are looked for: over holidays; a later look finds later ones."""

_INSTANT = timedelta(microseconds=1)


def working_hours(schedule: PowerSettings, now: datetime) -> tuple[datetime, datetime | None] | None:
    """Return the begin and the end of the working hours that last at *now* or come next; None without any soon.

    An end of None: later than is looked for.
    """
    return next(all_working_hours(schedule, now), None)


def hold_until(schedule: PowerSettings | None, now: datetime, longest: timedelta) -> datetime:
    """Return the end of a hold that begins at *now*: the next working hours; without any soon, after *longest*."""
    hours = () if schedule is None else (begins - schedule.prestart for begins, _ in all_working_hours(schedule, now))
    return next((begins for begins in hours if begins > now), now + longest)


def all_working_hours(schedule: PowerSettings, now: datetime) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield begin and end of the working hours that last at *now* or begin later; None for an end far ahead."""
    begun: datetime | None = None
    for at, working in _turns(schedule, now):
        if working and begun is None:
            begun = at
        elif not working and begun is not None:
            if at > now:
                yield begun, at
            begun = None
    if begun is not None:
        yield begun, None


def _turns(schedule: PowerSettings, now: datetime) -> Iterator[tuple[datetime, bool]]:
    """Yield the moments at which a phase begins, from the beginning of the present working hours on."""
    first, edge = now, last_edge(schedule, now)
    while edge is not None and edge[1].working and now - edge[0] < _AHEAD:
        first = edge[0] - _INSTANT
        edge = last_edge(schedule, first)
    yield from ((at, phase.working) for at, phase in edges(schedule, first, now - first + _AHEAD))
