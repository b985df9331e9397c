"""The index of the due rows: written, read by time, moved to a later time, and set aside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.errors import NotFoundError
from shared.storage.aside import AGAIN_EVERY, UNKNOWN_ROW, SetAside
from shared.storage.codec import escaped
from shared.storage.due import Due, DueKind
from shared.storage.tables import Read, Row, Table, Tables, Write

_PARTITION = "soon"
"""Partition of all due rows: all kinds are one read, a minute in which nothing is due is one request."""

_FORMERLY = ("progress", "deprovision", "cleanUp", "recheck", "directories", "orphans")
"""Partitions in which earlier releases wrote rows of some kinds; ``DueIndex.move_in`` empties them."""

_MAX_ROWS = 50_000
"""The most rows that one sweep reads: behind many rows of one tenant, others have theirs."""


class DueIndex:
    """The index."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "due")
        self._moved_in = False
        self.aside = SetAside(self._table)

    async def put(self, kind: DueKind, at: datetime, tenant_id: str, subject_id: str, number: int = 0) -> Due:
        """Write the due row; writing it twice has no further effect."""
        due = Due(kind, at, tenant_id, subject_id, number)
        await self._table.put(_row(due))
        return due

    async def ensure(self, kind: DueKind, at: datetime, tenant_id: str, subject_id: str) -> None:
        """Write the due row of periodic work if it does not exist: one read, and rarely a write."""
        row = _row(Due(kind, at, tenant_id, subject_id))
        try:
            await self._table.read(str(row["PartitionKey"]), str(row["RowKey"]))
        except NotFoundError:
            await self._table.put(row)

    async def put_all(self, dues: Iterable[Due]) -> None:
        """Write many due rows."""
        rows = {
            str(row["RowKey"]): Write(row, "*") for row in map(_row, dues)
        }  # a transaction may have a row only once
        await self._table.write_all(list(rows.values()))

    async def due(self, kind: DueKind, now: datetime, limit: int = 1000) -> list[Due]:
        """Return the rows of a kind that are due by *now*, oldest first, at most *limit*."""
        return [due for due in await self._all_due(now) if due.kind is kind][:limit]

    async def due_among(self, kinds: Iterable[DueKind], now: datetime) -> list[Due]:
        """Return the rows of several kinds that are due by *now*, in one read.

        The first read of a process looks at the partitions of earlier releases too: the release before has ended.
        """
        if not self._moved_in:
            await self.move_in(now)
            self._moved_in = True
        wanted = set(kinds)
        return [due for due in await self._all_due(now) if due.kind in wanted]

    async def _all_due(self, now: datetime) -> list[Due]:
        where = "PartitionKey eq @partition and RowKey lt @end"
        end = _moment(now + timedelta(microseconds=1))
        found: list[Due] = []
        token: str | None = None
        while len(found) < _MAX_ROWS:
            reads, token = await self._table.page(where, {"partition": _PARTITION, "end": end}, token=token)
            found += [due for _, due in await self._readable(reads, now)]
            if token is None:
                break
        return found

    async def _readable(self, reads: Iterable[Read], now: datetime) -> list[tuple[Read, Due]]:
        """Return the rows that can be read; a damaged row, or one of a newer release's kind, is set aside."""
        found: list[tuple[Read, Due]] = []
        for read in reads:
            try:
                found.append((read, _due_of(read)))
            except (KeyError, ValueError):
                await self.aside.put(read.row, str(read.row["RowKey"]), UNKNOWN_ROW, now, now + AGAIN_EVERY)
        return found

    async def late(self, before: datetime) -> list[Due]:
        """Return the rows of all kinds that were due before a time and are there yet."""
        return await self._all_due(before)

    async def move_in(self, now: datetime) -> int:
        """Move rows from partitions of earlier releases to the present one; return their number."""
        moved = 0
        for partition in _FORMERLY:
            reads = [read async for read in self._table.query("PartitionKey eq @partition", {"partition": partition})]
            found = await self._readable(reads, now)
            await self.put_all([due for _, due in found])
            await self._table.write_all([Write(read.row, read.etag, gone=True) for read, _ in found])
            moved += len(found)
        return moved

    async def drop(self, due: Due) -> None:
        """Delete a due row: its work is done, or no longer needed."""
        row = _row(due)
        await self._table.delete(str(row["PartitionKey"]), str(row["RowKey"]))

    async def postpone(self, due: Due, at: datetime) -> Due:
        """Move a due row to a later time; its number stays."""
        return await self._move(due, replace(due, at=at, failures=0, failing_since=None))

    async def push_back(self, due: Due, at: datetime, now: datetime) -> Due:
        """Move a due row to a later time after its rule failed, and count the failure."""
        return await self._move(due, replace(_failed(due, now), at=at))

    async def set_aside(self, due: Due, reason: str, now: datetime) -> None:
        """Keep a due row where no sweep reads it, with the reason; ``aside.put_back`` brings it back to be tried."""
        failed = _failed(due, now)
        key = f"{due.kind.value}:{due.tenant_id}:{due.subject_id}:{due.number}"
        since = failed.failing_since or now
        await self.aside.put(_row(failed), escaped(key), reason, since, now + AGAIN_EVERY)

    async def put_back(self, now: datetime) -> int:
        """Put rows back that were set aside and are to be tried again; return their number."""
        if count := await self.aside.put_back(now):
            await self.move_in(now)  # a row returns to the partition that it came from
        return count

    async def _move(self, due: Due, later: Due) -> Due:
        await self._table.put(_row(later))
        if later != due:
            await self.drop(due)
        return later


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")  # sorts as text


def _row(due: Due) -> Row:
    row: Row = {
        "PartitionKey": _PARTITION,
        "RowKey": escaped(f"{_moment(due.at)}:{due.kind.value}:{due.tenant_id}:{due.subject_id}:{due.number}"),
        "kind": due.kind.value,
        "at": due.at.astimezone(UTC).isoformat(),
        "tenant_id": due.tenant_id,
        "subject_id": due.subject_id,
        "generation": int(due.number),  # its name in every release
    }
    if due.failures:
        row["failures"] = due.failures
        row["failing_since"] = (due.failing_since or due.at).astimezone(UTC).isoformat()
    return row


def _failed(due: Due, now: datetime) -> Due:
    return replace(due, failures=due.failures + 1, failing_since=due.failing_since or now)


def _due_of(read: Read) -> Due:
    row = read.row
    since = row.get("failing_since")
    return Due(
        kind=DueKind(str(row["kind"])),
        at=datetime.fromisoformat(str(row["at"])),
        tenant_id=str(row["tenant_id"]),
        subject_id=str(row["subject_id"]),
        number=int(row["generation"]),
        failures=int(row.get("failures", 0)),
        failing_since=datetime.fromisoformat(str(since)) if since else None,
    )
