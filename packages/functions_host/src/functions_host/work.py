"""Counts what runs or is ready: while the count is not zero, simulated time stands still.

``lane``: what everything that is ready goes through before it begins.
"""

import asyncio
import time
from collections.abc import Callable

from functions_host.lane import Lane, Wide


class Work:
    """Everything in hand, by kind; the loop thread is the only one that counts."""

    def __init__(self, lane: Lane | None = None) -> None:
        self.lane = lane or Wide()
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
        """Wait until nothing is in hand."""
        await self._idle.wait()
