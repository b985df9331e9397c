"""Deletion of old rows in chunks, each of which begins where the one before has ended.

A tick looks through one chunk of a table and removes what is old in it, however many rows there are. The place at which
it has stopped is written down, so that the next tick goes on there, also in another process (docs/decisions/0252).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from functools import cached_property

from shared.errors import InvalidError
from shared.storage.tables import BATCH, Parameters, Read, Table, Tables, Write

ROWS_A_TICK = 20_000
"""Rows of one table that a tick looks at: some 20 requests to read them, and 200 to delete all of them."""

_PAGE = 1_000
_LEAST = 200
"""Rows for which a request counts at least: finding few takes storage as long as finding many."""

_AT_ONCE = 8
_KEYS = ("PartitionKey", "RowKey")
_ALL = "*"
"""The partition of the places of purges: they concern all tenants."""


class Chunk:
    """Part of a purge for one tick. *place*: its beginning, and afterwards the next chunk's.

    *more*: whether something was left. *left*: rows that may still be looked at.
    """

    def __init__(self, rows: int = ROWS_A_TICK, place: str | None = None) -> None:
        self.left, self.place, self.more = rows, place, False
        self._stopped = False

    def count(self, rows: int) -> None:
        """Count rows that were looked at."""
        self.left -= rows

    def stop(self) -> None:
        """End the chunk with the page that is looked at now, which is looked at again by the next one."""
        self._stopped = True

    async def pages(
        self, table: Table, where: str, span: Parameters, *, select: Sequence[str] | None = None
    ) -> AsyncIterator[list[Read]]:
        """Yield pages of the rows that match *where*, from the place on, as far as the chunk goes."""
        while True:
            if self.left <= 0 or self._stopped:
                self.more = True
                return
            top = min(_PAGE, self.left)
            try:
                rows, following = await table.page(where, span, top=top, token=self.place, select=select)
            except InvalidError:
                if self.place is None:
                    raise
                self.place = None  # a place of another time, which storage does not know any more
                continue
            self.count(max(len(rows), _LEAST))
            yield rows
            if self._stopped:
                continue
            self.place = following
            if following is None:
                return


async def purge(table: Table, where: str, span: Parameters, chunk: Chunk) -> int:
    """Delete the rows that match *where*, as far as the chunk goes; return their number. Only keys are read."""
    count = 0
    async for rows in chunk.pages(table, where, span, select=_KEYS):
        count += await delete_rows(table, rows)
    return count


async def delete_rows(table: Table, rows: Iterable[Read]) -> int:
    """Delete rows as they were read, many in a transaction; return their number. Raises: StaleError."""
    found: dict[str, list[Write]] = {}
    for read in rows:
        found.setdefault(str(read.row["PartitionKey"]), []).append(Write(read.row, read.etag, gone=True))
    batches = [writes[at : at + BATCH] for writes in found.values() for at in range(0, len(writes), BATCH)]
    places = asyncio.Semaphore(_AT_ONCE)

    async def delete(batch: Sequence[Write]) -> None:
        async with places:
            await table.write_all(batch)

    await asyncio.gather(*map(delete, batches))
    return sum(map(len, batches))


class PurgePlaces:
    """The unfinished purges, each with the place at which it continues."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "purges")

    async def open(self) -> dict[str, str | None]:
        """Return the place of each open purge; None is the beginning of its table."""
        rows = self._table.query("PartitionKey eq @partition", {"partition": _ALL})
        return {str(read.row["RowKey"]): str(read.row["place"]) or None async for read in rows}

    async def begin(self, names: Iterable[str]) -> None:
        """Open purges, in one transaction; a purge that is open keeps its place."""
        there = await self.open()
        await self._table.write_all([Write(_row(name, None), "*") for name in names if name not in there])

    async def note(self, name: str, chunk: Chunk) -> None:
        """Record the place of a purge after a chunk, or its end."""
        if chunk.more:
            await self._table.put(_row(name, chunk.place))
        else:
            await self._table.delete(_ALL, name)


class PurgeRecords:
    """The purges of old rows that are under way."""

    tables: Tables

    @cached_property
    def purges(self) -> PurgePlaces:
        """The purges that are under way."""
        return PurgePlaces(self.tables)


def _row(name: str, place: str | None) -> dict[str, str | int | bool]:
    return {"PartitionKey": _ALL, "RowKey": name, "place": place or ""}
