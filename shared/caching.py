"""Values that hold for a while, kept in the process to spare the clouds a question; never a record."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary, WeakValueDictionary

if TYPE_CHECKING:  # loaded when first used: cold start
    from cachetools import TLRUCache

V = TypeVar("V")

_MOST = 10_000
"""Entries of one cache; beyond, the least recently used goes first."""


class TimeSource(Protocol):
    """A source of the current time."""

    def now(self) -> datetime:
        """Return the time as an aware UTC datetime."""


class HasClock(Protocol):
    """A composition (``shared.dependencies``): each has values of its own, and its own time."""

    @property
    def clock(self) -> TimeSource:
        """Its clock."""


class TtlCache(Generic[V]):
    """Values that hold for *lifetime*, by key; separate for each composition."""

    def __init__(self, lifetime: timedelta) -> None:
        self._lifetime = lifetime
        self._entries: WeakKeyDictionary[HasClock, TLRUCache[Hashable, tuple[V, timedelta]]] = WeakKeyDictionary()
        # A lock lives while somebody reads: keys never end (users, builds), and a process lives for weeks.
        self._locks: WeakKeyDictionary[HasClock, WeakValueDictionary[Hashable, asyncio.Lock]] = WeakKeyDictionary()

    def get(self, deps: HasClock, key: Hashable) -> V | None:
        """Return the value of *key*, or None if there is none or it is too old."""
        found = self._of(deps).get(key)
        return found[0] if found is not None else None

    def put(self, deps: HasClock, key: Hashable, value: V, lifetime: timedelta | None = None) -> V:
        """Keep *value*, for *lifetime* where it differs from the cache's; return it."""
        self._of(deps)[key] = (value, lifetime or self._lifetime)
        return value

    def drop(self, deps: HasClock, key: Hashable) -> None:
        """Forget the value of *key*: it holds no longer."""
        self._of(deps).pop(key, None)

    async def get_or(self, deps: HasClock, key: Hashable, read: Callable[[], Awaitable[V]]) -> V:
        """Return the value of *key*, or else read it; callers at the same time share one read."""
        locks = self._locks.setdefault(deps, WeakValueDictionary())
        async with locks.setdefault(key, asyncio.Lock()):
            found = self.get(deps, key)
            return found if found is not None else self.put(deps, key, await read())

    def _of(self, deps: HasClock) -> TLRUCache[Hashable, tuple[V, timedelta]]:
        if deps not in self._entries:
            from cachetools import TLRUCache

            clock = deps.clock  # not deps: a value of a weak dictionary must not keep its key alive
            self._entries[deps] = TLRUCache(
                _MOST,
                ttu=lambda _, entry, now: now + entry[1].total_seconds(),
                timer=lambda: clock.now().timestamp(),
            )
        return self._entries[deps]
