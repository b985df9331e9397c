"""The rows of one tenant in any table, also in partitions that tenants share."""

from __future__ import annotations

from collections.abc import AsyncIterator

from shared.storage.codec import escaped
from shared.storage.tables import Read, Row, Table, Tables

SHARED = (escaped("*"), "service", "tenants", "soon", "aside")
"""Partitions that no single tenant has.

They are those of the service's own audit events and settings, of the tenants, of due rows, and of due rows set aside.
"""

NAMELESS = (
    *("retailprices", "pacing", "purges", "timerticks", "stalledwork", "restores"),
    *("serviceuse", "serviceprices"),
)
"""Tables whose rows are of no tenant and name nobody."""


async def rows_of_tenant(tables: Tables, name: str, tenant_id: str) -> AsyncIterator[tuple[Read, bool]]:
    """Yield the rows of a tenant and of the service itself, each with True where it is the tenant's."""
    key = escaped(tenant_id)
    shared = " or ".join(f"PartitionKey eq @shared{n}" for n in range(len(SHARED)))
    where = f"PartitionKey eq @tenant or ( PartitionKey ge @first and PartitionKey lt @end ) or {shared}"
    span = {"tenant": key, "first": f"{key}:", "end": f"{key};"}
    span |= {f"shared{n}": each for n, each in enumerate(SHARED)}
    async for read in Table(tables, name).query(where, span):
        whose = _tenant_of(read.row)
        if whose in {None, key}:
            yield read, whose == key


def _tenant_of(row: Row) -> str | None:
    """Return the escaped id of a row's tenant, None for the service itself."""
    partition = str(row["PartitionKey"])
    if partition not in SHARED:
        return partition.partition(":")[0]
    if partition == "tenants":
        return str(row["RowKey"])
    return escaped(str(row["tenant_id"])) if "tenant_id" in row else None
