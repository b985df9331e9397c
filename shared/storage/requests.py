"""The requested reconciles: one marker for each subject, until a reconcile has handled it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.errors import ConflictError, NotFoundError, StaleError, UnavailableError
from shared.storage.codec import escaped
from shared.storage.tables import Read, Row, Table, Tables

WHOLE_TENANT = "reconcile"
"""The subject of a reconcile of the whole tenant; any other is the id of a record that is reconciled by itself."""

_ATTEMPTS = 20


class Requests:
    """The markers."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "requests")

    async def add(self, tenant_id: str, at: datetime, subject: str = WHOLE_TENANT) -> datetime:
        """Request a reconcile; return the time of the request.

        It is later than every earlier request, even if the clock stands still: a reconcile that has read the directory
        before cannot mistake this request for one it has handled.
        """
        for _ in range(_ATTEMPTS):
            marker = await self._find(tenant_id, subject)
            try:
                if marker is None:
                    await self._table.insert(_row(tenant_id, subject, at))
                    return at
                later = max(at, _time(marker) + timedelta(microseconds=1))
                await self._table.replace(_row(tenant_id, subject, later), seen=marker.etag)
            except (ConflictError, StaleError, NotFoundError):
                continue
            return later
        raise UnavailableError(f"requests: other writers were faster {_ATTEMPTS} times")

    async def newest(self, tenant_id: str, subject: str = WHOLE_TENANT) -> datetime | None:
        """Return when a reconcile was last requested, None if every request was handled."""
        marker = await self._find(tenant_id, subject)
        return _time(marker) if marker else None

    async def settle(self, tenant_id: str, upto: datetime | None, subject: str = WHOLE_TENANT) -> bool:
        """Delete the marker of requests up to *upto*; return False if there is a newer request."""
        marker = await self._find(tenant_id, subject)
        if marker is None:
            return True
        if upto is None or _time(marker) > upto:
            return False
        try:
            await self._table.delete(escaped(tenant_id), escaped(subject), seen=marker.etag)
        except StaleError:
            return False
        return True

    async def _find(self, tenant_id: str, subject: str) -> Read | None:
        try:
            return await self._table.read(escaped(tenant_id), escaped(subject))
        except NotFoundError:
            return None


def _row(tenant_id: str, subject: str, at: datetime) -> Row:
    return {"PartitionKey": escaped(tenant_id), "RowKey": escaped(subject), "at": at.astimezone(UTC).isoformat()}


def _time(read: Read) -> datetime:
    return datetime.fromisoformat(str(read.row["at"]))
