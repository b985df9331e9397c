"""The app's reader of the shared clock, beside a writer of the package that owns the file."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from simulation_base.clock import ClockFields, FileClock

from shared.clock import FileClock as AppClock

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(("before", "after"), [(1000.0, 1000.0), (1000.0, 0.0), (0.0, 1000.0), (1000.0, 1.0)])
def test_the_apps_time_does_not_go_back_while_a_writer_is_held_between_two_instructions(
    tmp_path: Path, before: float, after: float
) -> None:
    clock = FileClock.create(tmp_path / "clock", START, before)
    app = AppClock(clock.path)
    stop = threading.Event()
    steps: list[timedelta] = []

    def read() -> None:
        last = app.now()
        while not stop.is_set():
            following = app.now()
            steps.append(following - last)
            last = following

    def held(now: ClockFields) -> ClockFields:
        time.sleep(0.004)
        return replace(now, rate=after)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(25):
        with clock._writing():
            time.sleep(0.004)
            clock._put(held)
        clock.write(rate=before)
        time.sleep(0.004)
    stop.set()
    reader.join()
    app.close()
    assert len(steps) > 100
    assert min(steps) >= timedelta(0)
