"""Records of which no two of a tenant have the same name: each holds its name by a row of its own.

The row's key is the folded name. Record and row are written in one transaction, so that of two requests which save or
rename to one name at the same moment exactly one succeeds, and a crash leaves neither without the other. The rows sort
behind the records of their tenant, as the claims of Cloud PCs do (docs/decisions/0029).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from shared.domain.values import Value
from shared.errors import ConflictError, NameTakenError, NotFoundError
from shared.storage.codec import escaped
from shared.storage.outbox import BEHIND
from shared.storage.repository import Repository, Shape, Stored
from shared.storage.tables import Row, Tables, Write

T = TypeVar("T", bound=Value)

_NAME = f"{BEHIND}:"
"""Prefix of the key of a name; escaped ids never begin with it."""


class NamedRepository(Repository[T]):
    """The values of one model; *name_of* returns the name, folded, that no two of a tenant share."""

    def __init__(self, tables: Tables, shape: Shape[T], name_of: Callable[[T], str]) -> None:
        super().__init__(tables, shape)
        self._rows_beside = True
        self._name_of = name_of

    async def insert(self, value: T) -> Stored[T]:
        """Add *value* with its name. Raises: ConflictError if it exists, NameTakenError if another has its name."""
        told = self._event_writes(None, value)
        writes = [Write(self._row(value), None), self._name_write(value), *told]
        return Stored(value, (await self._write(value, writes, told=bool(told)))[0])

    async def replace_known(self, before: Stored[T], after: T) -> Stored[T]:
        """Replace a record that was read, and its name where that changes.

        Raises: StaleError, NotFoundError, NameTakenError.
        """
        if self._name_of(before.value) == self._name_of(after):
            return await self._replace_with(before, after)
        told = self._event_writes(before, after)
        record = Write(self._row(after, before.etag), before.etag)
        writes = [record, self._name_write(after), *await self._given_up(before.value), *told]
        return self._written(after, (await self._write(after, writes, told=bool(told)))[0], before.etag)

    async def remove(self, tenant_id: str, id: str, *, seen: str | None = None) -> None:  # noqa: A002 - as every repository
        """Remove a value with its name, if it exists. Raises: StaleError if its ETag is not *seen*."""
        stored = await self.find(tenant_id, id)
        if stored is None:
            return
        gone = Write(self._row(stored.value), seen or stored.etag, gone=True)
        await self._table.write_all([gone, *await self._given_up(stored.value)])

    async def save_all(self, values: Sequence[Stored[T]]) -> list[Stored[T]]:
        """Insert or replace records of one tenant; new ones reserve their names."""
        writes: list[Write] = []
        places: list[int] = []
        for stored in values:
            places.append(len(writes))
            writes.append(Write(self._row(stored.value, stored.etag), stored.etag or None))
            writes += [] if stored.etag else [self._name_write(stored.value)]
        etags = await self._table.write_all(writes)
        return [self._written(each.value, etags[at], each.etag) for each, at in zip(values, places, strict=True)]

    async def _write(self, value: T, writes: list[Write], *, told: bool) -> list[str]:
        """Write the record and its names in one transaction; where a row is there already, tell which."""
        try:
            return await self._announce(value, writes, told=told)
        except ConflictError as error:
            _, id_ = self._shape.place(value)
            held = await self._holder(value)
            if held in {None, id_}:
                raise
            raise NameTakenError(f"another {self._shape.noun} has this name; choose another", id=held) from error

    async def _holder(self, value: T) -> str | None:
        row = self._key(value)
        try:
            return str((await self._table.read(str(row["PartitionKey"]), str(row["RowKey"]))).row["held_by"])
        except NotFoundError:
            return None

    async def _given_up(self, value: T) -> list[Write]:
        """Return the writes that give up the name of *value*; a name that it does not hold stays."""
        row = self._key(value)
        try:
            there = await self._table.read(str(row["PartitionKey"]), str(row["RowKey"]))
        except NotFoundError:
            return []
        return [Write(row, there.etag, gone=True, tied=True)] if there.row["held_by"] == row["held_by"] else []

    def _name_write(self, value: T) -> Write:
        return Write(self._key(value), None, tied=True)

    def _key(self, value: T) -> Row:
        tenant_id, id_ = self._shape.place(value)
        key = _NAME + escaped(self._name_of(value))
        return {"PartitionKey": escaped(tenant_id), "RowKey": key, "schema": 1, "held_by": id_}
