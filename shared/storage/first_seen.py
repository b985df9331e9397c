"""Times at which each user of a tenant was first seen in a group that a policy is assigned to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from shared.errors import NotFoundError, StaleError
from shared.storage.codec import escaped
from shared.storage.tables import Row, Table, Tables, Write

KEPT = timedelta(days=7)
"""Time for which the place in line of a user who has left all groups is kept."""


@dataclass(frozen=True, slots=True)
class Place:
    """A user's place in line. *left_at*: when they had left all groups; None: they are in one."""

    user_id: str
    first_seen_at: datetime
    left_at: datetime | None = None

    def seen_again(self, at: datetime) -> Place:
        """Return the place of a user in a group now: the old one, unless they had left long ago."""
        if self.left_at is not None and at - self.left_at >= KEPT:
            return Place(self.user_id, at)
        return replace(self, left_at=None)


class FirstSeen:
    """One row for each member, and for each who left not long ago."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "firstseen")

    async def places(self, tenant_id: str) -> Mapping[str, Place]:
        """Return the place of each user, by id."""
        where = self._table.query("PartitionKey eq @tenant", {"tenant": escaped(tenant_id)})
        places = [_place(read.row) async for read in where]
        return {place.user_id: place for place in places}

    async def of(self, tenant_id: str, user_ids: Iterable[str], at: datetime) -> Mapping[str, datetime]:
        """Return when each user was first seen, with these as if they were noted; nothing is kept."""
        before = await self.places(tenant_id)
        return _first_seen({**before, **_noted(before, user_ids, at)})

    async def note(
        self, tenant_id: str, user_ids: Iterable[str], at: datetime, *, left: Collection[str]
    ) -> Mapping[str, datetime]:
        """Note the users that are seen now, and who has *left* all groups; return when each was first seen."""
        before = await self.places(tenant_id)
        after = _noted(before, user_ids, at)
        for user_id in sorted(set(left) & set(before) - set(after)):
            after[user_id] = replace(before[user_id], left_at=before[user_id].left_at or at)
        changed = [place for place in after.values() if place != before.get(place.user_id)]
        await self._table.write_all([Write(_row(tenant_id, place), "*") for place in changed])
        whole = {**before, **after}
        over = {place.user_id for place in whole.values() if place.left_at is not None and at - place.left_at >= KEPT}
        for user_id in sorted(over):
            with suppress(StaleError, NotFoundError):
                await self._table.delete(escaped(tenant_id), escaped(user_id))
        return _first_seen({user_id: place for user_id, place in whole.items() if user_id not in over})


def _noted(before: Mapping[str, Place], user_ids: Iterable[str], at: datetime) -> dict[str, Place]:
    return {user_id: before.get(user_id, Place(user_id, at)).seen_again(at) for user_id in sorted(set(user_ids))}


def _first_seen(places: Mapping[str, Place]) -> dict[str, datetime]:
    return {user_id: place.first_seen_at for user_id, place in places.items()}


def _place(row: Row) -> Place:
    left_at = row.get("left_at")
    return Place(
        user_id=str(row["user_id"]),
        first_seen_at=datetime.fromisoformat(str(row["at"])),
        left_at=datetime.fromisoformat(str(left_at)) if left_at else None,
    )


def _row(tenant_id: str, place: Place) -> Row:
    row: Row = {
        "PartitionKey": escaped(tenant_id),
        "RowKey": escaped(place.user_id),
        "user_id": place.user_id,
        "at": place.first_seen_at.astimezone(UTC).isoformat(),
    }
    if place.left_at is not None:
        row["left_at"] = place.left_at.astimezone(UTC).isoformat()
    return row
