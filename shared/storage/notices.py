"""Repositories of notices: endpoints and their states, the events of the last days, and deliveries.

Deliveries that were added together share a mark, a row that names those of them that wait; it is written in the same
transaction. So waiting deliveries are read without the many that have arrived, and the same event never comes to an
endpoint twice because it was sent on twice. A try is one write, of the delivery alone: a mark may name a delivery that
no longer waits, and who reads it asks the delivery itself (docs/decisions/0265).
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property

from shared.domain.notices.delivery import Delivery, DeliveryStatus, EndpointState, WaitingDelivery, moment_text
from shared.domain.notices.endpoint import NoticeEndpoint
from shared.domain.notices.events import NoticeEvent
from shared.domain.notices.personal import PersonalNotices
from shared.domain.values import Value
from shared.domain.wizards.fields import folded
from shared.errors import ConflictError, NotFoundError, StaleError
from shared.storage.codec import Codec, escaped
from shared.storage.named import NamedRepository
from shared.storage.outbox import OutboxEvent
from shared.storage.purging import Chunk, purge
from shared.storage.repository import Repository, Shape, Stored
from shared.storage.tables import BATCH, Row, Table, Tables, Write

_ENDPOINTS = Shape(
    table="noticeendpoints",
    noun="endpoint of notices",
    model=NoticeEndpoint,
    place=lambda endpoint: (endpoint.tenant_id, endpoint.id),
)
_PERSONAL = Shape(
    table="personalnotices",
    noun="mail preferences",
    model=PersonalNotices,
    place=lambda choice: (choice.tenant_id, choice.id),
)
_STATES = Shape(table="noticestates", model=EndpointState, place=lambda state: (state.tenant_id, state.id))

_KEYS = ("PartitionKey", "RowKey")
_AT_ONCE = 1_000
"""Rows that one request reads."""
_MOST_TOGETHER = BATCH - 1
"""Deliveries of one transaction, beside their mark."""


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


class _Mark(Value):
    """The deliveries of one transaction that wait."""

    waiting: tuple[WaitingDelivery, ...]


class Deliveries:
    """The deliveries of every endpoint."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "deliveries")
        self._codec, self._marks = Codec(Delivery), Codec(_Mark, version=2, upgrade=lambda one: {"waiting": [one]})

    async def add(self, deliveries: Sequence[Delivery]) -> None:
        """Add waiting deliveries of one endpoint; a delivery that was added before is not changed."""
        for at in range(0, len(deliveries), _MOST_TOGETHER):
            few = deliveries[at : at + _MOST_TOGETHER]
            try:
                await self._table.write_all(_tied([*map(self._row, few), self._mark(few)]))
            except ConflictError:
                for each in few:
                    with suppress(ConflictError):
                        await self._table.write_all(_tied([self._row(each), self._mark([each])]))

    async def put(self, deliveries: Sequence[Delivery], run: str) -> None:
        """Write deliveries of one endpoint, waiting or not. *run*: tells their marks from those that there are."""
        for at in range(0, len(deliveries), _MOST_TOGETHER):
            few = deliveries[at : at + _MOST_TOGETHER]
            waiting = [each for each in few if each.status is DeliveryStatus.PENDING]
            rows = [*map(self._row, few), *([self._mark(waiting, run)] if waiting else [])]
            await self._table.write_all([Write(row, "*", tied=True) for row in rows])

    async def settle(self, delivery: Delivery) -> None:
        """Replace a delivery by its state after a try; ``note`` tells its mark later."""
        await self._table.put(self._row(delivery))

    async def note(
        self,
        tenant_id: str,
        endpoint_id: str,
        some: Sequence[WaitingDelivery],
        settled: Mapping[str, Delivery | None],
    ) -> None:
        """Bring the marks of *some* deliveries up to date. *settled*: by their keys; None does not wait any more."""
        for key in dict.fromkeys(each.mark for each in some):
            try:
                read = await self._table.read(_place(tenant_id, endpoint_id), key)
            except NotFoundError:
                continue
            there = self._marks.value(read.row).waiting
            left = [found for each in there if (found := _after(each, settled.get(each.key, each))) is not None]
            row = self._mark_row(tenant_id, endpoint_id, key, left)
            with suppress(StaleError, NotFoundError):  # another worker has it, though it had no lease
                await self._table.write_all([Write(row, read.etag, gone=not left)])

    async def waiting(self, tenant_id: str, endpoint_id: str) -> list[WaitingDelivery]:
        """Return the waiting deliveries of an endpoint in their order, of at most a thousand marks."""
        where = "PartitionKey eq @place and RowKey ge @first and RowKey lt @end"
        span = {"place": _place(tenant_id, endpoint_id), "first": _MARK, "end": _MARK_END}
        reads, _ = await self._table.page(where, span, top=_AT_ONCE)
        found = {
            each.key: each.but(mark=str(read.row["RowKey"]))
            for read in reads
            for each in self._marks.value(read.row).waiting
        }
        return sorted(found.values(), key=lambda each: each.order)

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
        where = "RowKey lt @end or ( RowKey ge @mark and RowKey lt @last_mark )"
        return await purge(self._table, where, {"end": end, "mark": _MARK, "last_mark": _MARK + end}, chunk)

    def _row(self, delivery: Delivery) -> Row:
        place, columns = f"{delivery.tenant_id}:{delivery.endpoint_id}", {"status": delivery.status.value}
        return self._codec.row(delivery, place, delivery.key, columns)

    def _mark(self, waiting: Sequence[Delivery], run: str = "") -> Row:
        """Return the mark of deliveries. Its key is their last one, so that it is not purged before all of them."""
        some = [
            WaitingDelivery(
                key=each.key,
                subject=each.line,
                next_try_at=each.next_try_at,
                last_try_at=each.last_try_at,
            )
            for each in waiting
        ]
        first, key = waiting[0], _MARK + _key(max(each.key for each in waiting))
        return self._mark_row(first.tenant_id, first.endpoint_id, f"{key}:{run}" if run else key, some)

    def _mark_row(self, tenant_id: str, endpoint_id: str, key: str, waiting: Sequence[WaitingDelivery]) -> Row:
        row = self._marks.row(_Mark(waiting=tuple(waiting)), f"{tenant_id}:{endpoint_id}", "")
        return {**row, "RowKey": key}


class NoticeRecords:
    """The endpoints of notices with their states, mail preferences of users, events and deliveries.

    The states of endpoints change with each delivery, and the endpoints seldom.
    """

    tables: Tables

    @cached_property
    def notice_endpoints(self) -> Repository[NoticeEndpoint]:
        """The endpoints of notices."""
        return NamedRepository(self.tables, _ENDPOINTS, lambda endpoint: folded(endpoint.unique_name))

    @cached_property
    def endpoint_states(self) -> Repository[EndpointState]:
        """The states of the endpoints of notices."""
        return Repository(self.tables, _STATES)

    @cached_property
    def personal_notices(self) -> Repository[PersonalNotices]:
        """The mail preferences of users, each by the id of the user."""
        return Repository(self.tables, _PERSONAL)

    @cached_property
    def deliveries(self) -> Deliveries:
        """The deliveries of notices."""
        return Deliveries(self.tables)

    @cached_property
    def events(self) -> Events:
        """The events of the last days."""
        return Events(self.tables)


def _after(waiting: WaitingDelivery, settled: Delivery | WaitingDelivery | None) -> WaitingDelivery | None:
    """Return the part of a mark about a delivery, None where it no longer waits."""
    if settled is None or isinstance(settled, WaitingDelivery):
        return settled
    if settled.status is not DeliveryStatus.PENDING:
        return None
    return waiting.but(next_try_at=settled.next_try_at, last_try_at=settled.last_try_at)


_MARK, _MARK_END = "~p:", "~p;"
"""Prefix of the keys of marks: they sort behind the deliveries of their endpoint."""


def _tied(rows: Iterable[Row]) -> list[Write]:
    return [Write(row, None, tied=True) for row in rows]


def _place(tenant_id: str, endpoint_id: str) -> str:
    return escaped(f"{tenant_id}:{endpoint_id}")


def _key(key: str) -> str:
    return escaped(key)
