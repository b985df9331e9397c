"""Timer triggers on the shared clock (facts 56 to 60)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from host_testing.running import RunningHost, until
from host_testing.triggers import StartTriggers, pass_time
from simulation_base.clock import FileClock, microseconds

THURSDAY = datetime(2026, 2, 12, 8, 59, 30, tzinfo=UTC)


@pytest.fixture
def clock(tmp_path: Path) -> FileClock:
    """A clock that moves only by ``advance``."""
    return FileClock.create(tmp_path / "clock", THURSDAY, 0.0)


def runs(host: RunningHost, name: str) -> list[dict[str, Any]]:
    return [one for one in host.call("GET", "/runs").json if one["name"] == name]


def moments(host: RunningHost, name: str) -> list[str]:
    """Return the moments of a timer's runs, to the second."""
    return [one["at"][:19] for one in runs(host, name)]


def test_56_a_timer_keeps_its_schedule_and_never_overlaps_with_itself(
    start_triggers: StartTriggers, clock: FileClock
) -> None:
    host = start_triggers("tight", arguments=["--clock", str(clock.path)])
    clock.advance(timedelta(seconds=5))
    until(lambda: runs(host, "tight"))
    clock.jump_to(microseconds(THURSDAY) + 12_000_000)  # seven seconds go by while it runs
    host.call("POST", "/gate")
    until(lambda: runs(host, "tight ended"))
    pass_time(clock, timedelta(seconds=10))

    # What came due during the run follows at once, and once; the next one is on the schedule again.
    until(lambda: len(runs(host, "tight ended")) == 4)
    assert [moment[11:] for moment in moments(host, "tight")] == ["08:59:35", "08:59:42", "08:59:45", "08:59:50"]
    names = [one["name"] for one in host.call("GET", "/runs").json]
    assert names == ["tight", "tight ended"] * 4


def test_57_hours_that_passed_without_a_host_give_one_run_that_is_past_due(
    start_triggers: StartTriggers, clock: FileClock
) -> None:
    host = start_triggers("hourly", arguments=["--clock", str(clock.path)])
    assert host.stop() == 0
    clock.advance(timedelta(hours=3))
    host.start()
    until(lambda: runs(host, "hourly"))
    pass_time(clock, timedelta(hours=1))
    until(lambda: len(runs(host, "hourly")) == 2)
    assert [one["past_due"] for one in runs(host, "hourly")] == [True, False]
    assert moments(host, "hourly")[1] == "2026-02-12T12:00:00"


def test_a_minute_that_ran_is_not_made_up_for_after_an_orderly_stop(
    start_triggers: StartTriggers, clock: FileClock
) -> None:
    """Many minutes pass in a real second: the last ones are recorded when the host stops."""
    host = start_triggers("watched", arguments=["--clock", str(clock.path)])
    pass_time(clock, timedelta(hours=1))
    until(lambda: len(runs(host, "watched")) == 60)
    assert host.stop() == 0
    host.start()
    pass_time(clock, timedelta(minutes=2))
    until(lambda: len(runs(host, "watched")) == 2)  # of this process
    assert not any(one["past_due"] for one in runs(host, "watched"))


def test_58_run_on_startup_is_one_run_at_the_start_and_not_past_due(
    start_triggers: StartTriggers, clock: FileClock
) -> None:
    host = start_triggers("at_once", arguments=["--clock", str(clock.path)])
    until(lambda: runs(host, "at_once"))
    pass_time(clock, timedelta(days=1))
    assert [one["past_due"] for one in runs(host, "at_once")] == [False]


def test_59_a_timer_that_raises_fires_again(start_triggers: StartTriggers, clock: FileClock) -> None:
    host = start_triggers("stumbling", arguments=["--clock", str(clock.path)])
    pass_time(clock, timedelta(hours=2))
    until(lambda: len(runs(host, "stumbling")) == 2)
    assert "ValueError: stumbled" in host.log.read_text()


def test_60_day_and_weekday_must_both_match(start_triggers: StartTriggers, clock: FileClock) -> None:
    """February and March 2026 have a Friday the 13th; then only November has."""
    host = start_triggers("unlucky", arguments=["--clock", str(clock.path)])
    pass_time(clock, timedelta(days=365))
    until(lambda: len(runs(host, "unlucky")) == 3)
    days = [moment[:10] for moment in moments(host, "unlucky")]
    assert days == ["2026-02-13", "2026-03-13", "2026-11-13"]


def test_69_a_status_is_what_the_monitor_knew_before_the_run(start_triggers: StartTriggers, clock: FileClock) -> None:
    """Recorded from Azure Functions host 4.1037."""
    host = start_triggers("watched", "unwatched", "span", arguments=["--clock", str(clock.path)])
    pass_time(clock, timedelta(minutes=2))
    until(lambda: len(runs(host, "watched")) == 2 and len(runs(host, "unwatched")) == 2 and runs(host, "span"))
    never, nine, next_one = "0001-01-01T00:00:00+00:00", "2026-02-12T09:00:00+00:00", "2026-02-12T09:01:00+00:00"
    assert [one["status"] for one in runs(host, "watched")] == [
        {"Last": never, "Next": nine, "LastUpdated": never},
        {"Last": nine, "Next": next_one, "LastUpdated": nine},
    ]
    assert [one["status"] for one in (*runs(host, "unwatched"), *runs(host, "span"))] == [{}, {}, {}]
    assert [one["schedule"] for one in (runs(host, "unwatched")[0], runs(host, "span")[0])] == [
        {"AdjustForDST": True},
        {"AdjustForDST": False},
    ]


def test_70_without_a_monitor_a_tick_is_lost_for_which_nobody_listened(
    start_triggers: StartTriggers, clock: FileClock
) -> None:
    """Each timer function is scaled to zero, and an instance comes up five seconds after it is due."""
    host = start_triggers("watched", "unwatched", arguments=["--clock", str(clock.path), "--scale-to-zero", "5"])
    pass_time(clock, timedelta(minutes=3))
    until(lambda: len(runs(host, "watched")) == 3)
    assert [moment[11:] for moment in moments(host, "watched")] == ["09:00:05", "09:01:05", "09:02:05"]
    assert all(one["past_due"] for one in runs(host, "watched"))
    assert runs(host, "unwatched") == []
    assert "unwatched: nobody listened at 2026-02-12T09:00:00.0000000Z" in host.log.read_text()
