"""Restores: which export is being restored into the account, and which tenants are compared with reality after one."""

from __future__ import annotations

from datetime import datetime

from shared.errors import NotFoundError
from shared.storage.codec import escaped
from shared.storage.tables import Table, Tables

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
