"""A cold storm: on working days everybody signs in within five minutes, and no host runs before.

The engine is run as the app runs it: it is never told who waits, sees a group whose hosts are all off every five
minutes or when its plan says, and any other group each minute. Azure Virtual Desktop starts one host for a sign-in that
finds none (start on connect). Nothing here is Azure: how long hosts take is drawn.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

from bench.figures import Figure
from bench.spot_model import LOOK, START_MEDIAN, Model, Power
from bench.spot_policies import MONDAY, VERSION, apply, moment, observed
from bench.spot_week import DAY, HOUR, MINUTE, Session
from shared.domain.spot.engine.forecasts import (
    KEPT,
    Arrivals,
    SignIns,
    StartTimes,
    expected,
    learned,
    minutes_of,
    noted,
)
from shared.domain.spot.engine.plan import plan
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.schedule import LoadBalancing, Schedule, SchedulePhase
from shared.domain.spot.groups.target import GroupTarget

SEATS = 10
_QUIET = 5 * MINUTE
_AHEAD, _LATELY = timedelta(hours=3), timedelta(minutes=30)
_WORKING_DAYS = 5
_ZONE = "UTC"


def storm(users: int, days: int, seed: int) -> list[Session]:
    """Return *days* working days on which all users come within five minutes, and stay for eight hours.

    These begin between 8:50 and 8:58, each day at another time.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret is drawn
    found = []
    for day in range(days):
        week, weekday = divmod(day, _WORKING_DAYS)
        first = (week * 7 + weekday) * DAY + 8 * HOUR + chance.uniform(50, 58) * MINUTE
        for user in range(users):
            begins = first + chance.uniform(0, 5) * MINUTE
            found.append(Session(begins, begins + 8 * HOUR, user))
    return sorted(found, key=lambda session: session.begins)


def target(users: int) -> GroupTarget:
    """Return a pooled group that rests all day: without sign-ins no host runs."""
    rests = Schedule(time_zone=_ZONE, phases=(SchedulePhase(begins=datetime.min.time(), rests=True),))
    return GroupTarget(kind=LicenseType.POOLED, quantity=users, version=VERSION, schedule=rests, start_on_connect=True)


def waits(users: int, days: int, seed: int, *, learns: bool) -> list[list[float]]:
    """Return the seconds that users waited, for each working day; *learns*: whether other days are looked at."""
    sessions = storm(users, days, seed)
    end = max(session.ends for session in sessions) + HOUR
    model = Model(-(-users // SEATS), SEATS, sessions, seed, end)
    ends = [0]
    for day in sorted({int(session.begins // DAY) for session in sessions}):
        model.at((day + 1) * DAY - 1, lambda: ends.append(len(model.outcome.waits)))
    outcome = model.run(_engine(target(users), learns=learns))
    ends.append(len(outcome.waits))
    found = [outcome.waits[before:after] for before, after in pairwise(ends)]
    return [day for day in found if day]


def _engine(wanted: GroupTarget, *, learns: bool) -> Callable[[Model], None]:
    known = [Arrivals()]
    next_look = [0.0]
    assumed = StartTimes()

    def decide(model: Model) -> None:
        _start_on_connect(model)
        if model.now < next_look[0]:
            return
        now = moment(model.now)
        known[0] = noted(known[0], _sign_ins(model, now), now, _ZONE)
        latest = [timedelta(seconds=took) for took in model.latest_starts[-KEPT:]]
        hosts = [observed(model, host) for host in model.hosts]
        made = plan(
            wanted,
            hosts,
            now,
            starts=assumed.but(start=learned(latest, assumed.start)),
            expected=expected(known[0], now, _AHEAD, _ZONE) if learns else (),
        )
        model.depth = made.load_balancing is LoadBalancing.DEPTH_FIRST
        by_id = {host.id: host for host in model.hosts}
        for step in made.steps:
            apply(model, step.action, by_id[str(step.host_id)])
        busy = made.steps or any(host.power is not Power.OFF for host in model.hosts)
        looks = [model.now + (LOOK if busy else _QUIET)]
        if made.next_look is not None:
            looks.append((made.next_look - MONDAY).total_seconds())
        next_look[0] = max(min(looks), model.now + LOOK)

    return decide


def _sign_ins(model: Model, now: datetime) -> tuple[SignIns, ...]:
    """Return the sign-ins of the latest half hour that became sessions, as Azure tells when these began."""
    began = [moment(each) for host in model.hosts for each in host.began.values()]
    return minutes_of(began, now, _LATELY)


def _start_on_connect(model: Model) -> None:
    """Start a host for who waits, as Azure Virtual Desktop does: one at a time."""
    if model.waiting and not any(host.power is Power.STARTING for host in model.hosts):
        off = [host for host in model.hosts if host.power is Power.OFF]
        if off:
            model.start(off[0])


def figures(users: int, days: int, seed: int) -> list[Figure]:
    """Measure the waits of the last day, with and without other days."""
    found = []
    for known, learns in (("other days unknown", False), ("other days known", True)):
        last = sorted(waits(users, days, seed, learns=learns)[-1])
        middle, most = last[len(last) // 2], last[-(-len(last) * 95 // 100) - 1]
        note = f"cold storm of {users} users; a host takes {START_MEDIAN:.0f} s"
        goal = 1 if learns else None
        for what, waited in (("median", middle), ("95th percentile", most)):
            name = f"{what} of waiting in a cold storm / one start, {known}"
            found.append(Figure(name, waited, START_MEDIAN, "s", len(last), goal, note))
    return found
