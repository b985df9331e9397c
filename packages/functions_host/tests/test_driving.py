"""Whatever comes and goes, the shared clock is never ahead of what is ready (docs/decisions/0010)."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from functions_host.agenda import Agenda
from functions_host.driving import FileDriver
from functions_host.work import Work
from simulation_base.clock import FileClock

BASE = datetime(2030, 1, 1, tzinfo=UTC)
SPEEDS = (1.0, 1_000.0, 1_000_000.0, 100_000_000.0)
ITEMS = 150


class Office:
    """Work that comes when it is due, from outside, and from other work; it notes where the clock stood."""

    def __init__(self, clock: FileClock, seed: int) -> None:
        self.clock, self.dice = clock, random.Random(seed)
        self.agenda, self.work = Agenda(), Work()
        self.driver = FileDriver(clock, self.agenda, self.work, watchdog_seconds=60.0)
        self.numbers = count()
        self.tasks: set[asyncio.Task[None]] = set()
        self.lags: list[int] = []
        self.done = asyncio.Event()

    @contextmanager
    def ending(self, kind: str) -> Iterator[int]:
        """Be at work that has begun; the time stands still meanwhile."""
        before = self.clock.now_us()
        yield before
        assert self.clock.now_us() == before
        self.work.end(kind)

    def enter(self, due_us: int) -> None:
        """Enter something that is due later, as long as there is to do."""
        n = next(self.numbers)
        if n < ITEMS:
            self.agenda.put(n, due_us, lambda: self._fired(due_us))

    def _fired(self, due_us: int) -> None:
        self.lags.append(self.clock.now_us() - due_us)
        self.work.begin("turn")
        task = asyncio.create_task(self._act())
        self.tasks.add(task)

    async def _act(self) -> None:
        with self.ending("turn") as now_us:
            for _ in range(self.dice.randrange(3)):
                await asyncio.sleep(self.dice.choice([0, 0, 0.001]))
            for _ in range(self.dice.choice([1, 1, 2])):
                self.enter(now_us + self._pause_us())
        if len(self.lags) >= ITEMS:
            self.done.set()

    async def call(self) -> None:
        """Come from outside, at any moment."""
        while not self.done.is_set():
            self.work.begin("http")
            with self.ending("http") as now_us:
                await asyncio.sleep(0)
                self.enter(now_us + self._pause_us())
            await asyncio.sleep(self.dice.choice([0, 0.001, 0.005]))

    async def meddle(self) -> None:
        """Move the clock by hand, and let it run slower and faster."""
        while not self.done.is_set():
            self.clock.set_speed(self.dice.choice(SPEEDS))
            if self.dice.random() < 0.5:
                self.clock.advance(timedelta(seconds=self.dice.choice([1, 3600, 86_400])))
            await asyncio.sleep(0.002)

    def _pause_us(self) -> int:
        return self.dice.choice([0, 1, 1_000, 60_000_000, 86_400_000_000])


@pytest.mark.parametrize("seed", range(12))
async def test_the_clock_stands_at_whatever_is_due_until_it_is_done(tmp_path: Path, seed: int) -> None:
    office = Office(FileClock.create(tmp_path / "clock", BASE, 1_000.0), seed)
    driving = asyncio.create_task(office.driver.run())
    async with asyncio.timeout(60), asyncio.TaskGroup() as others:
        others.create_task(office.call())
        others.create_task(office.meddle())
        await office.done.wait()
    await asyncio.gather(*office.tasks)
    driving.cancel()
    assert office.lags == [0] * ITEMS
