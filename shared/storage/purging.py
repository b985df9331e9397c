"""Deletion of old rows in chunks: a tick ends in time, however many there are, and the next one deletes more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from shared.storage.tables import BATCH, Parameters, Table, Write

ROWS_A_TICK = 20_000
"""Rows that a tick deletes at most: some 20 requests to read their keys, and 200 to delete them."""

_AT_ONCE = 8
_KEYS = ("PartitionKey", "RowKey")


class Chunk:
    """The rows that may still be deleted now. *more*: whether some were left."""

    def __init__(self, rows: int = ROWS_A_TICK) -> None:
        self.left, self.more = rows, False

    def take(self) -> bool:
        """Return whether one more row may be deleted; counts it."""
        if self.left <= 0:
            self.more = True
            return False
        self.left -= 1
        return True


async def purge(table: Table, where: str, span: Parameters, chunk: Chunk) -> int:
    """Delete the rows that match *where*, as far as the chunk goes; return their number. Only keys are read."""
    found: dict[str, list[Write]] = {}
    async for read in table.query(where, span, select=_KEYS):
        if not chunk.take():
            break
        found.setdefault(str(read.row["PartitionKey"]), []).append(Write(read.row, read.etag, gone=True))
    batches = [writes[at : at + BATCH] for writes in found.values() for at in range(0, len(writes), BATCH)]
    places = asyncio.Semaphore(_AT_ONCE)

    async def delete(batch: Sequence[Write]) -> None:
        async with places:
            await table.write_all(batch)

    await asyncio.gather(*map(delete, batches))
    return sum(map(len, batches))
