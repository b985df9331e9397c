"""Power by schedules in a model: four weeks of 500 people after two in which the service learns.

``python -m bench power:500,7,10,10000`` is the default: people, seed, in how many of a thousand days somebody comes at
another hour than usual, and the machines of ``bench/power_fleet.py``. Nothing here is Azure; the people are made up
(``bench/power_weeks.py``). The bound is what their sessions need: each with the time before it, and the wait after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bench.figures import Figure
from bench.power_fleet import figures
from bench.power_model import MINUTE, Life, Outcome, slow, waited
from bench.power_weeks import FIRST, LEARNING, REFUSED, UNREAD, WEEKS, Person, moment, people

_LEAD = timedelta(minutes=15)
_REFUSED_SHARE = 0.3
_BEGINS = moment(FIRST, 0)
_MEASURED = moment(FIRST + timedelta(weeks=LEARNING), 0)
_ENDS = moment(FIRST + timedelta(weeks=WEEKS), 0)


def main(count: str = "500", seed: str = "7", odd: str = "10", machines: str = "10000") -> list[Figure]:
    """Play everybody's weeks, and measure the fleet."""
    everybody = people(int(count), int(seed), int(odd) / 1000)
    lives = [_life(person, int(seed)).play() for person in everybody]
    found = [_against_bound(everybody, lives), _against_always_on(lives)]
    for shape in sorted({person.shape for person in everybody}):
        of = [(person, life) for person, life in zip(everybody, lives, strict=True) if person.shape == shape]
        found.append(_against_bound([person for person, _ in of], [life for _, life in of], f", {shape}"))
    return [*found, *_waits(lives), *_counts(lives), *figures(int(machines))]


def _life(person: Person, seed: int) -> Life:
    refusals = (moment(REFUSED, 4 * 60), moment(REFUSED, 11 * 60), _REFUSED_SHARE)
    unread = (moment(UNREAD, 16 * 60), moment(UNREAD, 17 * 60))
    return Life(person, _BEGINS, _MEASURED, _ENDS, refusals, unread, seed)


def bound(person: Person) -> float:
    """Return the fewest minutes: sessions with the time before and the wait after each, overlaps counted once."""
    wait, total, last = timedelta(minutes=person.schedule.signed_off_in_minutes), timedelta(), _MEASURED
    for each in person.presences:
        begins, ends = max(each.begins - _LEAD, last), min(each.ends + wait, _ENDS)
        if ends > begins:
            total, last = total + (ends - begins), ends
    return total / MINUTE


def _against_bound(persons: Sequence[Person], lives: Sequence[Outcome], of: str = "") -> Figure:
    hours = sum(life.host_minutes for life in lives) / 60
    least = sum(bound(person) for person in persons) / 60
    return Figure(f"power: host-hours / sessions with lead and wait{of}", hours, least, "h", len(persons), 1.10)


def _against_always_on(lives: Sequence[Outcome]) -> Figure:
    hours = sum(life.host_minutes for life in lives) / 60
    return Figure("power: host-hours / always on", hours, len(lives) * _hours(_MEASURED, _ENDS), "h", len(lives), 0.40)


def _hours(first: datetime, last: datetime) -> float:
    return (last - first) / timedelta(hours=1)


def _waits(lives: Sequence[Outcome]) -> list[Figure]:
    within, outside = waited(lives, working=True), waited(lives, working=False)
    late = outside[int(len(outside) * 0.95)] if outside else timedelta()
    note = f"{slow(within)} waited, {max(within, default=timedelta()).total_seconds():.0f} s at most"
    return [
        Figure("power: sign-ins in working hours that waited / all", slow(within), len(within), "n", 1, 0.01, note),
        Figure(
            "power: 95th percentile outside working hours / 4 minutes", late / MINUTE, 4.0, "min", len(outside), 1.0
        ),
    ]


def _counts(lives: Sequence[Outcome]) -> list[Figure]:
    decisions, explained = (sum(getattr(life, name) for life in lives) for name in ("decisions", "explained"))
    stopped, looks = (sum(getattr(life, name) for life in lives) for name in ("stopped_active", "looks"))
    refused = sum(life.refused for life in lives)
    days = len(lives) * _hours(_MEASURED, _ENDS) / 24
    return [
        Figure("power: stops of an active session", stopped, 1.0, "n", len(lives), 0.0, f"{refused} starts refused"),
        Figure("power: decisions without a reason / all", decisions - explained, decisions, "n", len(lives), 0.0),
        Figure("power: looks of a Cloud PC / day", looks, days, "n", len(lives), 75.0),
    ]
