"""The due rows: an index by time, so that a sweep reads what is due and not everything.

A due row is written before the work it announces, and its reader checks it against the record: there may be two rows
for one piece of work, or a row for work that was never saved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.machines.restore_points import next_moment
from shared.errors import NotFoundError
from shared.storage.codec import escaped
from shared.storage.tables import Read, Row, Table, Tables, Write

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DueKind(StrEnum):
    """What a due row announces."""

    START = "start"  # a Cloud PC saved as pendingProvision whose build may not have been started
    WATCH = "watch"  # a build that was started: if it was interrupted, it is started again
    CLEAN_UP = "cleanUp"  # a failed Cloud PC whose leftovers are removed; at its clean_up_at
    REREAD = "reread"  # a user the directory did not show yet (generation counts the reads), or EVERYBODY
    RECHECK = "recheck"  # a connection whose health checks are repeated
    BUILD = "build"  # a device image saved as pending whose build may not have been started
    DEPROVISION = "deprovision"  # a Cloud PC whose grace period ends, or that was cancelled
    ACT = "act"  # a remote action that was started: if it was interrupted, it continues
    RESTORE_POINT = "restorePoint"  # a Cloud PC whose periodic one is due, or whose oldest expires; or EVERYBODY
    ORPHANS = "orphans"  # a tenant whose resources are compared with the records
    BULK = "bulk"  # a bulk action: if it was interrupted, it continues
    CHANGES = "changes"  # a tenant with change notifications that may not have been handled
    CATCH_UP = "catchUp"  # a tenant whose directory is read for changes
    SUBSCRIBE = "subscribe"  # a tenant whose subscriptions to change notifications are renewed
    REPLICATE = "replicate"  # a site whose regions have changed: its images are copied to those that are new
    HOST = "host"  # a session host's task: if it was interrupted, it continues; generation is its run
    SPOT = "spot"  # a Spot Group whose members are read; with the generation LOOK: whose engine runs
    IMAGE_SET = "imageSet"  # an image set: its first version, and the next one of its schedule
    IMAGE_VERSION = "imageVersion"  # an image version: work that was not begun or broke off, and what is timed
    PROGRESS = "progress"  # an instance (id) that no record shows: if it stands still, it is started again
    RECONCILE = "reconcile"  # a tenant whose reconcile was requested and may not have been started


RENEWING = 1
"""The generation of a SUBSCRIBE row that Graph requested by a lifecycle notification."""

LOOK = 1
"""The generation of a SPOT row that runs the engine: it looks at the hosts, and not at the members."""

LAST_READING = 1_000
"""The number of a read that no other follows, whatever it finds."""

START_GRACE = timedelta(minutes=5)
"""After this time a sweep checks that saved work has been started."""

WATCH_EVERY = timedelta(minutes=10)
"""How often a sweep checks that a started build still runs."""

ACT_EVERY = timedelta(minutes=10)
"""How often a sweep checks that a remote action still runs."""

PROGRESS_EVERY = timedelta(minutes=5)
"""How often a sweep checks that an instance goes on which no record shows."""

STANDS_STILL = 1
"""The generation of a PROGRESS row whose instance the sweep has ended: it is started again."""

BULK_EVERY = timedelta(minutes=10)
"""How often a sweep checks that a bulk action still runs."""

_MAX_ROWS = 5_000
"""The most rows that one sweep reads of a partition."""

DEPROVISIONED_BY = timedelta(hours=1)
"""After this time a sweep checks that a deprovisioning has ended."""

EVERYBODY = "*"
"""The subject of a REREAD that is not about one user."""


@dataclass(frozen=True, slots=True)
class Due:
    """One due row."""

    kind: DueKind
    at: datetime
    tenant_id: str
    subject_id: str
    generation: int = 0


def start_due(pc: CloudPc) -> Due:
    """Return the due row that starts the planned build of *pc*, if it was not started."""
    return Due(DueKind.START, pc.last_modified_date_time + START_GRACE, pc.tenant_id, pc.id, pc.current.generation)


def watch_due(pc: CloudPc, at: datetime) -> Due:
    """Return the due row that checks whether the build of *pc*, started *at*, has ended."""
    return Due(DueKind.WATCH, at + WATCH_EVERY, pc.tenant_id, pc.id, pc.current.generation)


def next_of(every: timedelta, at: datetime) -> datetime:
    """Return the next time of something periodic: the same for every *at* before it, so that one row results."""
    return at + every - (at - _EPOCH) % every


def grace_due(pc: CloudPc) -> Due | None:
    """Return the due row that deprovisions *pc* when its grace period ends; None while the grace period is held."""
    if pc.grace is None or pc.grace.held_at is not None:
        return None
    return Due(DueKind.DEPROVISION, pc.grace.ends_at, pc.tenant_id, pc.id, pc.current.generation)


def restore_point_due(pc: CloudPc, every: timedelta, at: datetime) -> Due:
    """Return the due row of the next periodic restore point of *pc* after *at*, whichever machine it has then."""
    return Due(DueKind.RESTORE_POINT, next_moment(pc.id, every, at), pc.tenant_id, pc.id)


def cancel_due(pc: CloudPc) -> Due:
    """Return the due row that deprovisions *pc*, which was cancelled."""
    return Due(
        DueKind.DEPROVISION, pc.last_modified_date_time + START_GRACE, pc.tenant_id, pc.id, pc.current.generation
    )


def read_once(pc: CloudPc, at: datetime) -> Due:
    """Return the due row that plans for the user of *pc* again, once."""
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
        DueKind.REPLICATE,
        DueKind.IMAGE_SET,
        DueKind.IMAGE_VERSION,
        DueKind.CHANGES,
        DueKind.SPOT,
        DueKind.HOST,
    ),
    "directories": (DueKind.SUBSCRIBE, DueKind.CATCH_UP),
}
"""Kinds that one sweep handles share a partition, so that a minute in which nothing is due costs one read."""

_PARTITIONS = {kind: name for name, kinds in _TOGETHER.items() for kind in kinds}


class DueIndex:
    """The index."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "due")

    async def put(self, kind: DueKind, at: datetime, tenant_id: str, subject_id: str, generation: int = 0) -> Due:
        """Write the due row; writing it twice has no further effect."""
        due = Due(kind, at, tenant_id, subject_id, generation)
        await self._table.put(_row(due))
        return due

    async def ensure(self, kind: DueKind, at: datetime, tenant_id: str, subject_id: str) -> None:
        """Write the due row of something periodic, if it does not exist: one read, and mostly no write."""
        row = _row(Due(kind, at, tenant_id, subject_id))
        try:
            await self._table.read(str(row["PartitionKey"]), str(row["RowKey"]))
        except NotFoundError:
            await self._table.put(row)

    async def put_all(self, dues: Iterable[Due]) -> None:
        """Write many due rows, of one kind or of kinds that share a partition."""
        rows = {
            str(row["RowKey"]): Write(row, "*") for row in map(_row, dues)
        }  # a transaction may have a row only once
        await self._table.write_all(list(rows.values()))

    async def due(self, kind: DueKind, now: datetime, limit: int = 1000) -> list[Due]:
        """Return the rows of a kind that are due by *now*, oldest first, at most *limit*."""
        return [due for due in await self._all_due(_partition(kind), now, limit) if due.kind is kind]

    async def due_among(self, kinds: Iterable[DueKind], now: datetime) -> list[Due]:
        """Return the rows of several kinds that are due by *now*; kinds that share a partition cost one read."""
        wanted = set(kinds)
        found = [
            await self._all_due(partition, now, _MAX_ROWS) for partition in sorted({_partition(k) for k in wanted})
        ]
        return [due for dues in found for due in dues if due.kind in wanted]

    async def _all_due(self, partition: str, now: datetime, limit: int) -> list[Due]:
        where = "PartitionKey eq @partition and RowKey lt @end"
        end = _moment(now + timedelta(microseconds=1))
        found: list[Due] = []
        token: str | None = None
        while len(found) < limit:
            top = min(limit - len(found), 1000)  # Table Storage returns at most 1,000 rows
            reads, token = await self._table.page(where, {"partition": partition, "end": end}, top=top, token=token)
            found += map(_due, reads)
            if token is None:
                break
        return found

    async def drop(self, due: Due) -> None:
        """Delete a due row: its work is done, or no longer needed."""
        row = _row(due)
        await self._table.delete(str(row["PartitionKey"]), str(row["RowKey"]))

    async def postpone(self, due: Due, at: datetime) -> Due:
        """Move a due row to a later time; its generation stays."""
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
