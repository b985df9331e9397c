"""Positions in reading directories, and the users of change notifications that were not handled yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.domain.tenants.directory_subscriptions import Watch
from shared.errors import ConflictError, NotFoundError, StaleError
from shared.storage.codec import escaped
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Row, Table, Tables, Write

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
        """Note that a user is to be read again, for the time *number*; what was noted of them since counts more."""
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
        """Remove these users, except those that have changed again since they were taken."""
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
    """Yield a few at a time: a transaction is written and read in one go, in which nobody else has their turn."""
    return (writes[at : at + _AT_ONCE] for at in range(0, len(writes), _AT_ONCE))


def _row(tenant_id: str, user_id: str, at: datetime, *, expected: bool) -> Row:
    return {
        "PartitionKey": escaped(tenant_id),
        "RowKey": escaped(user_id),
        "user_id": user_id,
        "at": at.astimezone(UTC).isoformat(),
        "expected": expected,
    }
