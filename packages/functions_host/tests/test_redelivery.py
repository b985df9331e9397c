"""Activities that are delivered again after they have reported."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from host_testing.running import RunningHost, until
from simulation_base.clock import FileClock

NOON = datetime(2030, 6, 1, 12, 0, 0, tzinfo=UTC)
StartHost = Callable[..., RunningHost]


def again(host: RunningHost) -> list[str]:
    return re.findall(r"(\S+) of \S+ is delivered again", host.log.read_text())


def test_an_activity_runs_again_five_minutes_after_its_result(fresh_host: StartHost, tmp_path: Path) -> None:
    clock = FileClock.create(tmp_path / "clock", NOON, 0.0)
    host = fresh_host("--redeliver", "1", "--clock", str(clock.path))
    one = host.begin("one_step", 3)
    before = host.ended(one)
    clock.advance(timedelta(seconds=290))
    until(lambda: clock.now() >= NOON + timedelta(seconds=290))
    assert again(host) == []
    clock.advance(timedelta(seconds=20))
    until(lambda: again(host) == ["square"])
    until(lambda: re.search(r"activity\s+square\s+again", host.log.read_text()))
    assert host.ended(one) == before


def test_a_kill_forgets_nothing_that_is_to_be_delivered_again(fresh_host: StartHost, tmp_path: Path) -> None:
    clock = FileClock.create(tmp_path / "clock", NOON, 0.0)
    killed = fresh_host("--redeliver", "1", "--clock", str(clock.path))
    one = killed.begin("one_step", 3)
    before = killed.ended(one)
    killed.kill()
    host = fresh_host("--clock", str(clock.path))
    clock.advance(timedelta(seconds=290))
    until(lambda: clock.now() >= NOON + timedelta(seconds=290))
    assert again(host) == []
    clock.advance(timedelta(seconds=20))
    until(lambda: re.search(r"activity\s+square\s+again", host.log.read_text()))
    assert again(host) == ["square"]
    assert host.ended(one) == before
    assert host.stop() == 0
    assert again(fresh_host("--clock", str(clock.path))) == []


@pytest.mark.parametrize("arguments", [[], ["--redeliver", "1000000"]])
def test_what_is_not_chosen_runs_once(fresh_host: StartHost, tmp_path: Path, arguments: list[str]) -> None:
    clock = FileClock.create(tmp_path / "clock", NOON, 0.0)
    host = fresh_host("--clock", str(clock.path), *arguments)
    host.ended(host.begin("one_step", 3))
    clock.advance(timedelta(minutes=6))
    until(lambda: clock.now() >= NOON + timedelta(minutes=6))
    assert again(host) == []
