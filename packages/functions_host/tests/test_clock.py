"""Time stands still for work that is ready, and never runs past what is due (decision 11)."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from simulation_base.clock import NO_LIMIT, FileClock

from packages.functions_host.tests.conftest import APP, ROOT, until
from packages.functions_host.tests.crash.mortal import Mortal, Nursery

BASE = datetime(2030, 1, 1, 2, 59, 0, tzinfo=UTC)
Start = Callable[..., Mortal]


@pytest.fixture
def clock(tmp_path: Path) -> FileClock:
    return FileClock.create(tmp_path / "clock", BASE, 0.0)


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    one = Nursery(APP)
    yield one
    one.close()


@pytest.fixture
def begin_host(nursery: Nursery, clock: FileClock, tmp_path: Path) -> Iterator[Start]:
    """Start a host on the clock; the settings are its environment."""
    made: list[Mortal] = []

    def begin(**settings: str) -> Mortal:
        environ = {"DESKWRIGHT_CLOCK_FILE": str(clock.path), **settings}
        made.append(Mortal(tmp_path / "state.db", tmp_path / "log", APP, environ=environ, nursery=nursery))
        return made[-1].live()

    yield begin
    for one in made:
        one.end()


def test_300_sleepers_fire_at_their_moment(begin_host: Start, clock: FileClock) -> None:
    host = begin_host()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: host.begin("naps", 60 + n, f"nap-{n:04}"), range(300)))
    clock.set_speed(2000.0)
    listed = until(lambda: _all_done(host), 60)
    lags = [one["output"] for one in listed if one["name"] == "naps"]
    assert len(lags) == 300
    # The clock stood at each timer's moment.
    assert set(lags) == {0}


def _all_done(host: Mortal) -> list[dict[str, object]] | None:
    listed: list[dict[str, object]] = host.manage("GET", "/instances?top=2000").json
    return listed if all(one["runtimeStatus"] == "Completed" for one in listed) else None


def test_an_activity_at_work_stops_the_time(begin_host: Start, clock: FileClock) -> None:
    host = begin_host()
    clock.set_speed(10_000.0)
    assert host.outcome("busy_then_nap", 1.0) < 0.001


def test_seven_days_of_grace_pass_at_once_and_meet_each_timer_at_its_moment(
    begin_host: Start, clock: FileClock
) -> None:
    host = begin_host()
    for days in (3, 1, 7, 9):
        host.begin("grace", days, f"days-{days}")
    before = clock.now()
    clock.advance(timedelta(days=7))
    assert [host.ended(f"days-{days}")["output"] for days in (1, 3, 7)] == [0, 0, 0]
    assert clock.now() - before == timedelta(days=7)
    assert host.status("days-9")["runtimeStatus"] == "Running"
    # Seven nights at three: the timer trigger ran once for each, at its moment.
    assert len(host.call("GET", "/api/ticks").json) == 7


def test_time_set_by_hand_moves_only_by_hand(begin_host: Start, clock: FileClock) -> None:
    host = begin_host()
    before = clock.now_us()
    one = host.begin("naps", 30)
    until(lambda: "TimerCreated" in [e["EventType"] for e in host.history(one)])
    assert clock.now_us() - before < 1000
    assert host.status(one)["runtimeStatus"] == "Running"
    clock.advance(timedelta(seconds=31))
    assert 0 <= host.ended(one)["output"] <= 10


def test_a_wait_for_simulated_time_inside_an_activity_is_released_by_the_watchdog(
    begin_host: Start, clock: FileClock
) -> None:
    host = begin_host(WATCHDOG="0.5")
    clock.set_speed(50.0)
    before = clock.now_us()
    assert host.outcome("busy_then_nap", 1.5) >= 0.5
    assert "nothing ended for 0.5 s" in host.log.read_text()
    assert clock.now_us() > before


def test_a_host_that_leaves_lets_the_time_run_freely(begin_host: Start, clock: FileClock) -> None:
    host = begin_host()
    host.begin("naps", 5)
    assert clock.read().driver_pid == host.pid
    host.leave()
    fields = clock.read()
    assert (fields.driver_pid, fields.limit_us) == (0, NO_LIMIT)


def test_the_clock_verbs_show_and_move_it(begin_host: Start, clock: FileClock) -> None:
    host = begin_host()

    def verb(*words: str) -> str:
        command = [sys.executable, "-m", "functions_host", "clock", "--clock", str(clock.path), *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert "2030-01-01T02:59:00" in verb("show")
    verb("advance", "7d")
    until(lambda: clock.now() == BASE + timedelta(days=7))
    assert len(host.call("GET", "/api/ticks").json) == 7
    verb("speed", "60")
    told = json.loads(verb("show", "--json"))
    assert (clock.read().speed, told["speed"], told["driver"]) == (60, 60, host.pid)


def test_a_night_missed_while_no_host_ran_comes_once_as_past_due(begin_host: Start, clock: FileClock) -> None:
    host = begin_host()
    assert host.call("GET", "/api/ticks").json == []
    host.leave()
    clock.advance(timedelta(days=3))
    host.live()
    ticks = until(lambda: host.call("GET", "/api/ticks").json)
    assert ticks == [{"past_due": True}]
