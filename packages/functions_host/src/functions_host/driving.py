"""Moves the shared clock: it never runs ahead of work that is ready (docs/decisions/0010).

While anything runs or is ready, time stands still. When nothing is, it runs at the wished
speed up to the earliest moment at which something is due, where it waits until that is done.
"""

import asyncio
import logging
import os
import time
from typing import Protocol

from simulation_base.clock import NO_LIMIT, FileClock

from functions_host.agenda import Agenda
from functions_host.log import say
from functions_host.work import Work

WATCHDOG_SECONDS = 20.0
_LOOK_SECONDS = 0.025  # how soon a hand on the clock (speed, advance) is noticed


class Clock(Protocol):
    """Tells simulated microseconds since the epoch."""

    def now_us(self) -> int: ...  # noqa: D102 - as the class says


class SystemClock:
    """Real time, for a host without a clock file; it goes on steadily when the machine's clock is set back.

    A timer that is due in a minute is due in a minute, whatever somebody does to the machine's clock.
    """

    def __init__(self) -> None:
        self._anchor = (0, time.monotonic_ns())

    def now_us(self) -> int:
        """Return the machine's time, or what it would be had nobody set it back."""
        machine_ns, monotonic_ns = time.time_ns(), time.monotonic_ns()
        base_ns, anchor_ns = self._anchor
        steady_ns = base_ns + monotonic_ns - anchor_ns
        if machine_ns >= steady_ns:
            self._anchor = (machine_ns, monotonic_ns)
        return max(machine_ns, steady_ns) // 1000

    def go_on_from(self, moment_us: int) -> float:
        """Begin no earlier than a moment that an earlier host has seen; return by how many seconds that is ahead."""
        ahead_us = moment_us - self.now_us()
        if ahead_us > 0:
            self._anchor = (moment_us * 1000, time.monotonic_ns())
        return max(0, ahead_us) / 1e6


class Driver(Protocol):
    """Calls what is due until it is told to stop."""

    async def run(self) -> None: ...  # noqa: D102 - as the class says


class SystemDriver:
    """Follows real time: sleeps until the next thing is due."""

    def __init__(self, clock: Clock, agenda: Agenda) -> None:
        self._clock = clock
        self._agenda = agenda
        self._earlier = asyncio.Event()
        agenda.on_earlier = self._earlier.set

    async def run(self) -> None:
        """Run what is due, for ever."""
        while True:
            self._earlier.clear()
            self._agenda.run_due(self._clock.now_us())
            due_us = self._agenda.next_due()
            delay = None if due_us is None else max(0.0, (due_us - self._clock.now_us()) / 1e6)
            # A long sleep is cut: the machine's clock may be set while we wait.
            await _wait(self._earlier, 60.0 if delay is None else min(delay, 60.0))


class FileDriver:
    """Drives the clock file of host, cloud and app."""

    def __init__(self, clock: FileClock, agenda: Agenda, work: Work, watchdog_seconds: float) -> None:
        self._clock = clock
        self._agenda = agenda
        self._work = work
        self._watchdog = watchdog_seconds
        agenda.on_earlier = work.changed.set

    async def run(self) -> None:
        """Drive until cancelled; then time runs freely again."""
        with self._clock.drive(os.getpid()):
            self._work.on_busy = self._hold
            while True:
                self._work.changed.clear()
                if self._work.total:
                    await self._stand_still()
                elif not self._agenda.run_due(self._clock.now_us()):
                    await self._let_run()

    async def _stand_still(self) -> None:
        """Hold the time until nothing is in hand, or the watchdog finds that nothing ends."""
        self._hold()
        patience = self._work.last_end + self._watchdog - time.monotonic()
        if patience > 0:
            await _wait(self._work.changed, patience)
            return
        say(
            "clock",
            f"nothing ended for {self._watchdog:g} s: time runs at 1 until something does",
            logging.WARNING,
            **{kind: n for kind, n in self._work.running.items() if n},
        )
        seen = self._work.last_end
        while self._work.total and self._work.last_end == seen:
            self._agenda.run_due(self._clock.now_us())
            self._clock.write(rate=1.0, limit_us=self._limit())
            await _wait(self._work.changed, _LOOK_SECONDS)

    def _hold(self) -> None:
        if self._clock.read().rate:
            self._clock.write(rate=0.0)

    async def _let_run(self) -> None:
        """Let time run to the next thing due, or jump towards a target set by hand."""
        due_us = self._agenda.next_due()
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
        delay = _LOOK_SECONDS
        if due_us is not None and fields.speed > 0:
            delay = min(delay, max(0.0, (due_us - now_us) / 1e6 / fields.speed))
        await _wait(self._work.changed, delay)

    def _limit(self) -> int:
        due_us = self._agenda.next_due()
        return NO_LIMIT if due_us is None else due_us


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for the event, at most so long; zero still lets others run."""
    if seconds <= 0:
        await asyncio.sleep(0)
        return
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
