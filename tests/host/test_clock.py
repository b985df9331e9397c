"""Time stands still for work that is ready, and never runs past what is due (decision 11)."""

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.clock import NO_LIMIT, FileClock
from tests.host.conftest import ROOT, RunningHost, until

BASE = datetime(2030, 1, 1, 2, 59, 0, tzinfo=UTC)
Start = Callable[..., RunningHost]


@pytest.fixture
def clock(tmp_path: Path) -> FileClock:
    return FileClock.create(tmp_path / "clock", BASE, 0.0)


def test_1000_sleepers_fire_at_their_moment(fresh_host: Start, clock: FileClock) -> None:
    host = fresh_host("--clock", str(clock.path))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: host.begin("naps", 60 + n, f"nap-{n:04}"), range(1000)))
    clock.set_speed(2000.0)
    listed = until(lambda: _all_done(host), 60)
    lags = [one["output"] for one in listed if one["name"] == "naps"]
    assert len(lags) == 1000
    # The clock stood at each timer's moment.
    assert set(lags) == {0}


def _all_done(host: RunningHost) -> list[dict[str, object]] | None:
    listed: list[dict[str, object]] = host.manage("GET", "/instances?top=2000").json
    return listed if all(one["runtimeStatus"] == "Completed" for one in listed) else None


def test_an_activity_at_work_stops_the_time(fresh_host: Start, clock: FileClock) -> None:
    host = fresh_host("--clock", str(clock.path))
    clock.set_speed(10_000.0)
    assert host.outcome("busy_then_nap", 1.0) < 0.001


def test_seven_days_pass_in_seconds_and_meet_each_timer_in_order(fresh_host: Start, clock: FileClock) -> None:
    host = fresh_host("--clock", str(clock.path))
    for days in (3, 1, 2, 9):
        host.begin("naps", days * 86_400, f"days-{days}")
    started = time.monotonic()
    before = clock.now_us()
    clock.advance(timedelta(days=7))
    until(lambda: clock.now_us() - before >= timedelta(days=7) / timedelta(microseconds=1))
    assert time.monotonic() - started < 10
    assert clock.now_us() - before < timedelta(days=7, seconds=1) / timedelta(microseconds=1)
    lags = {days: host.ended(f"days-{days}")["output"] for days in (1, 2, 3)}
    assert all(0 <= lag <= 10 for lag in lags.values())
    assert host.status("days-9")["runtimeStatus"] == "Running"
    # Seven nights at three: the timer trigger ran once for each, at its moment.
    assert len(host.call("GET", "/api/ticks").json) == 7


def test_time_set_by_hand_moves_only_by_hand(fresh_host: Start, clock: FileClock) -> None:
    host = fresh_host("--clock", str(clock.path))
    before = clock.now_us()
    one = host.begin("naps", 30)
    until(lambda: "TimerCreated" in [e["EventType"] for e in host.history(one)])
    assert clock.now_us() - before < 1000
    assert host.status(one)["runtimeStatus"] == "Running"
    clock.advance(timedelta(seconds=31))
    assert 0 <= host.ended(one)["output"] <= 10


def test_a_wait_for_simulated_time_inside_an_activity_is_released_by_the_watchdog(
    fresh_host: Start, clock: FileClock
) -> None:
    host = fresh_host("--clock", str(clock.path), "--watchdog", "0.5")
    clock.set_speed(50.0)
    before = clock.now_us()
    assert host.outcome("busy_then_nap", 1.5) >= 0.5
    assert "nothing ended for 0.5 s" in host.log.read_text()
    assert clock.now_us() > before


def test_a_host_that_leaves_lets_the_time_run_freely(fresh_host: Start, clock: FileClock) -> None:
    host = fresh_host("--clock", str(clock.path))
    host.begin("naps", 5)
    assert clock.read().driver_pid == host.process.pid if host.process else False
    assert host.stop() == 0
    fields = clock.read()
    assert (fields.driver_pid, fields.limit_us) == (0, NO_LIMIT)


def test_the_clock_verbs_show_and_move_it(fresh_host: Start, clock: FileClock) -> None:
    host = fresh_host("--clock", str(clock.path))

    def verb(*words: str) -> str:
        command = [sys.executable, "-m", "local.host", "clock", "--clock", str(clock.path), *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert "2030-01-01T02:59" in verb("show")
    verb("advance", "90s")
    until(lambda: "2030-01-01T03:00:30" in verb("show"))
    verb("speed", "60")
    assert clock.read().speed == 60
    assert len(host.call("GET", "/api/ticks").json) == 1


def test_a_night_missed_while_no_host_ran_comes_once_as_past_due(fresh_host: Start, clock: FileClock) -> None:
    host = fresh_host("--clock", str(clock.path))
    assert host.call("GET", "/api/ticks").json == []
    assert host.stop() == 0
    clock.advance(timedelta(days=3))
    host.start()
    ticks = until(lambda: host.call("GET", "/api/ticks").json)
    assert ticks == [{"past_due": True}]
