"""Runs due work, and moves the shared clock: time never runs ahead of work that is ready.

While anything runs or is ready, time stands still. When nothing is, it runs at the requested speed up to the earliest
moment at which something is due, and waits there until that is done.
"""

import asyncio
import logging
import os
import time
from typing import Protocol

from simulation_base.clock import NO_LIMIT, FileClock

from functions_host.log import log_event
from functions_host.scheduling.clocks import Clock
from functions_host.scheduling.timer_queue import TimerQueue
from functions_host.scheduling.work import Work

WATCHDOG_SECONDS = 20.0
_CHECK_SECONDS = 0.025  # how soon a change from outside (speed, advance) is noticed
_LONGEST_SLEEP_SECONDS = 60.0  # the machine's clock may be set meanwhile


class Driver(Protocol):
    """Runs due work until it is cancelled."""

    async def run(self) -> None: ...  # noqa: D102 - as the class says


class SystemDriver:
    """Follows real time: sleeps until the next action is due."""

    def __init__(self, clock: Clock, timer_queue: TimerQueue) -> None:
        self._clock = clock
        self._timer_queue = timer_queue
        self._earlier = asyncio.Event()
        timer_queue.on_earlier = self._earlier.set

    async def run(self) -> None:
        """Run due work, until cancelled."""
        while True:
            self._earlier.clear()
            self._timer_queue.run_due(self._clock.now_us())
            due_us = self._timer_queue.next_due()
            delay = _LONGEST_SLEEP_SECONDS if due_us is None else max(0.0, (due_us - self._clock.now_us()) / 1e6)
            await _wait(self._earlier, min(delay, _LONGEST_SLEEP_SECONDS))


class FileDriver:
    """Drives the clock file that other processes read."""

    def __init__(self, clock: FileClock, timer_queue: TimerQueue, work: Work, watchdog_seconds: float) -> None:
        self._clock = clock
        self._timer_queue = timer_queue
        self._work = work
        self._watchdog = watchdog_seconds
        timer_queue.on_earlier = work.changed.set

    async def run(self) -> None:
        """Drive until cancelled; then time runs freely again."""
        with self._clock.drive(os.getpid()):
            self._work.on_busy = self._stop_time
            while True:
                self._work.changed.clear()
                if self._work.total:
                    await self._stand_still()
                elif not self._timer_queue.run_due(self._clock.now_us()):
                    await self._let_run()

    async def _stand_still(self) -> None:
        """Stop the time until nothing runs any more, or until the watchdog finds that nothing ends."""
        self._stop_time()
        left = self._work.last_end + self._watchdog - time.monotonic()
        if left > 0:
            await _wait(self._work.changed, left)
            return
        log_event(
            "clock",
            f"nothing ended for {self._watchdog:g} s: time runs at rate 1 until something does",
            logging.WARNING,
            **{kind: n for kind, n in self._work.running.items() if n},
        )
        last_end = self._work.last_end
        while self._work.total and self._work.last_end == last_end:
            self._timer_queue.run_due(self._clock.now_us())
            self._clock.write(rate=1.0, limit_us=self._limit())
            await _wait(self._work.changed, _CHECK_SECONDS)

    def _stop_time(self) -> None:
        if self._clock.read().rate:
            self._clock.write(rate=0.0)

    async def _let_run(self) -> None:
        """Let time run until something is due, or jump towards a target that was requested."""
        due_us = self._timer_queue.next_due()
        fields = self._clock.read()
        now_us = self._clock.now_us()
        if fields.target_us:
            stop_us = fields.target_us if due_us is None else min(due_us, fields.target_us)
            self._clock.jump_to(stop_us)
            self._clock.write(rate=0.0)
            return
        limit_us = self._limit()
        if fields.rate != fields.speed or fields.limit_us != limit_us:
            self._clock.write(rate=fields.speed, limit_us=limit_us)
        delay = _CHECK_SECONDS
        if due_us is not None and fields.speed > 0:
            delay = min(delay, max(0.0, (due_us - now_us) / 1e6 / fields.speed))
        await _wait(self._work.changed, delay)

    def _limit(self) -> int:
        due_us = self._timer_queue.next_due()
        return NO_LIMIT if due_us is None else due_us


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, at most so long; zero still lets other tasks run."""
    if seconds <= 0:
        await asyncio.sleep(0)
        return
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
