"""Audit events: appended, never changed, newest first."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from shared.domain.operations.operation import AuditEvent
from shared.errors import ConflictError
from shared.storage.purging import Chunk, purge
from shared.storage.repository import Repository, Shape, Stored, ValuesPage
from shared.storage.tables import Table, Tables

EVERYWHERE = "*"
"""The partition of events that concern all tenants, in place of a tenant's id; no tenant has this id."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FOREVER = 10**17  # microseconds, some 3,000 years
_PLACE = re.compile(r"\d{18}-[^\n]+")


def _key(event: AuditEvent) -> str:
    """Return a key that sorts the newest first, as audit events are read."""
    return f"{_sorted(event.activity_date_time)}-{event.id}"


def _sorted(at: datetime) -> str:
    age = (at - _EPOCH) // timedelta(microseconds=1)
    return f"{_FOREVER - age:018d}"


_SHAPE = Shape(
    table="audit",
    model=AuditEvent,
    place=lambda event: (event.tenant_id, _key(event)),
    columns={
        "event_id": lambda event: event.id,
        "activity": lambda event: event.activity,
        "resource_type": lambda event: event.resource_type,
        "resource_id": lambda event: event.resource_id,
        "actor_id": lambda event: event.actor.id,
    },
)


class Audit:
    """The audit log. Events are deleted by their age alone, where an operator has set one, and never changed."""

    def __init__(self, tables: Tables) -> None:
        self._rows, self._table = Repository(tables, _SHAPE), Table(tables, _SHAPE.table)

    async def append(self, event: AuditEvent) -> None:
        """Add *event*; an event that was added before (same id and time) is left unchanged."""
        try:
            await self._rows.insert(event)
        except ConflictError:
            return

    async def append_all(self, events: Sequence[AuditEvent]) -> None:
        """Add many events of one tenant; an event that was added before is replaced by itself."""
        await self._rows.save_all([Stored(event, "*") for event in events])

    async def page(
        self, tenant_id: str, top: int, token: str | None = None, *, resource_id: str | None = None
    ) -> ValuesPage[AuditEvent]:
        """Return at most *top* events from *token* on, newest first."""
        return await self._rows.page(tenant_id, top, token, resource_id=resource_id)

    def is_place(self, text: str) -> bool:
        """Return whether *text* is the place of an event in a log."""
        return _PLACE.fullmatch(text) is not None

    def among(
        self,
        tenant_id: str,
        *,
        top: int,
        behind: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        resource_id: str | None = None,
    ) -> AsyncIterator[tuple[str, Stored[AuditEvent]]]:
        """Yield the events from *since* to *until*, newest first, with a place each; *behind*: continue after a place.

        *top*: so many are read at once.
        """
        first = max(behind, _sorted(until) if until else "")
        last = f"{_sorted(since)}~" if since else "~"
        return self._rows.between(tenant_id, (first, last), top, resource_id=resource_id)

    async def delete_before(self, before: datetime, chunk: Chunk) -> int:
        """Delete the events of all tenants that happened earlier; return their number."""
        where = "RowKey gt @after and RowKey lt @end"
        return await purge(self._table, where, {"after": f"{_sorted(before)}~", "end": "~"}, chunk)

    def each(self, tenant_id: str, *, resource_id: str | None = None) -> AsyncIterator[Stored[AuditEvent]]:
        """Yield every event, newest first."""
        return self._rows.each(tenant_id, resource_id=resource_id)

    async def last(self, tenant_id: str, activity: str) -> AuditEvent | None:
        """Return the newest event of *activity*, None if there is none."""
        stored = await self._rows.find(tenant_id, activity=activity)
        return stored.value if stored else None

    async def find(self, tenant_id: str, event_id: str) -> AuditEvent | None:
        """Return one event, None if there is none."""
        stored = await self._rows.find(tenant_id, event_id=event_id)
        return stored.value if stored else None
