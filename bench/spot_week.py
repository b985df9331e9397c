"""A week of sign-ins of one group, drawn from a seed: storms, lunch, evenings, a weekend. Written before any tuning.

Sessions are seconds from Monday, 00:00, with the moment of sign-in and of sign-off. People sign out: a session that is
left disconnected lasts until the time-outs of Windows end it, and would be one that ends later.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
WEEK = 7 * DAY
WORKING_DAYS = 5


@dataclass(frozen=True, slots=True, order=True)
class Session:
    """One session that a user wants: from *begins* until *ends*, in seconds."""

    begins: float
    ends: float
    user: int


@dataclass(frozen=True, slots=True)
class Habits:
    """Parameters of a generated week; shares are of all users, spreads are standard deviations in minutes."""

    attendance: float = 0.85  # on a working day
    in_the_storm: float = 0.8  # of them, sign in from 8:45 to 9:15; the others from 7:30 to 11:00
    leaving_spread: float = 30.0  # around 17:15
    lunch: float = 0.4  # sign out for 30 to 60 minutes
    evening: float = 0.05  # come back for half an hour to two hours
    weekend: float = 0.08  # on each day, for half an hour to four hours


def week(users: int, seed: int, habits: Habits | None = None) -> list[Session]:
    """Return the sessions of *users* in a week, by their beginning."""
    chance, habits = random.Random(seed), habits or Habits()  # noqa: S311 - no secret is drawn
    sessions = list[Session]()
    for day in range(7):
        for user in range(users):
            draw = _working_day if day < WORKING_DAYS else _weekend_day
            sessions += [Session(day * DAY + begins, day * DAY + ends, user) for begins, ends in draw(chance, habits)]
    return sorted(sessions)


def _working_day(chance: random.Random, habits: Habits) -> list[tuple[float, float]]:
    if chance.random() >= habits.attendance:
        return []
    storm = chance.random() < habits.in_the_storm
    begins = _near(chance, 9 * HOUR, 8 * MINUTE, 15 * MINUTE) if storm else chance.uniform(7.5 * HOUR, 11 * HOUR)
    ends = _near(chance, 17.25 * HOUR, habits.leaving_spread * MINUTE, 2 * HOUR)
    spans = [(begins, ends)]
    if chance.random() < habits.lunch:
        away = chance.uniform(11.75 * HOUR, 13.25 * HOUR)
        spans = [(begins, away), (away + chance.uniform(30, 60) * MINUTE, ends)]
    if chance.random() < habits.evening:
        back = chance.uniform(19.5 * HOUR, 21 * HOUR)
        spans.append((back, back + chance.uniform(0.5, 2) * HOUR))
    return spans


def _weekend_day(chance: random.Random, habits: Habits) -> list[tuple[float, float]]:
    if chance.random() >= habits.weekend:
        return []
    begins = chance.uniform(9 * HOUR, 20 * HOUR)
    return [(begins, begins + chance.uniform(0.5, 4) * HOUR)]


def _near(chance: random.Random, middle: float, spread: float, most: float) -> float:
    """Draw from a normal distribution around *middle* that is cut off *most* from it."""
    return middle + max(-most, min(most, chance.gauss(0, spread)))
