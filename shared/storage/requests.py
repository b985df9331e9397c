"""Marks of work: requested reconciles, positions in reading directories, and when users were first seen in a group."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from shared.domain.tenants.directory import Watch
from shared.errors import ConflictError, NotFoundError, StaleError, UnavailableError
from shared.storage.codec import escaped
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Read, Row, Table, Tables, Write

_SHAPE = Shape(table="watches", model=Watch, place=lambda watch: (watch.tenant_id, watch.id))


def watches(tables: Tables) -> Repository[Watch]:
    """Return the repository of watches."""
    return Repository(tables, _SHAPE)


@dataclass(frozen=True, slots=True)
class Change:
    """A user who may have changed. *mark*: up to when; *round*: how often they were read before."""

    user_id: str
    mark: str
    round: int
    expected: bool


_AT_ONCE = 25
"""Rows of a transaction."""


class Changes:
    """Users with change notifications: one row for each, however many notifications there were."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "changes")

    async def add(self, tenant_id: str, user_ids: Iterable[str], at: datetime, *, expected: bool = False) -> None:
        """Note that these users have changed; *expected*: that they have joined a group, or have a licence."""
        rows = {user_id: Write(_row(tenant_id, user_id, at, expected=expected), "*") for user_id in user_ids}
        for piece in _pieces(list(rows.values())):
            await self._table.write_all(piece)

    async def add_again(self, tenant_id: str, user_id: str, at: datetime, number: int) -> None:
        """Record that a user is to be read again, for the time *number*; a newer record of the user is kept."""
        with suppress(ConflictError):
            await self._table.insert({**_row(tenant_id, user_id, at, expected=True), "round": number})

    async def waiting(self, tenant_id: str, most: int) -> list[Change]:
        """Return at most *most* of the users that are noted."""
        reads, _ = await self._table.page("PartitionKey eq @tenant", {"tenant": escaped(tenant_id)}, top=most)
        return [
            Change(
                user_id=str(read.row["user_id"]),
                mark=read.etag,
                round=int(read.row.get("round", 0)),
                expected=bool(read.row.get("expected", False)),
            )
            for read in reads
        ]

    async def take(self, tenant_id: str, most: int) -> dict[str, str]:
        """Return at most *most* users, each with a mark; their rows stay until ``settle``."""
        reads, _ = await self._table.page("PartitionKey eq @tenant", {"tenant": escaped(tenant_id)}, top=most)
        return {str(read.row["user_id"]): read.etag for read in reads}

    async def settle(self, tenant_id: str, taken: dict[str, str]) -> None:
        """Remove these users, except users that have changed since they were taken."""
        place = {"PartitionKey": escaped(tenant_id)}
        rows = [Write({**place, "RowKey": escaped(user_id)}, mark, gone=True) for user_id, mark in taken.items()]
        for piece in _pieces(rows):
            try:
                await self._table.write_all(piece)
            except (StaleError, NotFoundError):  # one of them has changed: each is asked for by itself
                for each in piece:
                    with suppress(StaleError, NotFoundError):
                        await self._table.write_all([each])


def _pieces(writes: Sequence[Write]) -> Iterator[Sequence[Write]]:
    """Yield the writes in pieces of one transaction each, between which other requests have their turn."""
    return (writes[at : at + _AT_ONCE] for at in range(0, len(writes), _AT_ONCE))


def _row(tenant_id: str, user_id: str, at: datetime, *, expected: bool) -> Row:
    return {
        "PartitionKey": escaped(tenant_id),
        "RowKey": escaped(user_id),
        "user_id": user_id,
        "at": at.astimezone(UTC).isoformat(),
        "expected": expected,
    }


KEPT = timedelta(days=7)
"""Time for which the place in line of a user who has left all groups is kept."""


@dataclass(frozen=True, slots=True)
class PlaceInLine:
    """A user's place in line. *left_at*: when they left the last group, None while they are in one."""

    user_id: str
    first_seen_at: datetime
    left_at: datetime | None = None

    def seen_again(self, at: datetime) -> PlaceInLine:
        """Return the place of a user in a group now: the old one, unless they had left long ago."""
        if self.left_at is not None and at - self.left_at >= KEPT:
            return PlaceInLine(self.user_id, at)
        return replace(self, left_at=None)


class FirstSeen:
    """One row for each member, and for each who left not long ago."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "firstseen")

    async def places(self, tenant_id: str) -> Mapping[str, PlaceInLine]:
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
        await self._table.write_all([Write(_first_seen_row(tenant_id, place), "*") for place in changed])
        whole = {**before, **after}
        over = {place.user_id for place in whole.values() if place.left_at is not None and at - place.left_at >= KEPT}
        for user_id in sorted(over):
            with suppress(StaleError, NotFoundError):
                await self._table.delete(escaped(tenant_id), escaped(user_id))
        return _first_seen({user_id: place for user_id, place in whole.items() if user_id not in over})


def _noted(before: Mapping[str, PlaceInLine], user_ids: Iterable[str], at: datetime) -> dict[str, PlaceInLine]:
    return {user_id: before.get(user_id, PlaceInLine(user_id, at)).seen_again(at) for user_id in sorted(set(user_ids))}


def _first_seen(places: Mapping[str, PlaceInLine]) -> dict[str, datetime]:
    return {user_id: place.first_seen_at for user_id, place in places.items()}


def _place(row: Row) -> PlaceInLine:
    left_at = row.get("left_at")
    return PlaceInLine(
        user_id=str(row["user_id"]),
        first_seen_at=datetime.fromisoformat(str(row["at"])),
        left_at=datetime.fromisoformat(str(left_at)) if left_at else None,
    )


def _first_seen_row(tenant_id: str, place: PlaceInLine) -> Row:
    row: Row = {
        "PartitionKey": escaped(tenant_id),
        "RowKey": escaped(place.user_id),
        "user_id": place.user_id,
        "at": place.first_seen_at.astimezone(UTC).isoformat(),
    }
    if place.left_at is not None:
        row["left_at"] = place.left_at.astimezone(UTC).isoformat()
    return row


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
                    await self._table.insert(_request_row(tenant_id, subject, at))
                    return at
                later = max(at, _time(marker) + timedelta(microseconds=1))
                await self._table.replace(_request_row(tenant_id, subject, later), seen=marker.etag)
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


def _request_row(tenant_id: str, subject: str, at: datetime) -> Row:
    return {"PartitionKey": escaped(tenant_id), "RowKey": escaped(subject), "at": at.astimezone(UTC).isoformat()}


def _time(read: Read) -> datetime:
    return datetime.fromisoformat(str(read.row["at"]))
