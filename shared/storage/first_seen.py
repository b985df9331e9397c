"""When each user of a tenant was first seen in a group that a policy is assigned to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from shared.errors import NotFoundError, StaleError
from shared.storage.codec import escaped
from shared.storage.tables import Row, Table, Tables, Write


class FirstSeen:
    """One row for each member. Who leaves all groups and comes back is seen for the first time then."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "firstseen")

    async def of(self, tenant_id: str) -> Mapping[str, datetime]:
        """Return when each user, by id, was first seen."""
        where = self._table.query("PartitionKey eq @tenant", {"tenant": escaped(tenant_id)})
        return {str(read.row["user_id"]): datetime.fromisoformat(str(read.row["at"])) async for read in where}

    async def note(
        self, tenant_id: str, user_ids: Iterable[str], at: datetime, *, complete: bool
    ) -> Mapping[str, datetime]:
        """Note the users that are seen now; return when each was first seen. *complete*: the others are in no group."""
        before, now = await self.of(tenant_id), set(user_ids)
        new = dict.fromkeys(sorted(now - set(before)), at)
        await self._table.write_all([Write(_row(tenant_id, user_id, at), "*") for user_id in new])
        left = set(before) - now if complete else set()
        for user_id in sorted(left):
            with suppress(StaleError, NotFoundError):
                await self._table.delete(escaped(tenant_id), escaped(user_id))
        return {user_id: first for user_id, first in (*before.items(), *new.items()) if user_id not in left}


def _row(tenant_id: str, user_id: str, at: datetime) -> Row:
    return {
        "PartitionKey": escaped(tenant_id),
        "RowKey": escaped(user_id),
        "user_id": user_id,
        "at": at.astimezone(UTC).isoformat(),
    }
