"""Values that hold for a while: callers share one read, and nothing stays of a key but its value."""

from __future__ import annotations

import asyncio
import gc
from datetime import UTC, datetime, timedelta

from shared.caching import TtlCache


class Composition:
    """A composition with a clock that is set by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    @property
    def clock(self) -> Composition:
        return self

    def now(self) -> datetime:
        return self.time


def locks() -> int:
    gc.collect()
    return sum(isinstance(each, asyncio.Lock) for each in gc.get_objects())


async def test_callers_at_the_same_time_share_one_read() -> None:
    deps, cache, reads = Composition(), TtlCache[int](timedelta(minutes=1)), []

    async def read() -> int:
        reads.append(1)
        await asyncio.sleep(0)
        return len(reads)

    found = await asyncio.gather(*(cache.get_or(deps, "key", read) for _ in range(5)))
    deps.time += timedelta(minutes=2)

    assert found == [1] * 5
    assert await cache.get_or(deps, "key", read) == 2


async def test_a_key_that_is_not_asked_for_again_leaves_no_lock_behind() -> None:
    deps, cache, before = Composition(), TtlCache[int](timedelta(minutes=1)), locks()

    async def read() -> int:
        return 1

    for generation in range(100):
        await cache.get_or(deps, ("contoso", "pc", generation), read)

    assert locks() == before
