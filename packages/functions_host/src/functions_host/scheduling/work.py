"""Counts the work that runs or is ready to run: while the count is not zero, simulated time stands still."""

import asyncio
import time
from collections.abc import Callable

from functions_host.scheduling.scheduler import Concurrent, Scheduler


class Work:
    """Counts pieces of work by kind; only the loop thread counts. ``scheduler`` decides when each of them begins."""

    def __init__(self, scheduler: Scheduler | None = None) -> None:
        self.scheduler = scheduler or Concurrent()
        self.changed = asyncio.Event()
        self.something_ended = asyncio.Event()
        self.on_busy: Callable[[], None] = lambda: None
        self.running: dict[str, int] = {}
        self.total = 0
        self.last_end = time.monotonic()
        self._idle = asyncio.Event()
        self._idle.set()

    def begin(self, kind: str) -> None:
        """Count one piece of work in."""
        self.running[kind] = self.running.get(kind, 0) + 1
        self.total += 1
        if self.total == 1:
            self.last_end = time.monotonic()
            self._idle.clear()
            self.on_busy()
            self.changed.set()

    def end(self, kind: str) -> None:
        """Count one piece of work out."""
        self.running[kind] -= 1
        self.total -= 1
        self.last_end = time.monotonic()
        self.something_ended.set()
        if self.total == 0:
            self._idle.set()
            self.changed.set()

    async def idle(self) -> None:
        """Wait until nothing runs and nothing is ready."""
        await self._idle.wait()
