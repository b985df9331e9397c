"""The engine of Spot Groups in models, and the requests of its runs: a week of 500 users, a cold storm, 200 groups.

``python -m bench spot:500,7,200,1000`` is the default: users, seed, groups whose runs and changes whose messages are
counted. Nothing here is Azure: how long hosts take is drawn, and
the users' week is made up (``bench/spot_week.py``). What the figures compare are decisions, on the same week.
"""

from __future__ import annotations

import time as clock
from datetime import time, timedelta

from bench import spot_requests
from bench.figures import Figure
from bench.spot_bounds import least, reachable
from bench.spot_model import START_MEDIAN, Model, Outcome
from bench.spot_policies import MONDAY, VERSION, autoscale, engine
from bench.spot_release import release_of
from bench.spot_storm import figures as storm
from bench.spot_week import HOUR, WEEK, Session, week
from shared.domain.spot.engine.plan import plan
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.schedule import LoadBalancing, Schedule, SchedulePhase
from shared.domain.spot.groups.target import GroupTarget, Method, Release
from shared.domain.spot.hosts.observed import HostState, ObservedHost

SEATS = 10
_WORK = (1, 2, 3, 4, 5)
_GROUPS, _HOSTS = 200, 25
_RELEASE_HOSTS = 50
_STORM_USERS, _STORM_DAYS = 200, 6


def schedule(storm: int) -> Schedule:
    """Return the schedule of an office whose day begins at nine: *storm* hosts are online when the storm begins.

    Nights rest. In the middle of the day few sign in, and a smaller buffer does.
    """
    return Schedule(
        time_zone="UTC",
        phases=(
            SchedulePhase(begins=time(0), rests=True),
            SchedulePhase(begins=time(7, 25), days=_WORK),
            SchedulePhase(begins=time(8, 45), days=_WORK, minimum_online=storm),
            SchedulePhase(begins=time(9, 30), days=_WORK, buffer_percent=4),
            SchedulePhase(begins=time(17), days=_WORK),
            SchedulePhase(begins=time(9), days=(6, 7)),
            SchedulePhase(begins=time(22, 30), rests=True),
        ),
    )


def group(users: int, balancing: LoadBalancing = LoadBalancing.BREADTH_FIRST) -> GroupTarget:
    """Return the pooled group of the week, with the engine's defaults and its own schedule."""
    return GroupTarget(
        kind=LicenseType.POOLED,
        quantity=users,
        version=VERSION,
        load_balancing=balancing,
        schedule=schedule(-(-users // SEATS) // 4),
    )


def main(users: str = "500", seed: str = "7", groups: str = "200", changed: str = "1000") -> list[Figure]:
    """Measure everything."""
    models = [*_week(int(users), int(seed)), *_release(int(seed)), *storm(_STORM_USERS, _STORM_DAYS, int(seed))]
    return [*models, _cpu(), *spot_requests.main(groups, changed)]


def _week(users: int, seed: int) -> list[Figure]:
    sessions, hosts = week(users, seed), -(-users // SEATS)
    ours = Model(hosts, SEATS, sessions, seed, WEEK).run(engine(group(users)))
    deep = Model(hosts, SEATS, sessions, seed, WEEK).run(engine(group(users, LoadBalancing.DEPTH_FIRST)))
    theirs = Model(hosts, SEATS, sessions, seed, WEEK).run(autoscale)
    figures = [
        Figure("spot: host-hours / always on", _hours(ours), hosts * WEEK / HOUR, "h", 1, 0.30),
        Figure("spot: host-hours / Azure Virtual Desktop's autoscale", _hours(ours), _hours(theirs), "h", 1, 0.90),
    ]
    for name, outcome in (("breadth-first", ours), ("depth-first", deep)):
        figures += _against_bounds(name, outcome, sessions)
    for name, outcome in (("engine", ours), ("engine, depth-first", deep), ("autoscale", theirs)):
        figures += _waits(name, outcome)
    return figures


def _against_bounds(name: str, outcome: Outcome, sessions: list[Session]) -> list[Figure]:
    """Compare with both sides of the fewest host-hours that could have served *sessions* without moving any."""
    below, above = (each(sessions, SEATS, START_MEDIAN) / HOUR for each in (least, reachable))
    both = f"the fewest lie between {below:.0f} and {above:.0f} h"
    return [
        Figure(f"host-hours, {name} / the most the fewest can be", _hours(outcome), above, "h", 1, 1.15, both),
        Figure(f"host-hours, {name} / the least the fewest can be", _hours(outcome), below, "h", 1, 1.15, both),
    ]


def _waits(name: str, outcome: Outcome) -> list[Figure]:
    waited = [wait for wait in outcome.waits if wait > 0]
    note = f"{len(waited)} waited, {max(waited, default=0):.0f} s at most; {outcome.starts} starts"
    many = len(outcome.waits)
    return [
        Figure(f"sign-ins that failed / all, {name}", outcome.failed, many, "sign-ins", 1, 0.0, note),
        Figure(f"95th percentile of waiting, {name}", outcome.percentile(95), 1.0, "s", many, 0.0, note),
    ]


def _release(seed: int) -> list[Figure]:
    outcome = release_of(_RELEASE_HOSTS, seed)
    note = f"{outcome.without_desktop} users found no seat after they were signed off"
    name = f"immediate release of {_RELEASE_HOSTS} hosts"
    return [
        Figure(f"minutes below the floor, {name}", outcome.minutes_below, 1.0, "min", 1, 0.0, note),
        Figure(f"time / bound, {name}", outcome.seconds, outcome.bound, "s", 1, 1.15),
    ]


def _cpu() -> Figure:
    """Measure one plan for each of many groups; the values are there already, as after reading them."""
    target = group(_HOSTS * SEATS).but(release=Release(method=Method.OPPORTUNISTIC))
    groups = [[_host(number, each) for number in range(_HOSTS)] for each in range(_GROUPS)]
    plan(target, groups[0], MONDAY + timedelta(hours=10))
    began = clock.process_time()
    for hosts in groups:
        plan(target, hosts, MONDAY + timedelta(hours=10))
    name = f"CPU of a run for {_GROUPS} groups with {_GROUPS * _HOSTS} hosts / s"
    return Figure(name, clock.process_time() - began, 1.0, "s", _GROUPS)


def _host(number: int, of_group: int) -> ObservedHost:
    on, now = number % 2 == 0, MONDAY + timedelta(hours=9)
    return ObservedHost(
        id=f"g{of_group}-h{number}",
        version=VERSION if number % 3 else "0.9.0",
        state=HostState.RUNNING if on else HostState.STOPPED,
        since=now,
        closed_since=None if on else now,
        online_at=now,
        allow_new_sessions=on,
        active=(number + of_group) % SEATS if on else 0,
        proven=True,
    )


def _hours(outcome: Outcome) -> float:
    return outcome.host_seconds / HOUR
