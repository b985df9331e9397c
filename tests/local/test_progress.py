"""When the demonstrations and the scenarios take a run for stopped."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local import demo, play, spot_demo, spot_play
from local.board import Row
from local.progress import Progress
from local.spot_board import Picture
from local.verdict import Seen

AT = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
SIX = timedelta(hours=6)
LOOKS = 60


def test_an_hour_of_real_time_is_no_standstill_while_time_passes(tmp_path: Path) -> None:
    progress = Progress(tmp_path, SIX)
    for minute in range(60):
        assert progress.standstill("the same", AT + timedelta(minutes=minute), 60.0 * minute) is None


def test_a_host_that_works_while_time_stands_is_no_standstill(tmp_path: Path) -> None:
    journal, progress = tmp_path / "host.db-wal", Progress(tmp_path, SIX)
    for minute in range(60):
        journal.write_text("x")
        os.utime(journal, ns=(minute, minute))
        assert progress.standstill("the same", AT, 60.0 * minute) is None


def test_nothing_new_for_more_than_six_simulated_hours_is_one(tmp_path: Path) -> None:
    progress = Progress(tmp_path, SIX)
    assert progress.standstill("running", AT, 0.0) is None
    assert progress.standstill("off", AT + timedelta(hours=5), 1.0) is None
    assert progress.standstill("off", AT + timedelta(hours=11), 2.0) is None
    said = progress.standstill("off", AT + timedelta(hours=11, minutes=1), 3.0)
    assert said == "nothing moved for 6 simulated hours"


def test_a_host_that_writes_nothing_while_time_stands_is_one(tmp_path: Path) -> None:
    progress = Progress(tmp_path, SIX)
    assert progress.standstill("the same", AT, 0.0) is None
    assert progress.standstill("the same", AT, 300.0) is None
    said = progress.standstill("the same", AT, 301.0)
    assert said == "time stands, and the host has written nothing for 300 seconds"


class Slow:
    """A machine so slow that a minute of real time passes between two looks, and some simulated time too, or none."""

    def __init__(self, folder: Path, step: timedelta) -> None:
        self.at, self.real, self.step, self.looks = AT, 0.0, step, 0
        self.stack: Any = SimpleNamespace(
            clock=self,
            folder=folder,
            failed_part=lambda: "",
            expect_alive=lambda: None,
            options=SimpleNamespace(users=1),
            ask_cloud=self.asked,
        )
        self.pace: Any = SimpleNamespace(stack=self.stack, speed=1.0, let_pass=self.let_pass)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.real

    def sleep(self, _: float) -> None:
        self.looks += 1
        self.at += self.step
        self.real += 60.0

    def let_pass(self, *_: object) -> None:
        self.sleep(0.0)

    def asked(self, _: str) -> Any:
        return {"findings": []}

    @property
    def is_over(self) -> bool:
        return self.looks >= LOOKS

    def rows(self) -> list[Row]:
        return [Row("1", "ada", "small", "provisioned" if self.is_over else "provisioning", "create", 10, None)] * 9


def first_day(slow: Slow) -> bool:
    board: Any = SimpleNamespace(update=lambda *_: None)
    journey: Any = SimpleNamespace(cloud_pcs=slow.rows)
    return not demo._watch(slow.pace, journey, board).findings


def scenario(slow: Slow) -> bool:
    rehearsal: Any = SimpleNamespace(setting={}, people={"ada"})
    journey: Any = SimpleNamespace(cloud_pcs=slow.rows)
    return play._watch(slow.stack, journey, rehearsal, Seen(), lambda _: None, lambda _: slow.is_over)


def spot_scenario(slow: Slow) -> bool:
    rehearsal = SimpleNamespace(stack=slow.stack, portal=SimpleNamespace(is_over=lambda _: slow.is_over))
    spot: Any = SimpleNamespace(rehearsal=rehearsal, is_version=True, begun=["1"], lasts=timedelta())
    spot.version = lambda: {"status": "available"}
    return spot_play.SpotPlay(spot, lambda _: None, 0, AT, {}).watch()


def spot_day(slow: Slow) -> bool:
    class Day(spot_demo.SpotDay):
        def _picture(self) -> Picture:
            return Picture(at=slow.at, stage="build", group={}, hosts=[{"id": "1"}], broker={})

    nothing: Any = SimpleNamespace(update=lambda _: None)
    day = Day(slow.pace, nothing, nothing, 1)
    day._watch("build", lambda _: slow.is_over)
    return not day.problems


PROGRAMS = {demo: first_day, play: scenario, spot_play: spot_scenario, spot_demo: spot_day}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_slow_machine_has_an_hour_of_real_time(program: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(tmp_path, timedelta(seconds=60))
    monkeypatch.setattr(program, "time", slow)
    assert PROGRAMS[program](slow)
    assert slow.looks == LOOKS


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_a_run_whose_time_stands_has_stopped(program: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(tmp_path, timedelta())
    monkeypatch.setattr(program, "time", slow)
    assert not PROGRAMS[program](slow)
    assert slow.looks < LOOKS
