"""Long work on the event loop, in pieces, so that other work of the process runs in between."""

from __future__ import annotations

import asyncio
from collections import deque
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
    """Limits how many tasks of a kind run at once in this process.

    The others wait for a place: the first one of each tenant in turn, so that one tenant's many are not before
    another's only one.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._of_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, _Line] = WeakKeyDictionary()

    @asynccontextmanager
    async def one(self, tenant_id: str) -> AsyncIterator[None]:
        """Have a place, until the work for a tenant is done."""
        line = self._of_loop.setdefault(asyncio.get_running_loop(), _Line(self._number))
        await line.enter(tenant_id)
        try:
            yield
        finally:
            line.leave()


class _Line:
    """The free places of one event loop, and the waiting tasks of each tenant in the order of their turns."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def enter(self, tenant_id: str) -> None:
        """Take a place, or wait until it is given."""
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant_id, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the place was given just then
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place to the next waiting task."""
        while self._waiting:
            tenant_id = next(iter(self._waiting))
            turns = self._waiting.pop(tenant_id)
            turn = turns.popleft()
            if turns:
                self._waiting[tenant_id] = turns
            if not turn.cancelled():
                turn.set_result(None)
                return
        self._free += 1
