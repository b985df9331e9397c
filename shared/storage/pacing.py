"""Rate limits shared by all workers: one row for each bucket says until when it is given away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.errors import ConflictError, NotFoundError, StaleError, UnavailableError
from shared.storage.codec import escaped
from shared.storage.tables import Row, Table, Tables

_TRIES = 50
_KEY = "next"


class Leases:
    """The buckets."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "pacing")

    async def lease(self, bucket: str, n: int, at: datetime, *, every: timedelta, burst: int = 1) -> datetime:
        """Reserve *n* places of *bucket* and return when the first of them is free; the others follow *every*.

        A full bucket gives *burst* places at once: the first of them have then been free for a while.
        Raises: UnavailableError if others were faster too often.
        """
        partition, full = escaped(bucket), at - every * (burst - 1)
        for _ in range(_TRIES):
            try:
                read = await self._table.read(partition, _KEY)
                free, seen = datetime.fromisoformat(str(read.row["free_at"])), read.etag
            except NotFoundError:
                free, seen = full, ""
            first = max(free, full)
            row: Row = {"PartitionKey": partition, "RowKey": _KEY, "free_at": _text(first + every * n)}
            try:
                await (self._table.replace(row, seen=seen) if seen else self._table.insert(row))
            except (StaleError, ConflictError, NotFoundError):
                continue
            return first
        raise UnavailableError(f"pacing of {bucket}: others were faster {_TRIES} times")

    async def close_until(self, bucket: str, at: datetime) -> None:
        """Give no place of *bucket* before *at*: the other side asked for patience."""
        partition = escaped(bucket)
        for _ in range(_TRIES):
            try:
                read = await self._table.read(partition, _KEY)
                if datetime.fromisoformat(str(read.row["free_at"])) >= at:
                    return
                row: Row = {**_plain(partition), "free_at": _text(at)}
                await self._table.replace(row, seen=read.etag)
            except NotFoundError:
                await self._table.put({**_plain(partition), "free_at": _text(at)})
            except StaleError:
                continue
            return


def _plain(partition: str) -> Row:
    return {"PartitionKey": partition, "RowKey": _KEY}


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
