"""The pace of a demonstration: people act at simulated moments, independent of the machine's speed."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest
from simulation_base.clock import FileClock, microseconds

from local import pace
from local.pace import Pace
from local.stack import StackError

BEGINS = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)


@pytest.fixture
def clock(tmp_path: Path) -> FileClock:
    return FileClock.create(tmp_path / "clock", BEGINS, 0.0)


def stack_of(clock: FileClock, **more: Any) -> Any:
    usual = {"clock": clock, "folder": clock.path.parent, "moves_time": True, "expect_alive": lambda: None}
    return SimpleNamespace(**{**usual, **more})


@contextmanager
def busy_host(clock: FileClock, seconds: float) -> Iterator[list[datetime]]:
    """Drive the clock as a host does that works so long at each target; give the moments at which it has worked."""
    worked, stop = [], Event()

    def run() -> None:
        with FileClock.open(clock.path).drive(os.getpid()) as driven:
            while not stop.is_set():
                if target := driven.read().target_us:
                    worked.append(driven.now())
                    time.sleep(seconds)
                    driven.jump_to(target)
                time.sleep(0.001)

    host = Thread(target=run)
    host.start()
    while not clock.read().driver_pid:
        time.sleep(0.001)
    try:
        yield worked
    finally:
        stop.set()
        host.join()


@pytest.mark.parametrize("busy", [0.0, 0.05])
def test_as_much_time_passes_on_a_slow_host(clock: FileClock, busy: float) -> None:
    with busy_host(clock, busy):
        Pace(stack_of(clock), 1e9).let_pass(timedelta(minutes=1))
        Pace(stack_of(clock), 600.0).let_pass(timedelta(minutes=5))
    assert clock.now() - BEGINS == timedelta(minutes=6) + 2 * INSTANT


def test_time_passes_no_faster_than_the_speed(clock: FileClock) -> None:
    began = time.monotonic()
    Pace(stack_of(clock), 100.0).let_pass(timedelta(seconds=60))
    assert time.monotonic() - began >= 0.6


def test_what_is_due_is_done_before_somebody_changes_something(clock: FileClock) -> None:
    with busy_host(clock, 0.05) as worked:
        portal: Any = SimpleNamespace(pause=None, settle=None)
        Pace(stack_of(clock, portal=lambda: portal), 600.0).portal()
        portal.settle()
        assert worked == [BEGINS]
        portal.pause()
    assert clock.now() - BEGINS == pace.OPERATION_LOOK + 2 * INSTANT


def test_a_part_that_ends_ends_the_wait(clock: FileClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_ALIVE_EVERY_SECONDS", 0.0)

    def expect_alive() -> None:
        raise StackError("Host has ended")

    clock.claim(os.getpid())
    with pytest.raises(StackError, match="Host has ended"):
        Pace(stack_of(clock, expect_alive=expect_alive), 600.0).settle()


def test_afterwards_time_runs_by_itself_at_the_speed(clock: FileClock) -> None:
    Pace(stack_of(clock), 60.0).run_freely()
    assert clock.read().speed == clock.read().rate == 60.0
    assert microseconds(BEGINS) <= clock.now_us()
