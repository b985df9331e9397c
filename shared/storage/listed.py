"""Records with a *list* per tenant, of the values by which lists filter and sort, in any order.

Table Storage finds rows by their keys only. So each record has an *entry*, its values that lists choose and sort by.
Entries are packed, some hundred in a row (a *chunk*). Whoever writes a record writes its new entry in the same
transaction, in a row of its own (a *change*): blindly, so that writers never wait for each other. A sweep, or a reader
who meets many, *folds* the changes into the chunks, again in one transaction for each chunk. A reader reads the changes
first and then the chunks: what is folded in between is read twice, and never missed (docs/decisions/0054).

The rows sort behind the records of their tenant, as claims and names do: changes before chunks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from shared.domain.filtering import Scalar
from shared.domain.packing import pack_json, unpack_json
from shared.domain.values import Value
from shared.errors import ConflictError, NotFoundError, StaleError
from shared.storage.codec import escaped, joined, parts
from shared.storage.repository import Repository, Shape, Stored
from shared.storage.tables import BATCH, Read, Row, Tables, Write

T = TypeVar("T", bound=Value)

_CHANGE, _CHUNK, _WHOLE, _END = "~d:", "~s:", "~v:", "~w"
"""Prefixes of the keys of the rows; escaped ids never begin with them."""

MOST_CHANGES = 25
"""A reader who finds more changes folds all changes of one chunk."""
_MOST_IN_CHUNK = 1500
_AT_ONCE = 16
_TENANTS = 20
"""Number of tenants whose rows a process caches."""

Entry = Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Listing:
    """*columns*: an entry's values besides ``id``, and how to read each from a record. *version*: of the columns."""

    columns: Mapping[str, Callable[[Any], Scalar]]
    version: int = 1


@dataclass(frozen=True, slots=True)
class _Chunk:
    etag: str
    entries: Mapping[str, Entry]


Chunks = dict[str, _Chunk]
"""The chunks of a tenant by their keys, in order."""


@dataclass(frozen=True, slots=True)
class _Change:
    """*entry*: None where the record is gone, or where *outdated* says that another release has written it."""

    etag: str
    entry: Entry | None
    outdated: bool = False


def is_of_list(row: Row) -> bool:
    """Return whether *row* is of a list, which can be made again from the records."""
    return str(row["RowKey"]).startswith((_CHANGE, _CHUNK, _WHOLE))


class ListedRepository(Repository[T]):
    """The values of one model, with a list of them for each tenant."""

    def __init__(self, tables: Tables, shape: Shape[T], listing: Listing) -> None:
        super().__init__(tables, shape)
        self._rows_beside = True
        self._listing = listing
        self._read: dict[str, Chunks] = {}  # what this process has read, by tenant
        self._whole: set[str] = set()  # tenants whose list this process has seen to be whole: it stays so

    async def insert(self, value: T) -> Stored[T]:
        """Add *value*. Raises: ConflictError if it exists."""
        return (await self.save_all([Stored(value, "")]))[0]

    async def replace_known(self, before: Stored[T], after: T) -> Stored[T]:
        """Replace *before* by *after*; a list that shows no difference is not written. Raises: as ``replace``."""
        same = self.entry(before.value) == self.entry(after)
        return await self._replace_with(before, after, [] if same else [self._listed(after)])

    async def remove(self, tenant_id: str, id: str, *, seen: str | None = None) -> None:  # noqa: A002 - as every repository
        """Remove a value, if it exists. Raises: StaleError if it no longer has the ETag *seen*."""
        stored = await self.find(tenant_id, id)
        if stored is None:
            return
        gone = Write(self._row(stored.value), seen or stored.etag, gone=True)
        told = self._event_writes(stored, None)
        await self._announce(stored.value, [gone, self._unlisted(stored.value), *told], told=bool(told))

    async def save_all(
        self, values: Sequence[Stored[T]], before: Mapping[str, Stored[T]] | None = None
    ) -> list[Stored[T]]:
        """Write many records of one tenant, each with its entry and its events.

        *before*: the records that are replaced, by their ids, as far as the caller has them.
        """
        return await self._save_all(values, before, self._also)

    async def _save_all(
        self,
        values: Sequence[Stored[T]],
        before: Mapping[str, Stored[T]] | None,
        also: Callable[[Stored[T]], Sequence[Write]],
    ) -> list[Stored[T]]:
        """Save as ``save_all``; *also* returns the further rows of each record."""
        known = await self._before(values, before or {})
        writes: list[Write] = []
        places: list[int] = []
        any_told = False
        for stored in values:
            told = self._event_writes(known.get(self._shape.place(stored.value)[1]), stored.value)
            any_told = any_told or bool(told)
            places.append(len(writes))
            writes.append(Write(self._row(stored.value, stored.etag), stored.etag or None))
            writes += [self._listed(stored.value), *also(stored), *told]
        if not values:
            return []
        etags = await self._announce(values[0].value, writes, told=any_told)
        return [self._written(each.value, etags[at], each.etag) for each, at in zip(values, places, strict=True)]

    def _also(self, stored: Stored[T]) -> Sequence[Write]:
        """Return further rows that are written with a record."""
        del stored
        return ()

    async def _before(self, values: Sequence[Stored[T]], given: Mapping[str, Stored[T]]) -> Mapping[str, Stored[T]]:
        """Return the records that *values* replace, by their ids. Raises: StaleError where another is there now."""
        if self._teller is None:
            return {}
        ids = {self._shape.place(each.value)[1]: each.etag for each in values if each.etag}
        missing = [id_ for id_, etag in ids.items() if id_ not in given or given[id_].etag != etag]
        if not missing:
            return {id_: given[id_] for id_ in ids}
        tenant_id = self._shape.place(values[0].value)[0]
        read = {self._shape.place(each.value)[1]: each for each in await self.several(tenant_id, missing)}
        if any(id_ in read and ids[id_] not in {"*", read[id_].etag} for id_ in missing):
            raise StaleError("it has changed since it was read; read it again")
        return {**{id_: given[id_] for id_ in ids if id_ in given}, **read}

    def entry(self, value: T) -> Entry:
        """Return the entry of *value* in lists."""
        columns = {name: column(value) for name, column in self._listing.columns.items()}
        return {"id": self._shape.place(value)[1], **columns}

    async def entries(self, tenant_id: str) -> list[Entry]:
        """Return the entry of every record of a tenant, in no order."""
        changes = await self._changes(tenant_id)
        chunks, whole = await self._chunks(tenant_id)
        if not whole:
            return [self.entry(stored.value) async for stored in self.each(tenant_id)]
        found = {id_: entry for chunk in chunks.values() for id_, entry in chunk.entries.items()}
        for id_, change in changes.items():
            found.pop(id_, None)
            if (entry := await self._today(tenant_id, id_) if change.outdated else change.entry) is not None:
                found[id_] = entry
        if len(changes) > MOST_CHANGES:
            await self._fold(tenant_id, changes, chunks, only_one=True)
        return list(found.values())

    async def fold(self, tenant_id: str) -> int:
        """Put the changes since the last time into the chunks; return their number."""
        if await self._is_folded(tenant_id):
            return 0
        changes = await self._changes(tenant_id)
        if not changes and tenant_id in self._whole:
            return 0
        chunks, whole = await self._chunks(tenant_id)
        if not whole or any(change.outdated for change in changes.values()):
            return await self.repair(tenant_id)
        return await self._fold(tenant_id, changes, chunks)

    async def repair(self, tenant_id: str) -> int:
        """Make the list of a tenant from its records where the two differ; return how many entries were wrong.

        An entry is written together with its record, unchanged, so that a newer one is never replaced by an older one.
        """
        changes = await self._changes(tenant_id)
        chunks, _ = await self._chunks(tenant_id)
        known: dict[str, Entry | None] = {i: entry for chunk in chunks.values() for i, entry in chunk.entries.items()}
        known |= {id_: change.entry for id_, change in changes.items()}
        wrong = [
            stored
            async for stored in self.each(tenant_id)
            if known.pop(self._shape.place(stored.value)[1], None) != self.entry(stored.value)
        ]
        count = sum([await self._rewrite(wrong[at : at + _AT_ONCE]) for at in range(0, len(wrong), _AT_ONCE)])
        for id_, entry in known.items():
            if entry is not None or (id_ in changes and changes[id_].outdated):
                count += await self._forget(tenant_id, id_, changes.get(id_))
        changes = await self._changes(tenant_id)
        chunks, _ = await self._chunks(tenant_id)
        await self._fold(tenant_id, {i: change for i, change in changes.items() if not change.outdated}, chunks)
        await self._table.put({**self._key(tenant_id, _WHOLE, ""), "columns": self._listing.version})
        return count

    def _listed(self, value: T) -> Write:
        """Return the write of *value*'s entry beside its row."""
        tenant_id, id_ = self._shape.place(value)
        return Write(self._change_row(tenant_id, id_, self.entry(value)), "*", tied=True)

    def _unlisted(self, value: T) -> Write:
        """Return the write that removes the entry of *value*."""
        return Write(self._change_row(*self._shape.place(value), None), "*", tied=True)

    async def _rewrite(self, few: Sequence[Stored[T]]) -> int:
        """Write records unchanged, with their entries; a record that was written concurrently has its entry already."""
        try:
            await self.save_all(few, {self._shape.place(each.value)[1]: each for each in few})
        except (StaleError, NotFoundError):
            return sum([await self._rewrite([each]) for each in few]) if len(few) > 1 else 0
        return len(few)

    async def _forget(self, tenant_id: str, id_: str, change: _Change | None) -> int:
        """Remove the entry of a deleted record, unless a new entry was written concurrently."""
        if await self.find(tenant_id, id_) is not None:
            return 0
        with suppress(StaleError, ConflictError, NotFoundError):
            gone = Write(self._change_row(tenant_id, id_, None), change.etag if change else None)
            await self._table.write_all([gone])
            return 1
        return 0

    async def _today(self, tenant_id: str, id_: str) -> Entry | None:
        stored = await self.find(tenant_id, id_)
        return self.entry(stored.value) if stored else None

    async def _is_folded(self, tenant_id: str) -> bool:
        """Return whether the chunks have everything, as nearly always: one question, and no entry is read."""
        whole = False
        async for read in self._rows(tenant_id, _CHANGE, _END, select=["RowKey", "columns"]):
            if str(read.row["RowKey"]).startswith(_CHANGE):
                return False
            whole = whole or (
                str(read.row["RowKey"]).startswith(_WHOLE) and read.row["columns"] == self._listing.version
            )
        return whole

    async def _changes(self, tenant_id: str) -> dict[str, _Change]:
        """Return the changes that are not in the chunks yet, by the ids of the records."""
        found = {}
        async for read in self._rows(tenant_id, _CHANGE, _CHUNK):
            id_, values = joined(read.row)
            outdated = read.row["columns"] != self._listing.version
            entry = None if values is None or outdated else self._unpacked(id_, values)
            found[id_] = _Change(read.etag, entry, outdated and values is not None)
        return found

    async def _chunks(self, tenant_id: str) -> tuple[Chunks, bool]:
        """Return the chunks, and whether these have everything: before a first repair they have not.

        Read again are only those that have changed since this process has read them last.
        """
        known = self._read.get(tenant_id, {})
        select = ["PartitionKey", "RowKey", "columns"] if known else None
        there: Chunks = {}
        whole = False
        async for read in self._rows(tenant_id, _CHUNK, _END, select=select):
            key, current = str(read.row["RowKey"]), read.row["columns"] == self._listing.version
            if key.startswith(_WHOLE):
                whole = current
            elif not current:
                there[key] = _Chunk(read.etag, {})
            elif key in known and known[key].etag == read.etag:
                there[key] = known[key]
            else:
                there[key] = self._chunk(await self._again(read) if known else read)
        self._keep(tenant_id, there)
        if whole:
            self._whole.add(tenant_id)
        return there, whole

    def _keep(self, tenant_id: str, chunks: Chunks) -> None:
        self._read.pop(tenant_id, None)
        self._read[tenant_id] = chunks
        while len(self._read) > _TENANTS:
            del self._read[next(iter(self._read))]

    async def _again(self, read: Read) -> Read:
        """Read a chunk of which only the key was read. None is ever removed."""
        return await self._table.read(str(read.row["PartitionKey"]), str(read.row["RowKey"]))

    async def _fold(
        self, tenant_id: str, changes: Mapping[str, _Change], chunks: Chunks, *, only_one: bool = False
    ) -> int:
        """Put *changes* into *chunks*, or only into *only_one* chunk; skip a chunk that is written concurrently."""
        waiting: dict[str, list[str]] = {}
        for id_ in changes:
            waiting.setdefault(_place(chunks, id_), []).append(id_)
        if only_one:
            most = max(waiting, key=lambda key: len(waiting[key]))
            return await self._fold_into(tenant_id, most, _few(changes, waiting[most][: BATCH // 2]), chunks)
        left, folded = sorted(changes, key=escaped), 0
        while left:
            key = _place(chunks, left[0])
            few = [id_ for id_ in left[: BATCH // 2] if _place(chunks, id_) == key]
            left = left[len(few) :]
            folded += await self._fold_into(tenant_id, key, _few(changes, few), chunks)
        return folded

    async def _fold_into(self, tenant_id: str, key: str, changes: Mapping[str, _Change], chunks: Chunks) -> int:
        """Put *changes* into the chunk *key* and take their rows away, in one transaction; 0: somebody was faster."""
        chunk = chunks.get(key, _Chunk("", {}))
        entries = {id_: entry for id_, entry in chunk.entries.items() if id_ not in changes}
        entries |= {id_: change.entry for id_, change in changes.items() if change.entry is not None}
        halves = _halves(entries, key)
        seen = {name: chunk.etag if name == key else "" for name in halves}
        writes = [Write(self._chunk_row(tenant_id, name, half), seen[name] or None) for name, half in halves.items()]
        writes += [Write(self._key(tenant_id, _CHANGE, id_), changes[id_].etag, gone=True) for id_ in changes]
        try:
            etags = await self._table.write_all([replace(write, tied=True) for write in writes])
        except (StaleError, ConflictError, NotFoundError):
            return 0
        for (name, half), etag in zip(halves.items(), etags, strict=False):
            chunks[name] = _Chunk(etag, half)
        return len(changes)

    async def _rows(
        self, tenant_id: str, first: str, end: str, *, select: list[str] | None = None
    ) -> AsyncIterator[Read]:
        where = "PartitionKey eq @tenant and RowKey ge @first and RowKey lt @end"
        span = {"tenant": escaped(tenant_id), "first": first, "end": end}
        async for read in self._table.query(where, span, select=select):
            yield read

    def _key(self, tenant_id: str, prefix: str, id_: str) -> Row:
        return {"PartitionKey": escaped(tenant_id), "RowKey": prefix + escaped(id_), "schema": 1}

    def _change_row(self, tenant_id: str, id_: str, entry: Entry | None) -> Row:
        values = None if entry is None else self._packed(entry)
        key = self._key(tenant_id, _CHANGE, id_)
        return {**key, "columns": self._listing.version, **parts([id_, values])}

    def _chunk_row(self, tenant_id: str, key: str, entries: Mapping[str, Entry]) -> Row:
        """Return the row of a chunk: compressed, because rows are limited, and readers pay for their bytes."""
        packed = pack_json([[id_, *self._packed(entry)] for id_, entry in entries.items()])
        head: Row = {"PartitionKey": escaped(tenant_id), "RowKey": key, "schema": 1}
        return {**head, "columns": self._listing.version, **parts(packed)}

    def _chunk(self, read: Read) -> _Chunk:
        content = unpack_json(joined(read.row))
        return _Chunk(read.etag, {id_: self._unpacked(id_, values) for id_, *values in content})

    def _packed(self, entry: Entry) -> list[Scalar]:
        return [entry[name] for name in self._listing.columns]

    def _unpacked(self, id_: str, values: Sequence[Scalar]) -> Entry:
        return {"id": id_, **dict(zip(self._listing.columns, values, strict=True))}


def _place(chunks: Chunks, id_: str) -> str:
    """Return the key of the chunk in which the entry of a record is, or comes: each begins with the id it is named by.

    The first has all that is before the second.
    """
    keys = sorted(chunks)
    at = bisect_right(keys, _CHUNK + escaped(id_))
    return keys[at - 1] if at else _CHUNK


def _few(changes: Mapping[str, _Change], ids: Sequence[str]) -> dict[str, _Change]:
    return {id_: changes[id_] for id_ in ids}


def _halves(entries: Mapping[str, Entry], key: str) -> dict[str, dict[str, Entry]]:
    """Return the chunks that *entries* make: two where they are too many for one, each named by its first id."""
    ids = sorted(entries, key=escaped)
    if len(ids) <= _MOST_IN_CHUNK:
        return {key: dict(entries)}
    middle = len(ids) // 2
    return {
        key: {id_: entries[id_] for id_ in ids[:middle]},
        _CHUNK + escaped(ids[middle]): {id_: entries[id_] for id_ in ids[middle:]},
    }
