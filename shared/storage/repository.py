"""The repository of one model, which all others build on."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from shared.domain.notices.events import TELLERS
from shared.domain.values import Value
from shared.errors import NotFoundError, StaleError, UnavailableError, UnreadableError
from shared.storage.codec import Codec, SchemaError, Upgrade, escaped, newer_of, seen
from shared.storage.outbox import BEHIND, event_writes
from shared.storage.purging import Chunk, purge
from shared.storage.tables import Parameters, Read, Row, Table, Tables, Write

T = TypeVar("T", bound=Value)
V = TypeVar("V")

Column = str | int | bool | None
_log = logging.getLogger("deskwright.records")
_ATTEMPTS = 20
_AT_ONCE = 16
_COMPARED = 14
"""Table Storage makes 15 comparisons in one filter; the tenant is one (learn.microsoft.com: Querying tables)."""


@dataclass(frozen=True, slots=True)
class Stored(Generic[V]):
    """A value from storage, with the ETag that replaces it."""

    value: V
    etag: str


@dataclass(frozen=True, slots=True)
class ValuesPage(Generic[V]):
    """One page of values; *next_token* is for the next page, None at the end."""

    items: list[Stored[V]]
    next_token: str | None


@dataclass(frozen=True, slots=True)
class Shape(Generic[T]):
    """Storage of the values of one model: *place* returns (tenant id, id), *columns* are for filters.

    *noun*: what a person calls it. *unseen*: fields that no page shows, so that a write of these alone is not told.
    """

    table: str
    model: type[T]
    place: Callable[[T], tuple[str, str]]
    columns: Mapping[str, Callable[[T], Column]] = field(default_factory=dict)
    version: int = 1
    upgrade: Upgrade | None = None
    noun: str = "record"
    unseen: tuple[str, ...] = ()


def _same_but(unseen: tuple[str, ...], before: Value, after: Value) -> bool:
    return after.but(**{name: getattr(before, name) for name in unseen}) == before


_UNREADABLE: ContextVar[list[UnreadableError] | None] = ContextVar("unreadable", default=None)


@contextmanager
def unreadable_left_out() -> Iterator[list[UnreadableError]]:
    """Skip and collect unreadable records while reading many: for lists that report them.

    Elsewhere one record that cannot be read fails the reading of many: a plan, or a search for orphans, would take it
    for a record that does not exist.
    """
    found: list[UnreadableError] = []
    token = _UNREADABLE.set(found)
    try:
        yield found
    finally:
        _UNREADABLE.reset(token)


def _collect(error: UnreadableError) -> None:
    """Collect *error* where unreadable records are left out. Raises: *error* elsewhere."""
    collected = _UNREADABLE.get()
    if collected is None:
        raise error
    if all(each.id != error.id for each in collected):
        collected.append(error)


class Repository(Generic[T]):
    """The values of one model; each belongs to exactly one tenant."""

    def __init__(self, tables: Tables, shape: Shape[T]) -> None:
        self._tables, self._table = tables, Table(tables, shape.table)
        self._shape = shape
        self._teller = TELLERS.get(shape.table)
        self._rows_beside = self._teller is not None
        self._codec = Codec(shape.model, version=shape.version, upgrade=shape.upgrade)

    async def get(self, tenant_id: str, id: str) -> Stored[T]:  # noqa: A002 - every record has an id
        """Return the value with *id*. Raises: NotFoundError."""
        try:
            return self._stored(await self._table.read(escaped(tenant_id), escaped(id)))
        except NotFoundError as error:
            raise NotFoundError(f"there is no such {self._shape.noun}") from error

    async def find(self, tenant_id: str, id: str | None = None, **filters: Column) -> Stored[T] | None:  # noqa: A002 - as above
        """Return the value with *id*, or the first that matches *filters*; None if there is none."""
        if id is None:
            if not filters or None in filters.values():
                return None
            async for stored in self.each(tenant_id, **filters):
                return stored
            return None
        try:
            return await self.get(tenant_id, id)
        except NotFoundError:
            return None

    async def several(self, tenant_id: str, ids: Sequence[str]) -> list[Stored[T]]:
        """Return the values with *ids*, in this order, each read by its key; missing ones are left out."""
        found: list[Stored[T] | None] = []
        for at in range(0, len(ids), _AT_ONCE):
            found += await asyncio.gather(*(self._find_readable(tenant_id, id_) for id_ in ids[at : at + _AT_ONCE]))
        return [stored for stored in found if stored is not None]

    async def each(self, tenant_id: str, **filters: Column) -> AsyncIterator[Stored[T]]:
        """Yield every value of a tenant that matches *filters* (column = value); a filter of None is ignored."""
        where, parameters = self._where(tenant_id, filters)
        async for stored in self._readable(self._table.query(where, parameters)):
            yield stored

    async def each_of(self, tenant_id: str, column: str, values: Sequence[str]) -> AsyncIterator[Stored[T]]:
        """Yield every value of a tenant whose *column* is one of *values*: one query for some of them at a time."""
        if column not in self._shape.columns:
            raise ValueError(f"{self._shape.table} cannot be filtered by {column}")
        for at in range(0, len(values), _COMPARED):
            some = {f"value{number}": value for number, value in enumerate(values[at : at + _COMPARED])}
            among = " or ".join(f"{column} eq @{name}" for name in some)
            where = f"PartitionKey eq @tenant and ( {among} )"  # spaces: the SDK looks for parameters between them
            async for stored in self._readable(self._table.query(where, {"tenant": escaped(tenant_id), **some})):
                yield stored

    async def of_all(self, **filters: Column) -> AsyncIterator[Stored[T]]:
        """Yield the values of all tenants that match *filters*. Reads the complete table: not for a request.

        One that cannot be read is logged and left out: the other tenants do not wait for it.
        """
        async for stored in self._of_all(*self._where(None, filters)):
            yield stored

    async def of_all_with_any(self, **choices: Sequence[str]) -> AsyncIterator[Stored[T]]:
        """Yield the values of all tenants that have one of the chosen values in one of the columns, as ``of_all``."""
        if unknown := choices.keys() - self._shape.columns.keys():
            raise ValueError(f"{self._shape.table} cannot be filtered by {', '.join(sorted(unknown))}")
        where, parameters = self._where(None, {})
        wanted = {f"{name}{n}": (name, value) for name, values in choices.items() for n, value in enumerate(values)}
        among = " or ".join(f"{column} eq @{name}" for name, (column, _) in wanted.items())
        where = f"{where} and ( {among} )"  # spaces: the SDK looks for parameters between them
        given = {name: value for name, (_, value) in wanted.items()}
        async for stored in self._of_all(where, {**parameters, **given}):
            yield stored

    async def _of_all(self, where: str, parameters: Parameters) -> AsyncIterator[Stored[T]]:
        async for read in self._table.query(where, parameters):
            if (stored := self._readable_of_all(read)) is not None:
                yield stored

    def _readable_of_all(self, read: Read) -> Stored[T] | None:
        """Return a value of any tenant, None where it cannot be read."""
        try:
            return self._stored(read)
        except UnreadableError as error:
            if _UNREADABLE.get() is None:
                _log.warning("left out of all tenants' records: %s", error)
            else:
                _collect(error)
            return None

    async def look_through(self, chunk: Chunk, **filters: Column) -> AsyncIterator[list[Stored[T]]]:
        """Yield the values of all tenants by pages, from the place of *chunk* on and as far as it goes.

        One that cannot be read is logged and left out.
        """
        where, parameters = self._where(None, filters)
        async for reads in chunk.pages(self._table, where, parameters):
            yield [stored for read in reads if (stored := self._readable_of_all(read)) is not None]

    async def remove_old(self, values: Sequence[Stored[T]]) -> int:
        """Remove values that have not changed since they were read; return their number."""
        places = asyncio.Semaphore(_AT_ONCE)

        async def remove(stored: Stored[T]) -> int:
            async with places:
                try:
                    await self.remove_stored(stored)
                except (StaleError, NotFoundError):
                    return 0
                return 1

        return sum(await asyncio.gather(*map(remove, values)))

    async def purge_between(self, span: tuple[str, str], chunk: Chunk) -> int:
        """Delete the values of all tenants whose keys are between the two of *span*; return their number."""
        where, parameters = "RowKey gt @first and RowKey lt @last", {"first": span[0], "last": span[1]}
        return await purge(self._table, where, parameters, chunk)

    async def page(self, tenant_id: str, top: int, token: str | None = None, **filters: Column) -> ValuesPage[T]:
        """Return at most *top* values from *token* on. Raises: InvalidError if *token* is not valid."""
        where, parameters = self._where(tenant_id, filters)
        reads, following = await self._table.page(where, parameters, top=top, token=token)
        return ValuesPage([stored for read in reads if (stored := self._readable_one(read)) is not None], following)

    async def between(
        self, tenant_id: str, span: tuple[str, str], top: int, **filters: Column
    ) -> AsyncIterator[tuple[str, Stored[T]]]:
        """Yield the values whose keys are between the two of *span*, exclusively, each with its key.

        *top*: so many are read at once.
        """
        where, parameters = self._where(tenant_id, filters)
        where = f"{where} and RowKey gt @behind_first and RowKey lt @before_last"
        parameters = {**parameters, "behind_first": span[0], "before_last": span[1]}
        token: str | None = None
        while True:
            reads, token = await self._table.page(where, parameters, top=top, token=token)
            for read in reads:
                if (stored := self._readable_one(read)) is not None:
                    yield str(read.row["RowKey"]), stored
            if token is None:
                return

    async def insert(self, value: T) -> Stored[T]:
        """Add *value*. Raises: ConflictError if it exists."""
        if told := self._event_writes(None, value):
            return Stored(value, (await self._announce(value, [Write(self._row(value), None), *told], told=True))[0])
        return Stored(value, await self._table.insert(self._row(value)))

    async def replace(self, value: T, *, seen: str) -> Stored[T]:
        """Replace the value that has the ETag *seen*. Raises: StaleError, NotFoundError."""
        if not self._rows_beside:
            return await self._replace(value, seen)
        there = await self.get(*self._shape.place(value))  # the rows beside it follow from what changes
        if there.etag != seen:
            raise StaleError("it has changed since it was read; read it again")
        return await self.replace_known(there, value)

    async def remove(self, tenant_id: str, id: str, *, seen: str | None = None) -> None:  # noqa: A002 - as above
        """Remove a value, if it exists. Raises: StaleError if it no longer has the ETag *seen*."""
        await self._table.delete(escaped(tenant_id), escaped(id), seen=seen)

    async def remove_stored(self, stored: Stored[T]) -> None:
        """Remove a value as it was read. Raises: StaleError."""
        await self.remove(*self._shape.place(stored.value), seen=stored.etag)

    async def change(
        self,
        tenant_id: str,
        id: str,  # noqa: A002 - as above
        edit: Callable[[T], T | None],
        *,
        known: Stored[T] | None = None,
    ) -> T:
        """Read, edit, write; again whenever another writer was faster. Return the value that is stored then.

        An *edit* that returns None or an equal value writes nothing. *known*: the value as the caller has
        just read it. Raises: NotFoundError, what *edit* raises, UnavailableError if others were faster too often.
        """
        stored = known or await self.get(tenant_id, id)
        for _ in range(_ATTEMPTS):
            edited = edit(stored.value)
            if edited is None or edited == stored.value:
                return stored.value
            try:
                return (await self.replace_known(stored, edited)).value
            except StaleError:
                stored = await self.get(tenant_id, id)
        raise UnavailableError(f"{self._shape.table}: other writers were faster {_ATTEMPTS} times")

    async def replace_known(self, before: Stored[T], after: T) -> Stored[T]:
        """Replace *before* by *after*. Raises: StaleError, NotFoundError."""
        if self._shape.unseen and _same_but(self._shape.unseen, before.value, after):
            row = self._row(after, before.etag)
            return self._written(after, await self._table.replace(row, seen=before.etag, told=False), before.etag)
        return await self._replace_with(before, after)

    async def _replace_with(self, before: Stored[T], after: T, beside: Sequence[Write] = ()) -> Stored[T]:
        """Replace *before* by *after*, and write *beside* and the events of the change in the same transaction."""
        told = self._event_writes(before, after)
        if not told and not beside:
            return await self._replace(after, before.etag)
        writes = [Write(self._row(after, before.etag), before.etag), *beside, *told]
        etags = await self._announce(after, writes, told=bool(told))
        return self._written(after, etags[0], before.etag)

    async def _replace(self, value: T, seen: str) -> Stored[T]:
        return self._written(value, await self._table.replace(self._row(value, seen), seen=seen), seen)

    def _event_writes(self, before: Stored[T] | None, after: T | None) -> list[Write]:
        """Return the writes of the events of a change."""
        known = after if after is not None else before.value if before else None
        if self._teller is None or known is None:
            return []
        place, run = self._shape.place(known), before.etag if before else ""
        return list(event_writes(self._teller.events(*place, before.value if before else None, after, run)))

    async def _announce(self, value: T, writes: Sequence[Write], *, told: bool) -> list[str]:
        """Write records; where events of them are *told*, these are promised before and announced afterwards."""
        tenant_id, announcer = self._shape.place(value)[0], self._tables.announcer
        if announcer is None or not told:
            return await self._table.write_all(writes)
        await announcer.promise(self._shape.table, tenant_id)
        etags = await self._table.write_all(writes)
        announcer.written(self._shape.table, tenant_id)
        return etags

    async def save_all(self, values: Sequence[Stored[T]]) -> list[Stored[T]]:
        """Write many values of one tenant in batches; each replaces the value with its ETag.

        An empty ETag inserts, ``*`` inserts or replaces. Each batch of at most 100 is one transaction.
        Raises: StaleError, ConflictError, NotFoundError.
        """
        writes = [Write(self._row(stored.value, stored.etag), stored.etag or None) for stored in values]
        etags = await self._table.write_all(writes)
        return [self._written(each.value, etag, each.etag) for each, etag in zip(values, etags, strict=True)]

    def _row(self, value: T, seen: str = "") -> Row:
        """Return the row of *value*, which replaces the one with the ETag *seen*."""
        partition, key = self._shape.place(value)
        columns = {name: column(value) for name, column in self._shape.columns.items()}
        return self._codec.row(value, partition, key, columns, newer_of(seen))

    def _written(self, value: T, etag: str, before: str) -> Stored[T]:
        """Return the record that was written in place of *before*."""
        newer = newer_of(before)
        return Stored(value, seen(etag, newer and newer.after(value.to_json())))

    def _stored(self, read: Read) -> Stored[T]:
        """Return a row as a value. Raises: UnreadableError."""
        try:
            value, newer = self._codec.read(read.row)
        except SchemaError as error:
            id_ = str(read.row["RowKey"])
            raise UnreadableError(id_, f"The {self._shape.noun} {id_} cannot be read: {error}.") from error
        return Stored(value, seen(read.etag, newer))

    def _readable_one(self, read: Read) -> Stored[T] | None:
        """Return a row as a value; None where it cannot be read and is collected. Raises: UnreadableError."""
        try:
            return self._stored(read)
        except UnreadableError as error:
            _collect(error)
            return None

    async def _readable(self, reads: AsyncIterator[Read]) -> AsyncIterator[Stored[T]]:
        async for read in reads:
            if (stored := self._readable_one(read)) is not None:
                yield stored

    async def _find_readable(self, tenant_id: str, id_: str) -> Stored[T] | None:
        try:
            return await self.find(tenant_id, id_)
        except UnreadableError as error:
            _collect(error)
            return None

    def _where(self, tenant_id: str | None, filters: Mapping[str, Column]) -> tuple[str, dict[str, str | int | bool]]:
        if unknown := filters.keys() - self._shape.columns.keys():
            raise ValueError(f"{self._shape.table} cannot be filtered by {', '.join(sorted(unknown))}")
        wanted = {name: value for name, value in filters.items() if value is not None}
        partition = "PartitionKey ge @tenant" if tenant_id is None else "PartitionKey eq @tenant"
        records = ["RowKey lt @behind"] if self._rows_beside else []
        where = " and ".join([partition, *records, *(f"{name} eq @{name}" for name in wanted)])
        behind = {"behind": BEHIND} if self._rows_beside else {}
        return where, {"tenant": escaped(tenant_id or ""), **behind, **wanted}
