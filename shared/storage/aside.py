"""Due rows that are set aside: nothing acts on them for a while, and nothing is lost.

They are in a partition of their own of the due rows' table. What a release cannot read may be read by the next one, or
after somebody has mended a record: from time to time each is put back where it was, and tried again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.domain.operations.pausing import Aside
from shared.storage.tables import Row, Table

AGAIN_EVERY = timedelta(hours=1)
"""Time after which a row that was set aside is tried again."""

UNKNOWN_ROW = "This release does not know what the row announces: a newer release has written it, or it is damaged."

_PARTITION = "aside"
_OWN = ("home", "home_key", "aside_since", "reason", "again_at")
_LONGEST_REASON = 1000


class SetAside:
    """The rows of *table* (the table of due rows) that are set aside."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def put(self, row: Row, key: str, reason: str, since: datetime, again_at: datetime) -> None:
        """Move a due row here; the same *key* replaces an earlier row."""
        home = {"home": row["PartitionKey"], "home_key": row["RowKey"]}
        facts = {
            "aside_since": since.astimezone(UTC).isoformat(),
            "reason": reason[:_LONGEST_REASON],
            "again_at": again_at.astimezone(UTC).isoformat(),
        }
        await self._table.put({**row, **home, **facts, "PartitionKey": _PARTITION, "RowKey": key})
        await self._table.delete(str(home["home"]), str(home["home_key"]))

    async def all(self) -> list[Aside]:
        """Return the rows that are set aside, in no order."""
        where = "PartitionKey eq @partition"
        return [_aside(read.row) async for read in self._table.query(where, {"partition": _PARTITION})]

    async def put_back(self, now: datetime) -> int:
        """Put rows back into their table when their time to be tried again has come; return their number."""
        where, count = "PartitionKey eq @partition and again_at le @now", 0
        parameters = {"partition": _PARTITION, "now": now.astimezone(UTC).isoformat()}
        for read in [each async for each in self._table.query(where, parameters)]:
            row = {name: value for name, value in read.row.items() if name not in _OWN}
            home = {"PartitionKey": read.row["home"], "RowKey": read.row["home_key"]}
            await self._table.put({**row, **home})
            await self._table.delete(_PARTITION, str(read.row["RowKey"]))
            count += 1
        return count


def _aside(row: Row) -> Aside:
    return Aside(
        id=str(row["RowKey"]),
        kind=str(row.get("kind", "")),
        tenant_id=str(row.get("tenant_id", "")),
        subject_id=str(row.get("subject_id", "")),
        since=datetime.fromisoformat(str(row["aside_since"])),
        reason=str(row["reason"]),
        again_at=datetime.fromisoformat(str(row["again_at"])),
    )
