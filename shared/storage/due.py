"""What is due when: an index by time, so that a sweep reads what is due and not what exists.

A due row is written before what it promises, and whoever reads one checks it against the record: a row may be there
twice, or for something that never came to be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shared.domain.cloud_pc import CloudPc
from shared.domain.restore_points import next_moment
from shared.errors import NotFoundError
from shared.storage.codec import escaped
from shared.storage.tables import Read, Row, Table, Tables, Write

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DueKind(StrEnum):
    """What a sweep has to look at."""

    START = "start"  # a Cloud PC saved as pendingProvision whose build may not have been started
    WATCH = "watch"  # a build that was started: if it broke off, it is begun again
    CLEAN_UP = "cleanUp"  # a failed Cloud PC whose remains go; at its clean_up_at
    REREAD = "reread"  # a user whom the directory did not show yet (generation counts the readings), or EVERYBODY
    RECHECK = "recheck"  # a connection whose health checks are made again
    BUILD = "build"  # a device image saved as pending whose build may not have been started
    DEPROVISION = "deprovision"  # a Cloud PC whose grace period ends, or that was cancelled, goes out of use
    ACT = "act"  # a remote action that was begun: if it broke off, it goes on
    RESTORE_POINT = "restorePoint"  # a Cloud PC of which one is made by the clock, or is too old; or EVERYBODY
    ORPHANS = "orphans"  # a tenant whose resources are compared with our records
    BULK = "bulk"  # a bulk action: if the work on it broke off, it goes on
    CHANGES = "changes"  # a tenant of whose users something was told that may not have been settled
    CATCH_UP = "catchUp"  # a tenant whose directory is asked what has changed
    SUBSCRIBE = "subscribe"  # a tenant whose subscriptions to change notifications are renewed
    RECONCILE = "reconcile"  # a tenant whose reconcile was asked for and may not have been started


RENEWING = 1
"""The generation of a SUBSCRIBE row that Graph itself has asked for."""

LAST_READING = 1_000
"""The number of a reading that no other follows, whatever it finds."""

START_GRACE = timedelta(minutes=5)
"""When a sweep looks whether what was saved has been started."""

WATCH_EVERY = timedelta(hours=2)
"""How often a sweep looks whether a build that was started still runs."""

ACT_EVERY = timedelta(minutes=10)
"""How often a sweep looks whether a remote action is at work."""

BULK_EVERY = timedelta(minutes=10)
"""How often a sweep looks whether a bulk action is being worked on."""

_MOST = 5_000
"""Of what one sweep looks at."""

DEPROVISIONED_BY = timedelta(hours=1)
"""When a sweep looks whether what goes out of use has come to its end."""

EVERYBODY = "*"
"""The subject of a REREAD that is not about one user."""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is due."""

    kind: DueKind
    at: datetime
    tenant_id: str
    subject_id: str
    generation: int = 0


def start_due(pc: CloudPc) -> Due:
    """Return the promise that the build of *pc*, as it was planned, is started."""
    return Due(DueKind.START, pc.last_modified_date_time + START_GRACE, pc.tenant_id, pc.id, pc.current.generation)


def watch_due(pc: CloudPc, at: datetime) -> Due:
    """Return the promise that somebody looks whether the build of *pc*, started *at*, has come to an end."""
    return Due(DueKind.WATCH, at + WATCH_EVERY, pc.tenant_id, pc.id, pc.current.generation)


def next_of(every: timedelta, at: datetime) -> datetime:
    """Return the next moment of something regular: the same for everybody who asks before it, so that rows meet."""
    return at + every - (at - _EPOCH) % every


def grace_due(pc: CloudPc) -> Due | None:
    """Return the promise that *pc* goes out of use when its grace period ends; None while that stands still."""
    if pc.grace is None or pc.grace.held_at is not None:
        return None
    return Due(DueKind.DEPROVISION, pc.grace.ends_at, pc.tenant_id, pc.id, pc.current.generation)


def restore_point_due(pc: CloudPc, every: timedelta, at: datetime) -> Due:
    """Return the promise of the next restore point of *pc* by the clock, after *at*, whichever machine it has then."""
    return Due(DueKind.RESTORE_POINT, next_moment(pc.id, every, at), pc.tenant_id, pc.id)


def cancel_due(pc: CloudPc) -> Due:
    """Return the promise that *pc*, which was cancelled, goes out of use."""
    return Due(
        DueKind.DEPROVISION, pc.last_modified_date_time + START_GRACE, pc.tenant_id, pc.id, pc.current.generation
    )


def read_once(pc: CloudPc, at: datetime) -> Due:
    """Return the promise that the user of *pc* is planned anew, once."""
    return Due(DueKind.REREAD, at, pc.tenant_id, pc.user.id, LAST_READING)


_TOGETHER = {
    "soon": (
        DueKind.START,
        DueKind.BUILD,
        DueKind.RECONCILE,
        DueKind.REREAD,
        DueKind.WATCH,
        DueKind.ACT,
        DueKind.RESTORE_POINT,
        DueKind.BULK,
        DueKind.CHANGES,
    ),
    "directories": (DueKind.SUBSCRIBE, DueKind.CATCH_UP),
}
"""Kinds that one sweep looks at: they lie in one partition, so that a minute in which nothing is due costs one read."""

_PARTITIONS = {kind: name for name, kinds in _TOGETHER.items() for kind in kinds}


class DueIndex:
    """The index."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "due")

    async def put(self, kind: DueKind, at: datetime, tenant_id: str, subject_id: str, generation: int = 0) -> Due:
        """Say that something is due *at*; saying it twice is saying it once."""
        due = Due(kind, at, tenant_id, subject_id, generation)
        await self._table.put(_row(due))
        return due

    async def ensure(self, kind: DueKind, at: datetime, tenant_id: str, subject_id: str) -> None:
        """Say that something regular is due *at*, where nobody has yet: a look, and mostly no write."""
        row = _row(Due(kind, at, tenant_id, subject_id))
        try:
            await self._table.read(str(row["PartitionKey"]), str(row["RowKey"]))
        except NotFoundError:
            await self._table.put(row)

    async def put_all(self, dues: Iterable[Due]) -> None:
        """Say many things at once, all of one kind, or of kinds that are looked at together."""
        rows = {str(row["RowKey"]): Write(row, "*") for row in map(_row, dues)}  # a transaction names a row once
        await self._table.write_all(list(rows.values()))

    async def due(self, kind: DueKind, now: datetime, limit: int = 1000) -> list[Due]:
        """Return what of a kind is due by *now*, longest due first, at most *limit*."""
        return [due for due in await self._all_due(_partition(kind), now, limit) if due.kind is kind]

    async def due_among(self, kinds: Iterable[DueKind], now: datetime) -> list[Due]:
        """Return what of several kinds is due by *now*; those that are looked at together cost one read."""
        wanted = set(kinds)
        found = [await self._all_due(partition, now, _MOST) for partition in sorted({_partition(k) for k in wanted})]
        return [due for dues in found for due in dues if due.kind in wanted]

    async def _all_due(self, partition: str, now: datetime, limit: int) -> list[Due]:
        where = "PartitionKey eq @partition and RowKey lt @end"
        end = _moment(now + timedelta(microseconds=1))
        found: list[Due] = []
        token: str | None = None
        while len(found) < limit:
            top = min(limit - len(found), 1000)  # Table Storage gives at most 1000 at once
            reads, token = await self._table.page(where, {"partition": partition, "end": end}, top=top, token=token)
            found += map(_due, reads)
            if token is None:
                break
        return found

    async def drop(self, due: Due) -> None:
        """Say that it is done, or no longer wanted."""
        row = _row(due)
        await self._table.delete(str(row["PartitionKey"]), str(row["RowKey"]))

    async def postpone(self, due: Due, at: datetime) -> Due:
        """Say that it is due later, as the next of its generation counter stays."""
        later = await self.put(due.kind, at, due.tenant_id, due.subject_id, due.generation)
        if later != due:
            await self.drop(due)
        return later


def _partition(kind: DueKind) -> str:
    return _PARTITIONS.get(kind, kind.value)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")  # sorts as text


def _row(due: Due) -> Row:
    return {
        "PartitionKey": _partition(due.kind),
        "RowKey": escaped(f"{_moment(due.at)}:{due.kind.value}:{due.tenant_id}:{due.subject_id}:{due.generation}"),
        "kind": due.kind.value,
        "at": due.at.astimezone(UTC).isoformat(),
        "tenant_id": due.tenant_id,
        "subject_id": due.subject_id,
        "generation": due.generation,
    }


def _due(read: Read) -> Due:
    row = read.row
    return Due(
        kind=DueKind(str(row["kind"])),
        at=datetime.fromisoformat(str(row["at"])),
        tenant_id=str(row["tenant_id"]),
        subject_id=str(row["subject_id"]),
        generation=int(row["generation"]),
    )
