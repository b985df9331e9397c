"""What a worker remembers between two calls, to spare the clouds a question: for a while, and never as a record."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from shared.dependencies import Dependencies, dependencies

V = TypeVar("V")


@dataclass(slots=True)
class _Shelf(Generic[V]):
    entries: dict[Hashable, tuple[datetime, V]] = field(default_factory=dict)
    locks: dict[Hashable, asyncio.Lock] = field(default_factory=dict)


class Memory(Generic[V]):
    """Values that hold for *lifetime*, of each composition its own."""

    def __init__(self, lifetime: timedelta) -> None:
        self._lifetime = lifetime
        self._shelves: WeakKeyDictionary[Dependencies, _Shelf[V]] = WeakKeyDictionary()

    def recall(self, key: Hashable) -> V | None:
        """Return what is remembered of *key*, None when nothing is, or it is too old."""
        until, value = self._shelf().entries.get(key, (None, None))
        return value if until is not None and dependencies().clock.now() < until else None

    def keep(self, key: Hashable, value: V, lifetime: timedelta | None = None) -> V:
        """Remember *value*."""
        self._shelf().entries[key] = (dependencies().clock.now() + (lifetime or self._lifetime), value)
        return value

    async def recall_or(self, key: Hashable, ask: Callable[[], Awaitable[V]]) -> V:
        """Return what is remembered, or else ask; callers at the same time share one question."""
        async with self._shelf().locks.setdefault(key, asyncio.Lock()):
            known = self.recall(key)
            return known if known is not None else self.keep(key, await ask())

    def _shelf(self) -> _Shelf[V]:
        return self._shelves.setdefault(dependencies(), _Shelf())
