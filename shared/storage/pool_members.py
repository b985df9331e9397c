"""Repository of the members of warm pools, and of all machines that have the id of a Cloud PC.

The rows of members are in the table and partition of the Cloud PCs of their tenant, so that one transaction makes a
member a Cloud PC (docs/decisions/0196). Their keys sort behind those of Cloud PCs, which no list of these reads.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.pools.member import PoolMember
from shared.domain.pools.plan import PoolRecord
from shared.errors import NotFoundError
from shared.storage.cloud_pcs import CloudPcs
from shared.storage.codec import escaped
from shared.storage.repository import Repository, Shape, Stored
from shared.storage.tables import Row, Tables, Write

_MEMBER, _END = "~y:", "~y;"
"""Prefix of the keys of members, and their end. They sort behind the rows of lists."""

_MEMBERS = Shape(
    table="cloudpcs", noun="pool member", model=PoolMember, place=lambda member: (member.tenant_id, member.id)
)
_POOLS = Shape(table="pools", noun="pool", model=PoolRecord, place=lambda pool: (pool.tenant_id, pool.id))


def pools(tables: Tables) -> Repository[PoolRecord]:
    """Return the repository of the records of pools."""
    return Repository(tables, _POOLS)


def is_of_pool(row: Row) -> bool:
    """Return whether *row* is of a member of a warm pool."""
    return str(row["RowKey"]).startswith(_MEMBER)


class PoolMembers(Repository[PoolMember]):
    """The members of warm pools."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables, _MEMBERS)

    async def get(self, tenant_id: str, id: str) -> Stored[PoolMember]:  # noqa: A002 - as every repository
        """Return the member with *id*. Raises: NotFoundError."""
        try:
            return self._stored(await self._table.read(escaped(tenant_id), _MEMBER + escaped(id)))
        except NotFoundError as error:
            raise NotFoundError("there is no such pool member") from error

    async def of_tenant(self, tenant_id: str) -> AsyncIterator[Stored[PoolMember]]:
        """Yield the members of all pools of a tenant."""
        where = "PartitionKey eq @tenant and RowKey ge @first and RowKey lt @end"
        span = {"tenant": escaped(tenant_id), "first": _MEMBER, "end": _END}
        async for read in self._table.query(where, span):
            yield self._stored(read)

    async def remove(self, tenant_id: str, id: str, *, seen: str | None = None) -> None:  # noqa: A002 - as every repository
        """Remove a member, if it exists. Raises: StaleError if it no longer has the ETag *seen*."""
        await self._table.delete(escaped(tenant_id), _MEMBER + escaped(id), seen=seen)

    def taken(self, member: Stored[PoolMember]) -> Write:
        """Return the write that ends a member, in the transaction that makes it a Cloud PC."""
        return Write(self._row(member.value), member.etag, gone=True, tied=True)

    def left(self, member: PoolMember) -> Write:
        """Return the write that records a machine as a member, in the transaction that takes it from a Cloud PC."""
        return Write(self._row(member), None, tied=True)

    def _row(self, value: PoolMember, seen: str = "") -> Row:
        return {**super()._row(value, seen), "RowKey": _MEMBER + escaped(value.id)}


class Machines:
    """The records of machines with the id of a Cloud PC: Cloud PCs, and members of warm pools."""

    def __init__(self, cloud_pcs: CloudPcs, members: PoolMembers) -> None:
        self._cloud_pcs, self._members = cloud_pcs, members

    async def find(self, tenant_id: str, machine_id: str) -> Stored[CloudPc] | None:
        """Return the record of the Cloud PC, or else of the pool member, with an id; None if there is neither."""
        found: Stored[CloudPc] | Stored[PoolMember] | None = await self._cloud_pcs.find(tenant_id, machine_id)
        if found is None:
            found = await self._members.find(tenant_id, machine_id)
        if found is None:  # it has become a Cloud PC between the two readings
            found = await self._cloud_pcs.find(tenant_id, machine_id)
        return Stored(found.value, found.etag) if found else None

    async def each(self, tenant_id: str) -> AsyncIterator[Stored[CloudPc]]:
        """Yield the records of all Cloud PCs and pool members of a tenant."""
        members = [member async for member in self._members.of_tenant(tenant_id)]
        ids = set()
        async for stored in self._cloud_pcs.each(tenant_id):
            ids.add(stored.value.id)
            yield stored
        for member in members:  # they were read first: one that became a Cloud PC meanwhile is among these
            if member.value.id not in ids:
                yield Stored(member.value, member.etag)

    async def change(
        self,
        tenant_id: str,
        machine_id: str,
        edit: Callable[[CloudPc], CloudPc | None],
        *,
        known: Stored[CloudPc] | None = None,
    ) -> CloudPc:
        """Change the record of a machine, as every repository does. Raises: as every repository."""
        stored = known or await self.find(tenant_id, machine_id)
        if stored is None:
            raise NotFoundError("there is no such Cloud PC")
        if not isinstance(stored.value, PoolMember):
            return await self._cloud_pcs.change(tenant_id, machine_id, edit, known=stored)

        def edited(member: PoolMember) -> PoolMember | None:
            after = edit(member)
            return after if isinstance(after, PoolMember) else None

        try:
            return await self._members.change(tenant_id, machine_id, edited, known=Stored(stored.value, stored.etag))
        except NotFoundError:  # somebody has claimed it meanwhile: it is a Cloud PC
            return await self._cloud_pcs.change(tenant_id, machine_id, edit)
