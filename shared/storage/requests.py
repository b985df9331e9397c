"""Which tenants somebody asked to reconcile: a marker that stands until a reconcile has seen it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.errors import ConflictError, NotFoundError, StaleError, UnavailableError
from shared.storage.codec import escaped
from shared.storage.tables import Read, Row, Table, Tables

_KEY = "reconcile"
_TRIES = 20


class Requests:
    """The markers."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "requests")

    async def add(self, tenant_id: str, at: datetime) -> datetime:
        """Ask for a reconcile; return the moment it counts as asked.

        It is later than every request that stands, though the clock may stand still: a reconcile that has read the
        directory before cannot take this request for one it has seen.
        """
        for _ in range(_TRIES):
            standing = await self._find(tenant_id)
            try:
                if standing is None:
                    await self._table.insert(_row(tenant_id, at))
                    return at
                later = max(at, _asked(standing) + timedelta(microseconds=1))
                await self._table.replace(_row(tenant_id, later), seen=standing.etag)
            except (ConflictError, StaleError, NotFoundError):
                continue
            return later
        raise UnavailableError(f"requests: others were faster {_TRIES} times")

    async def newest(self, tenant_id: str) -> datetime | None:
        """Return when a reconcile was last asked for, None if all that was asked is done."""
        standing = await self._find(tenant_id)
        return _asked(standing) if standing else None

    async def settle(self, tenant_id: str, upto: datetime | None) -> bool:
        """Say that everything asked up to *upto* is done; return False if something newer was asked."""
        standing = await self._find(tenant_id)
        if standing is None:
            return True
        if upto is None or _asked(standing) > upto:
            return False
        try:
            await self._table.delete(escaped(tenant_id), _KEY, seen=standing.etag)
        except StaleError:
            return False
        return True

    async def _find(self, tenant_id: str) -> Read | None:
        try:
            return await self._table.read(escaped(tenant_id), _KEY)
        except NotFoundError:
            return None


def _row(tenant_id: str, at: datetime) -> Row:
    return {"PartitionKey": escaped(tenant_id), "RowKey": _KEY, "at": at.astimezone(UTC).isoformat()}


def _asked(read: Read) -> datetime:
    return datetime.fromisoformat(str(read.row["at"]))
