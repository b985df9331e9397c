"""What is in the tables, whatever it means: read page by page for an export, added again by a restore."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from shared.errors import ConflictError
from shared.storage.tables import Row, Table, Tables, Write

_AT_ONCE = 16
"""Partitions written at a time: a transaction cannot span two, and most hold a few rows."""
_ANYTHING = "PartitionKey ge @first"
_FIRST = {"first": ""}


@dataclass(frozen=True, slots=True)
class Read:
    """Some rows, and the token of those after them, None at the end."""

    rows: list[Row]
    next_token: str | None


class Contents:
    """The rows of any table."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def page(self, table: str, token: str | None = None) -> Read:
        """Return at most 1,000 rows from *token* on; without their ETags, which belong to the account."""
        reads, following = await Table(self._tables, table).page(_ANYTHING, _FIRST, token=token)
        return Read([read.row for read in reads], following)

    async def is_empty(self, table: str) -> bool:
        """Whether a table has no row, or is not there."""
        reads, _ = await Table(self._tables, table).page(_ANYTHING, _FIRST, top=1)
        return not reads

    async def add(self, table: str, rows: Iterable[Row]) -> int:
        """Add those rows that are not there; what is there stays as it is. Return how many were added."""
        partitions: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            partitions[str(row["PartitionKey"])].append(row)
        there, added = Table(self._tables, table), 0
        groups = list(partitions.values())
        for at in range(0, len(groups), _AT_ONCE):
            added += sum(await asyncio.gather(*(_add(there, group) for group in groups[at : at + _AT_ONCE])))
        return added


async def _add(table: Table, rows: list[Row]) -> int:
    """Add rows of one partition, in transactions; where one is there already, only those that are not."""
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
    """Return a row as one line of JSON. Raises: TypeError for what JSON would not give back as it was."""
    for name, value in row.items():
        if not isinstance(value, (str, int, bool)):
            raise TypeError(f"{name} holds a {type(value).__name__}, which no export can hold")
    return json.dumps(row, separators=(",", ":"), ensure_ascii=True, sort_keys=True) + "\n"


def read_line(text: str) -> Row:
    """Return the row of a line."""
    row: Row = json.loads(text)
    return row
