"""Whatever happens, the shared clock is never ahead of work that is ready."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from functions_host.scheduling.clock_drivers import FileDriver
from functions_host.scheduling.timer_queue import TimerQueue
from functions_host.scheduling.work import Work
from simulation_base.clock import FileClock

BASE = datetime(2030, 1, 1, tzinfo=UTC)
SPEEDS = (1.0, 1_000.0, 1_000_000.0, 100_000_000.0)
ITEMS = 150


class RandomWork:
    """Work that becomes ready when it is due, from outside, and from other work; it records where the clock stood."""

    def __init__(self, clock: FileClock, seed: int) -> None:
        self.clock, self.dice = clock, random.Random(seed)
        self.timer_queue, self.work = TimerQueue(), Work()
        self.driver = FileDriver(clock, self.timer_queue, self.work, watchdog_seconds=60.0)
        self.numbers = count()
        self.tasks: set[asyncio.Task[None]] = set()
        self.lags: list[int] = []
        self.done = asyncio.Event()

    @contextmanager
    def running(self, kind: str) -> Iterator[int]:
        """Check that the time stands still while a piece of work runs."""
        before = self.clock.now_us()
        yield before
        assert self.clock.now_us() == before
        self.work.end(kind)

    def schedule(self, due_us: int) -> None:
        """Schedule a piece of work, up to the number of items."""
        n = next(self.numbers)
        if n < ITEMS:
            self.timer_queue.put(n, due_us, lambda: self._fired(due_us))

    def _fired(self, due_us: int) -> None:
        self.lags.append(self.clock.now_us() - due_us)
        self.work.begin("turn")
        task = asyncio.create_task(self._act())
        self.tasks.add(task)

    async def _act(self) -> None:
        with self.running("turn") as now_us:
            for _ in range(self.dice.randrange(3)):
                await asyncio.sleep(self.dice.choice([0, 0, 0.001]))
            for _ in range(self.dice.choice([1, 1, 2])):
                self.schedule(now_us + self._pause_us())
        if len(self.lags) >= ITEMS:
            self.done.set()

    async def call(self) -> None:
        """Begin work from outside, at any moment."""
        while not self.done.is_set():
            self.work.begin("http")
            with self.running("http") as now_us:
                await asyncio.sleep(0)
                self.schedule(now_us + self._pause_us())
            await asyncio.sleep(self.dice.choice([0, 0.001, 0.005]))

    async def change_clock(self) -> None:
        """Advance the clock, and change its speed."""
        while not self.done.is_set():
            self.clock.set_speed(self.dice.choice(SPEEDS))
            if self.dice.random() < 0.5:
                self.clock.advance(timedelta(seconds=self.dice.choice([1, 3600, 86_400])))
            await asyncio.sleep(0.002)

    def _pause_us(self) -> int:
        return self.dice.choice([0, 1, 1_000, 60_000_000, 86_400_000_000])


@pytest.mark.parametrize("seed", range(12))
async def test_the_clock_stands_at_whatever_is_due_until_it_has_run(tmp_path: Path, seed: int) -> None:
    work_items = RandomWork(FileClock.create(tmp_path / "clock", BASE, 1_000.0), seed)
    driving = asyncio.create_task(work_items.driver.run())
    async with asyncio.timeout(60), asyncio.TaskGroup() as others:
        others.create_task(work_items.call())
        others.create_task(work_items.change_clock())
        await work_items.done.wait()
    await asyncio.gather(*work_items.tasks)
    driving.cancel()
    assert work_items.lags == [0] * ITEMS
