"""Phases, dated exceptions, and the change of the clocks; learned start times."""

from datetime import UTC, date, datetime, time, timedelta

from shared.domain.power.schedule import next_edge, phase_at
from shared.domain.spot.engine.forecasts import Durations, StartTimes, learned
from shared.domain.spot.engine.plan import plan
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.schedule import DatedException, Schedule, SchedulePhase
from shared.domain.spot.groups.target import GroupTarget
from shared.domain.spot.hosts.observed import HostState, ObservedHost

WORK = (1, 2, 3, 4, 5)
DAY = SchedulePhase(begins=time(8), days=WORK, minimum_online=2)
NIGHT = SchedulePhase(begins=time(18), days=WORK, rests=True)
AMSTERDAM = Schedule(time_zone="Europe/Amsterdam", phases=(NIGHT, DAY))
MINUTES = timedelta(minutes=1)


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_a_phase_lasts_until_the_next_begins() -> None:
    assert phase_at(AMSTERDAM, utc(3, 4, 7)) == DAY  # 8:00 in Amsterdam
    assert phase_at(AMSTERDAM, utc(3, 4, 6, 59)) == NIGHT
    assert phase_at(AMSTERDAM, utc(3, 8, 12)) == NIGHT  # since Friday
    assert next_edge(AMSTERDAM, utc(3, 6, 17)) == utc(3, 9, 7)
    assert phase_at(Schedule(time_zone="UTC"), utc(3, 4, 7)) is None


def test_phases_follow_the_clocks_of_the_zone() -> None:
    assert next_edge(AMSTERDAM, utc(3, 27, 17)) == utc(3, 30, 6)  # summer time began on the 29th
    early = Schedule(time_zone="Europe/Amsterdam", phases=(SchedulePhase(begins=time(2, 30)),))
    assert next_edge(early, utc(3, 28, 12)) == utc(3, 29, 1, 30)  # 2:30 does not exist: 3:30
    assert next_edge(early, utc(10, 24, 12)) == utc(10, 25, 0, 30)  # the first of two
    assert next_edge(early, utc(10, 25, 0, 30)) == utc(10, 26, 1, 30)


def test_an_exception_replaces_the_phases_of_its_date() -> None:
    closed = DatedException(on=date(2026, 4, 27), phases=(SchedulePhase(begins=time(0), rests=True),))
    schedule = AMSTERDAM.but(exceptions=(closed,))
    assert phase_at(schedule, utc(4, 27, 10)) == closed.phases[0]
    assert phase_at(schedule, utc(4, 28, 10)) == DAY


def test_a_phase_is_prepared_as_early_as_the_learned_start_times_ask() -> None:
    target = GroupTarget(kind=LicenseType.POOLED, quantity=50, version="1", schedule=AMSTERDAM, max_starts=1)
    night = utc(3, 3, 20)
    hosts = [
        ObservedHost(id=f"h{n}", version="1", state=HostState.STOPPED, since=night, allow_new_sessions=False)
        for n in range(5)
    ]
    slow = StartTimes(start=Durations(median=3 * MINUTES, p95=6 * MINUTES))
    before = plan(target, hosts, utc(3, 4, 6), starts=slow)
    assert (before.steps, before.next_look) == ((), utc(3, 4, 7) - 13 * MINUTES)  # two in turn, and one look
    then = plan(target, hosts, utc(3, 4, 6, 47), starts=slow)
    assert [(step.action, step.reason) for step in then.steps] == [("start", "scheduleAhead")]


def test_start_times_are_learned_from_the_latest() -> None:
    assumed = Durations(median=2 * MINUTES, p95=4 * MINUTES)
    assert learned([], assumed) == assumed
    assert learned([MINUTES], assumed) == Durations(median=2 * MINUTES, p95=4 * MINUTES)
    many = [n * MINUTES for n in range(1, 101)]
    assert learned(many, assumed) == Durations(median=75 * MINUTES, p95=98 * MINUTES)


def test_a_group_at_rest_keeps_no_host_and_one_that_waits_wakes_it() -> None:
    target = GroupTarget(kind=LicenseType.POOLED, quantity=50, version="1", schedule=AMSTERDAM)
    night = utc(3, 3, 20)
    made = plan(target, [ObservedHost(id="h", version="1", state=HostState.RUNNING, since=night)], night)
    assert ([step for step in made.steps if step.host_id], made.next_look) == ([], night + 15 * MINUTES)
    idle = ObservedHost(id="h", version="1", state=HostState.RUNNING, since=night - 15 * MINUTES)
    stopped = plan(target, [idle], night)
    assert [step.action for step in stopped.steps if step.host_id] == ["stop"]
