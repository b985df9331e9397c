"""Short waits for a token of a rate limit, where a caller waits for the response and no orchestrator can sleep."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from shared.contracts.refusals import MissingError
from shared.contracts.tickets import TICKETS, PacedError

T = TypeVar("T")

_MAX_WAIT = timedelta(seconds=5)
"""A longer wait becomes a 429 with Retry-After."""
_MAX_WAITS = 10


async def retry_while_throttled(read: Callable[[], Awaitable[T]]) -> T:
    """Return the result of *read*, after short waits for tokens. Raises: PacedError if a wait would be too long."""
    for _ in range(_MAX_WAITS):
        try:
            return await read()
        except PacedError as paced:
            if paced.after > _MAX_WAIT:
                raise
            await asyncio.sleep(paced.after.total_seconds())
            TICKETS.set((*TICKETS.get(), *paced.tickets))
    return await read()


async def all_of(listing: Callable[[], AsyncIterable[T]]) -> list[T]:
    """Return all items of an SDK's listing; none if the resource group or gallery does not exist yet."""

    async def read() -> list[T]:
        return [each async for each in listing()]

    try:
        return await retry_while_throttled(read)
    except MissingError:
        return []
