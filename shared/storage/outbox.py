"""The outbox: rows of events beside the records that they are about, written in the same transaction.

Whatever changes a record writes its events, because the repository tells them from the record before and after. Before
that a due row is written, so that a sweep finds them; the rows leave when the events are kept and on their way
(docs/decisions/0178). They sort behind the records of their tenant, as names and claims do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.notices.delivery import place_of
from shared.domain.notices.events import TELLERS, NoticeEvent
from shared.errors import NotFoundError, StaleError
from shared.storage.codec import Codec, escaped
from shared.storage.due import DueKind
from shared.storage.due_index import DueIndex
from shared.storage.tables import BATCH, Read, Table, Tables, Write

BEHIND = "~"
"""Sorts after every record."""

_KEY, _END = "~x:", "~x;"
_CODEC = Codec(NoticeEvent)
_ETAG = re.compile(r"(\d{4}-\d\d-\d\dT\d\d(?:%3A|:)\d\d(?:%3A|:)\d\d)(?:\.(\d{1,7}))?")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """An event in the outbox. *key*: its place in the order of its tenant, from the moment of its transaction."""

    event: NoticeEvent
    key: str
    write: Write


def event_writes(events: Iterable[NoticeEvent]) -> Iterator[Write]:
    """Yield the writes of events, tied to the write of their record before them."""
    for n, event in enumerate(events):
        row = _CODEC.row(event, event.tenant_id, "")
        yield Write({**row, "RowKey": f"{_KEY}{n}:{escaped(event.id)}"}, "*", tied=True)


def is_of_outbox(key: str) -> bool:
    """Whether a key is the key of an event."""
    return key.startswith(_KEY)


class Outbox:
    """The outboxes of all tables that have any. *sent*: is told of a table and a tenant with new events."""

    def __init__(self, tables: Tables, due: DueIndex, now: Callable[[], datetime]) -> None:
        self._tables, self._due, self._now = tables, due, now
        self._promised: dict[tuple[str, str], datetime] = {}
        self.sent: Callable[[str, str], None] | None = None

    async def promise(self, table: str, tenant_id: str) -> None:
        """Write a due row for a table's outbox: one for all events of a minute, at least a minute ahead."""
        now = self._now()
        at = now.replace(second=0, microsecond=0) + 2 * _MINUTE
        if self._promised.get((table, tenant_id)) == at:
            return
        await self._due.put(DueKind.EVENTS, at, tenant_id, table)
        self._promised[table, tenant_id] = at

    def written(self, table: str, tenant_id: str) -> None:
        """Queue a message that the outbox of a table has events."""
        if self.sent is not None:
            self.sent(table, tenant_id)

    async def waiting(self, table: str, tenant_id: str) -> list[OutboxEvent]:
        """Return the events in the outbox of a table, in the order of their transactions."""
        where = "PartitionKey eq @tenant and RowKey ge @first and RowKey lt @end"
        span = {"tenant": escaped(tenant_id), "first": _KEY, "end": _END}
        found = [_event(read) async for read in self._table(table).query(where, span)]
        return sorted(found, key=lambda each: each.key)

    async def remove(self, table: str, events: Sequence[OutboxEvent]) -> None:
        """Take events out of an outbox; another worker may have been faster."""
        for at in range(0, len(events), BATCH):
            few = [each.write for each in events[at : at + BATCH]]
            try:
                await self._table(table).write_all(few)
            except (NotFoundError, StaleError):
                for write in few:
                    with suppress(NotFoundError, StaleError):
                        await self._table(table).write_all([write])

    async def of_all(self) -> set[tuple[str, str]]:
        """Return the tables and tenants with events in an outbox. Reads the keys of all records: once a day."""
        where = "RowKey ge @first and RowKey lt @end"
        return {
            (name, str(read.row["PartitionKey"]))
            for name in TELLERS
            async for read in self._table(name).query(
                where, {"first": _KEY, "end": _END}, select=["PartitionKey", "RowKey"]
            )
        }

    def _table(self, name: str) -> Table:
        return Table(self._tables, name)


def _event(read: Read) -> OutboxEvent:
    event = _CODEC.value(read.row)
    number, _, id_ = str(read.row["RowKey"]).removeprefix(_KEY).partition(":")
    return OutboxEvent(event, place_of(event, f"{moment_of(read.etag)}-{number}-{id_}"), _deletion(read))


def _deletion(read: Read) -> Write:
    return Write({name: read.row[name] for name in ("PartitionKey", "RowKey")}, read.etag, gone=True)


def moment_of(etag: str) -> str:
    """Return the moment of the transaction in an ETag of Table Storage, as a text that sorts."""
    found = _ETAG.search(etag)
    if found is None:
        raise ValueError(f"no ETag of Table Storage: {etag}")
    return f"{found[1].replace('%3A', ':')}.{(found[2] or ''):0<7}"
