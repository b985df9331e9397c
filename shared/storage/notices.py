"""Repositories of notices: endpoints and their states, the events of the last days, and deliveries.

A delivery has a row, and one beside it while it waits; both are written in one transaction. So those that wait are read
without the many that have arrived, and the same event never comes to an endpoint twice because it was sent on twice.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from shared.domain.notices.delivery import Delivery, DeliveryStatus, EndpointState, WaitingDelivery, moment_text
from shared.domain.notices.endpoint import NoticeEndpoint
from shared.domain.notices.events import NoticeEvent
from shared.domain.values import Value
from shared.domain.wizards.fields import folded
from shared.errors import ConflictError, NotFoundError
from shared.storage.codec import Codec, escaped
from shared.storage.named import NamedRepository
from shared.storage.outbox import OutboxEvent
from shared.storage.purging import Chunk, purge
from shared.storage.repository import Repository, Shape, Stored
from shared.storage.tables import Row, Table, Tables, Write

_ENDPOINTS = Shape(
    table="noticeendpoints",
    noun="endpoint of notices",
    model=NoticeEndpoint,
    place=lambda endpoint: (endpoint.tenant_id, endpoint.id),
)
_STATES = Shape(table="noticestates", model=EndpointState, place=lambda state: (state.tenant_id, state.id))

_KEYS = ("PartitionKey", "RowKey")
_AT_ONCE = 1_000
"""Rows that one request reads."""
_MOST_TOGETHER = 50
"""Deliveries of one transaction, each with two rows."""


def notice_endpoints(tables: Tables) -> Repository[NoticeEndpoint]:
    """Return the repository of endpoints."""
    return NamedRepository(tables, _ENDPOINTS, lambda endpoint: folded(endpoint.display_name))


def endpoint_states(tables: Tables) -> Repository[EndpointState]:
    """Return the repository of the states of endpoints: they change with each delivery, and the endpoints seldom."""
    return Repository(tables, _STATES)


class KeptEvent(Value):
    """An event with its place in the order of its tenant."""

    key: str
    event: NoticeEvent


_EVENTS = Shape(table="noticeevents", model=KeptEvent, place=lambda kept: (kept.event.tenant_id, kept.key))


class Events:
    """The events of the last days, from which any endpoint can be told again."""

    def __init__(self, tables: Tables) -> None:
        self._rows, self._table = Repository(tables, _EVENTS), Table(tables, _EVENTS.table)

    async def keep(self, events: Sequence[OutboxEvent]) -> None:
        """Keep events of one tenant; keeping an event twice has no further effect."""
        kept = [KeptEvent(key=each.key, event=each.event) for each in events]
        await self._rows.save_all([Stored(each, "*") for each in kept])

    async def between(self, tenant_id: str, since: datetime, until: datetime) -> AsyncIterator[KeptEvent]:
        """Yield the events of a tenant that were written from *since* to *until*, in their order."""
        span = (moment_text(since), f"{moment_text(until)}~")
        async for _, stored in self._rows.between(tenant_id, span, _AT_ONCE):
            yield stored.value

    async def delete_before(self, before: datetime, chunk: Chunk) -> int:
        """Delete the events of all tenants that were written earlier; return their number."""
        return await purge(self._table, "RowKey lt @end", {"end": moment_text(before)}, chunk)


class Deliveries:
    """The deliveries of every endpoint."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "deliveries")
        self._codec, self._pending = Codec(Delivery), Codec(WaitingDelivery)

    async def add(self, deliveries: Sequence[Delivery]) -> None:
        """Add waiting deliveries of one endpoint; a delivery that was added before is not changed."""
        for at in range(0, len(deliveries), _MOST_TOGETHER):
            few = deliveries[at : at + _MOST_TOGETHER]
            try:
                await self._table.write_all(_tied([self._row(each) for each in few] + [self._mark(e) for e in few]))
            except ConflictError:
                for each in few:
                    with suppress(ConflictError):
                        await self._table.write_all(_tied([self._row(each), self._mark(each)]))

    async def put(self, deliveries: Sequence[Delivery]) -> None:
        """Write deliveries of one endpoint, waiting or not."""
        for at in range(0, len(deliveries), _MOST_TOGETHER):
            writes = [write for each in deliveries[at : at + _MOST_TOGETHER] for write in self._both(each)]
            await self._table.write_all(writes)

    async def settle(self, delivery: Delivery) -> None:
        """Replace a delivery that waited by its state after a try."""
        try:
            await self._table.write_all(self._both(delivery, waited=True))
        except NotFoundError:  # another worker was faster, though it had no lease
            await self.put([delivery])

    async def waiting(self, tenant_id: str, endpoint_id: str) -> list[WaitingDelivery]:
        """Return the deliveries of an endpoint that wait, in their order, at most a thousand."""
        where = "PartitionKey eq @place and RowKey ge @first and RowKey lt @end"
        span = {"place": _place(tenant_id, endpoint_id), "first": _MARK, "end": _MARK_END}
        reads, _ = await self._table.page(where, span, top=_AT_ONCE)
        return sorted((self._pending.value(read.row) for read in reads), key=lambda each: each.order)

    async def read(self, tenant_id: str, endpoint_id: str, key: str) -> Delivery:
        """Return a delivery. Raises: NotFoundError."""
        return self._codec.value((await self._table.read(_place(tenant_id, endpoint_id), _key(key))).row)

    async def among(self, tenant_id: str, endpoint_id: str, keys: Sequence[str]) -> dict[str, Delivery]:
        """Return the deliveries of an endpoint with *keys*, in their order; read as one range."""
        where = "PartitionKey eq @place and RowKey ge @first and RowKey le @last and status eq @status"
        span: dict[str, str | int | bool] = {"place": _place(tenant_id, endpoint_id), "status": "pending"}
        wanted = set(keys)
        rows = self._table.query(where, {**span, "first": _key(min(keys)), "last": _key(max(keys))})
        found = [self._codec.value(read.row) async for read in rows]
        return {each.key: each for each in found if each.key in wanted}

    async def page(
        self, tenant_id: str, endpoint_id: str, top: int, token: str | None = None, status: str | None = None
    ) -> tuple[list[Delivery], str | None]:
        """Return at most *top* deliveries of an endpoint from *token* on, oldest first, and the next token."""
        where = "PartitionKey eq @place and RowKey lt @end"
        span: dict[str, str | int | bool] = {"place": _place(tenant_id, endpoint_id), "end": "~"}
        if status is not None:
            where, span = f"{where} and status eq @status", {**span, "status": status}
        reads, following = await self._table.page(where, span, top=top, token=token)
        return [self._codec.value(read.row) for read in reads], following

    async def remove_of(self, tenant_id: str, endpoint_id: str) -> None:
        """Remove all deliveries of an endpoint that is gone."""
        where, span = "PartitionKey eq @place", {"place": _place(tenant_id, endpoint_id)}
        rows = self._table.query(where, span, select=_KEYS)
        await self._table.write_all([Write(read.row, read.etag, gone=True) async for read in rows])

    async def delete_before(self, before: datetime, chunk: Chunk) -> int:
        """Delete the deliveries of all endpoints whose events were written earlier; return their number."""
        end = moment_text(before)
        marks = "RowKey ge @first and RowKey lt @end"
        await purge(self._table, marks, {"first": _MARK, "end": _MARK + end}, chunk)
        return await purge(self._table, "RowKey lt @end", {"end": end}, chunk)

    def _both(self, delivery: Delivery, *, waited: bool = False) -> list[Write]:
        """Return the writes of a delivery and of its mark, which goes when it no longer waits."""
        row, mark = Write(self._row(delivery), "*"), self._mark(delivery)
        if delivery.status is DeliveryStatus.PENDING:
            return [row, Write(mark, "*", tied=True)]
        return [row, Write(mark, "*", gone=True, tied=True)] if waited else [row]

    def _row(self, delivery: Delivery) -> Row:
        place, columns = f"{delivery.tenant_id}:{delivery.endpoint_id}", {"status": delivery.status.value}
        return self._codec.row(delivery, place, delivery.key, columns)

    def _mark(self, delivery: Delivery) -> Row:
        pending = WaitingDelivery(
            key=delivery.key,
            subject=delivery.event.subject,
            next_try_at=delivery.next_try_at,
            last_try_at=delivery.last_try_at,
        )
        row = self._pending.row(pending, f"{delivery.tenant_id}:{delivery.endpoint_id}", "")
        return {**row, "RowKey": _MARK + _key(delivery.key)}


_MARK, _MARK_END = "~p:", "~p;"
"""Prefix of the keys of marks: they sort behind the deliveries of their endpoint."""


def _tied(rows: Iterable[Row]) -> list[Write]:
    return [Write(row, None, tied=True) for row in rows]


def _place(tenant_id: str, endpoint_id: str) -> str:
    return escaped(f"{tenant_id}:{endpoint_id}")


def _key(key: str) -> str:
    return escaped(key)
