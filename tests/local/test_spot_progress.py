"""When the demonstration of a Spot Group takes a stage for stopped."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from local.spot_board import Picture
from local.spot_demo import Progress

AT = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)


def picture(passed: timedelta, **host: Any) -> Picture:
    return Picture(at=AT + passed, stage="evening", group={}, hosts=[{"id": "1", **host}], broker={})


def test_an_hour_of_real_time_is_no_standstill_while_time_passes(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    for minute in range(60):
        assert progress.standstill(picture(timedelta(minutes=minute)), real=60.0 * minute) is None


def test_a_host_that_works_while_time_stands_is_no_standstill(tmp_path: Path) -> None:
    journal, progress = tmp_path / "host.db-wal", Progress(tmp_path)
    for minute in range(60):
        journal.write_text("x")
        os.utime(journal, ns=(minute, minute))
        assert progress.standstill(picture(timedelta()), real=60.0 * minute) is None


def test_hosts_without_a_change_for_more_than_six_simulated_hours_are_one(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    assert progress.standstill(picture(timedelta(), state="running"), real=0.0) is None
    assert progress.standstill(picture(timedelta(hours=5), state="off"), real=1.0) is None
    assert progress.standstill(picture(timedelta(hours=11), state="off"), real=2.0) is None
    said = progress.standstill(picture(timedelta(hours=11, minutes=1), state="off"), real=3.0)
    assert said == "nothing moved for six simulated hours"


def test_a_host_that_writes_nothing_while_time_stands_is_one(tmp_path: Path) -> None:
    progress = Progress(tmp_path)
    assert progress.standstill(picture(timedelta()), real=0.0) is None
    assert progress.standstill(picture(timedelta()), real=300.0) is None
    said = progress.standstill(picture(timedelta()), real=301.0)
    assert said == "time stands, and the host has written nothing for five minutes"
