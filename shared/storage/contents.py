"""Rows of any table, as an export reads and a restore writes them; and the state of a restore."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.errors import ConflictError, NotFoundError
from shared.storage.codec import escaped
from shared.storage.tables import Row, Table, Tables, Write

_EXPORT = ("restore", "export")
_COMPARING = "comparing"


class Restores:
    """The marks of restores. A tenant that is being compared begins nothing that rests on its records."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "restores")

    async def running(self) -> str:
        """Return the day of the export that is being restored, empty when none is."""
        try:
            return str((await self._table.read(*_EXPORT)).row["day"])
        except NotFoundError:
            return ""

    async def begin(self, day: str) -> None:
        """Mark the account as being restored into."""
        await self._table.put({"PartitionKey": _EXPORT[0], "RowKey": _EXPORT[1], "day": day})

    async def end(self) -> None:
        """Take the mark away: everything is there."""
        await self._table.delete(*_EXPORT)

    async def compare(self, tenant_id: str, at: datetime) -> None:
        """Mark a tenant: its records were restored, and are to be compared with Azure."""
        await self._table.put(
            {"PartitionKey": _COMPARING, "RowKey": escaped(tenant_id), "tenant": tenant_id, "at": at.isoformat()}
        )

    async def compared(self, tenant_id: str) -> None:
        """Take the mark of a tenant away."""
        await self._table.delete(_COMPARING, escaped(tenant_id))

    async def comparing(self) -> frozenset[str]:
        """Return the tenants that are to be compared."""
        rows = self._table.query("PartitionKey eq @partition", {"partition": _COMPARING})
        return frozenset([str(read.row["tenant"]) async for read in rows])


_AT_ONCE = 16
"""Partitions written concurrently: a transaction cannot span two, and most have few rows."""
_ANYTHING = "PartitionKey ge @first"
_FIRST = {"first": ""}


@dataclass(frozen=True, slots=True)
class RowsPage:
    """A page of rows, and the token of the next page, None at the end."""

    rows: list[Row]
    next_token: str | None


class Contents:
    """The rows of any table."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def page(self, table: str, token: str | None = None) -> RowsPage:
        """Return at most 1,000 rows from *token* on; without their ETags, which are valid in this account only."""
        reads, following = await Table(self._tables, table).page(_ANYTHING, _FIRST, token=token)
        return RowsPage([read.row for read in reads], following)

    async def is_empty(self, table: str) -> bool:
        """Return whether a table has no row, or does not exist."""
        reads, _ = await Table(self._tables, table).page(_ANYTHING, _FIRST, top=1)
        return not reads

    async def add(self, table: str, rows: Iterable[Row]) -> int:
        """Add rows whose keys are free, and leave existing rows unchanged. Return the number of added rows."""
        partitions: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            partitions[str(row["PartitionKey"])].append(row)
        target, added = Table(self._tables, table), 0
        groups = list(partitions.values())
        for at in range(0, len(groups), _AT_ONCE):
            added += sum(await asyncio.gather(*(_add(target, group) for group in groups[at : at + _AT_ONCE])))
        return added


async def _add(table: Table, rows: list[Row]) -> int:
    """Add rows of one partition in transactions; if a row exists already, add only the missing ones."""
    try:
        return len(await table.write_all([Write(row, None) for row in rows]))
    except ConflictError:
        keys = [str(row["RowKey"]) for row in rows]
        where = "PartitionKey eq @partition and RowKey ge @first and RowKey le @last"
        span: Row = {"partition": str(rows[0]["PartitionKey"]), "first": min(keys), "last": max(keys)}
        known = {str(read.row["RowKey"]) async for read in table.query(where, span)}
        missing = [row for row in rows if row["RowKey"] not in known]
        return len(await table.write_all([Write(row, None) for row in missing]))


def line(row: Row) -> str:
    """Return a row as one line of JSON. Raises: TypeError for a value that JSON would not preserve."""
    for name, value in row.items():
        if not isinstance(value, (str, int, bool)):
            raise TypeError(f"{name} is a {type(value).__name__}, which an export cannot contain")
    return json.dumps(row, separators=(",", ":"), ensure_ascii=True, sort_keys=True) + "\n"


def read_line(text: str) -> Row:
    """Return the row of a line."""
    row: Row = json.loads(text)
    return row
