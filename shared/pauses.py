"""Long work on the event loop: everything else in the process goes on between its pieces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

_AT_ONCE = 100
"""Things of which none takes a millisecond: a piece is shorter than anybody notices."""


async def unhurried(things: Iterable[T]) -> AsyncIterator[T]:
    """Yield *things*, and let others run after each hundred of them."""
    for number, each in enumerate(things, 1):
        yield each
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)


class Places:
    """Lets so many of a kind be at work at once in this process; the others wait for a place, in their order."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Have a place, until the work is done."""
        loop = asyncio.get_running_loop()
        async with self._of_loop.setdefault(loop, asyncio.Semaphore(self._number)):
            yield
