"""Short waits for a place in a rate limit, where no orchestrator could sleep instead: a caller waits for an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from shared.contracts.refusals import MissingError
from shared.contracts.tickets import TICKETS, PacedError

T = TypeVar("T")

_LONGEST = timedelta(seconds=5)
"""Beyond this the caller is told 429 and when to come back."""
_MOST_WAITS = 10


async def retry_while_throttled(read: Callable[[], Awaitable[T]]) -> T:
    """Return what *read* returns, waiting for its turn while that is near. Raises: PacedError when it is not."""
    for _ in range(_MOST_WAITS):
        try:
            return await read()
        except PacedError as paced:
            if paced.after > _LONGEST:
                raise
            await asyncio.sleep(paced.after.total_seconds())
            TICKETS.set((*TICKETS.get(), *paced.tickets))
    return await read()


async def all_of(listing: Callable[[], AsyncIterable[T]]) -> list[T]:
    """Return everything an SDK lists; nothing where the group or gallery it is listed from is not there yet."""

    async def read() -> list[T]:
        return [each async for each in listing()]

    try:
        return await retry_while_throttled(read)
    except MissingError:
        return []
