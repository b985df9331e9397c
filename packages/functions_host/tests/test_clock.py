"""Time stands still for work that is ready, and never runs past what is due."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from host_testing.killable import ForkServer, KillableHost
from host_testing.running import DURABLE_APP, until
from simulation_base.clock import NO_LIMIT, FileClock

BASE = datetime(2030, 1, 1, 2, 59, 0, tzinfo=UTC)
Start = Callable[..., KillableHost]


@pytest.fixture
def clock(tmp_path: Path) -> FileClock:
    return FileClock.create(tmp_path / "clock", BASE, 0.0)


@pytest.fixture(scope="module")
def fork_server() -> Iterator[ForkServer]:
    one = ForkServer(DURABLE_APP)
    yield one
    one.close()


@pytest.fixture
def begin_host(fork_server: ForkServer, clock: FileClock, tmp_path: Path) -> Iterator[Start]:
    """Start a host on the clock; the settings are its environment."""
    made: list[KillableHost] = []

    def begin(**settings: str) -> KillableHost:
        environ = {"FUNCTIONS_HOST_CLOCK": str(clock.path), **settings}
        made.append(
            KillableHost(tmp_path / "state.db", tmp_path / "log", DURABLE_APP, environ=environ, fork_server=fork_server)
        )
        return made[-1].begin_process()

    yield begin
    for one in made:
        one.end()


def test_300_timers_fire_at_their_moment(begin_host: Start, clock: FileClock) -> None:
    host = begin_host()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: host.begin("naps", 60 + n, f"nap-{n:04}"), range(300)))
    clock.set_speed(2000.0)
    listed = until(lambda: _all_done(host), 60)
    lags = [one["output"] for one in listed if one["name"] == "naps"]
    assert len(lags) == 300
    # The clock stood at each timer's moment.
    assert set(lags) == {0}


def _all_done(host: KillableHost) -> list[dict[str, object]] | None:
    listed: list[dict[str, object]] = host.manage("GET", "/instances?top=2000").json
    return listed if all(one["runtimeStatus"] == "Completed" for one in listed) else None


def test_a_running_activity_stops_the_time(begin_host: Start, clock: FileClock) -> None:
    host = begin_host()
    clock.set_speed(10_000.0)
    assert host.outcome("busy_then_nap", 1.0) < 0.001


def test_seven_days_pass_at_once_and_every_timer_fires_at_its_moment(begin_host: Start, clock: FileClock) -> None:
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


def test_at_speed_0_only_advance_moves_the_time(begin_host: Start, clock: FileClock) -> None:
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


def test_a_host_that_stops_lets_the_time_run_freely(begin_host: Start, clock: FileClock) -> None:
    host = begin_host()
    host.begin("naps", 5)
    assert clock.read().driver_pid == host.pid
    host.shut_down()
    fields = clock.read()
    assert (fields.driver_pid, fields.limit_us) == (0, NO_LIMIT)


def test_the_clock_commands_show_and_move_it(begin_host: Start, clock: FileClock) -> None:
    host = begin_host()

    def command(*arguments: str) -> str:
        line = [sys.executable, "-m", "functions_host", "clock", "--clock", str(clock.path), *arguments]
        return subprocess.run(line, capture_output=True, text=True, check=True).stdout

    assert "2030-01-01T02:59:00" in command("show")
    command("advance", "7d")
    until(lambda: clock.now() == BASE + timedelta(days=7))
    assert len(host.call("GET", "/api/ticks").json) == 7
    command("speed", "60")
    shown = json.loads(command("show", "--json"))
    assert (clock.read().speed, shown["speed"], shown["driver"]) == (60, 60, host.pid)


def test_nights_missed_without_a_host_give_one_run_that_is_past_due(begin_host: Start, clock: FileClock) -> None:
    host = begin_host()
    assert host.call("GET", "/api/ticks").json == []
    host.shut_down()
    clock.advance(timedelta(days=3))
    host.begin_process()
    ticks = until(lambda: host.call("GET", "/api/ticks").json)
    assert ticks == [{"past_due": True}]
