"""The due rows: an index by time, so that a sweep reads due rows and not everything.

A due row is written before the work it announces, and its reader checks it against the record: there may be two rows
for one piece of work, or a row for work that was never saved. ``DUE`` has what is fixed for each kind;
``shared/services/due_rules.py`` has the rule that acts on its rows, and what a restore promises of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from zlib import crc32

from shared.contracts.bulk import BULK
from shared.contracts.changes import SETTLE_CHANGES
from shared.contracts.cleaning import CLEAN_UP
from shared.contracts.configuration import RERUN_STEPS
from shared.contracts.connections import CHECK_CONNECTION
from shared.contracts.definitions import Workflow
from shared.contracts.deprovisioning import DEPROVISION
from shared.contracts.image_removals import REMOVE_IMAGE
from shared.contracts.image_versions import BUILD_VERSION, REMOVE_VERSION, RUN_VERSION_ACTION, SEAL_VERSION
from shared.contracts.images import BUILD_IMAGE
from shared.contracts.orphans import FIND_ORPHANS, REMOVE_ORPHAN
from shared.contracts.provisioning import PROVISION, REPLACE
from shared.contracts.reconciling import RECONCILE
from shared.contracts.remote_actions import RUN_REMOTE_ACTION
from shared.contracts.session_hosts import RUN_HOST_TASK
from shared.contracts.spot_engine import RUN_SPOT_ENGINE
from shared.contracts.spot_groups import RECONCILE_SPOT_GROUP
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.machines.restore_points import next_moment
from shared.errors import NotFoundError
from shared.storage.aside import AGAIN_EVERY, UNKNOWN_ROW, SetAside
from shared.storage.codec import escaped
from shared.storage.tables import Read, Row, Table, Tables, Write

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


_PARTITION = "soon"
"""Partition of all due rows: all kinds are one read, a minute in which nothing is due is one request."""

_FORMERLY = ("progress", "deprovision", "cleanUp", "recheck", "directories", "orphans")
"""Partitions in which earlier releases wrote rows of some kinds; ``DueIndex.move_in`` empties them."""


class DueKind(StrEnum):
    """Kinds of due rows."""

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
    PROGRESS = "progress"  # an instance (id) that no record shows: if it stands still, it starts again; or RESTORED
    RECONCILE = "reconcile"  # a tenant whose reconcile was requested and may not have been started


@dataclass(frozen=True, slots=True)
class DueFacts:
    """Constants of a kind of due rows.

    *watches*: orchestrators that a row of the kind finds when they stand still. *checked_after*: how long work that was
    begun is left alone before a row of the kind looks whether it goes on.
    """

    watches: tuple[Workflow[Any, Any], ...] = ()
    checked_after: timedelta = 2 * _MINUTE


DUE: Mapping[DueKind, DueFacts] = MappingProxyType(
    {
        DueKind.START: DueFacts(checked_after=5 * _MINUTE),
        DueKind.WATCH: DueFacts(watches=(PROVISION, REPLACE), checked_after=10 * _MINUTE),
        DueKind.CLEAN_UP: DueFacts(watches=(CLEAN_UP,)),  # alone; in a build it is a part of it
        DueKind.REREAD: DueFacts(),
        DueKind.RECHECK: DueFacts(watches=(CHECK_CONNECTION,)),
        DueKind.BUILD: DueFacts(watches=(BUILD_IMAGE,)),
        DueKind.DEPROVISION: DueFacts(watches=(DEPROVISION,), checked_after=60 * _MINUTE),
        DueKind.ACT: DueFacts(watches=(RUN_REMOTE_ACTION,), checked_after=10 * _MINUTE),
        DueKind.RESTORE_POINT: DueFacts(),
        DueKind.ORPHANS: DueFacts(watches=(FIND_ORPHANS,)),
        DueKind.BULK: DueFacts(watches=(BULK,), checked_after=10 * _MINUTE),
        DueKind.CHANGES: DueFacts(watches=(SETTLE_CHANGES,)),
        DueKind.CATCH_UP: DueFacts(),
        DueKind.SUBSCRIBE: DueFacts(),
        DueKind.REPLICATE: DueFacts(),
        DueKind.HOST: DueFacts(watches=(RUN_HOST_TASK,), checked_after=10 * _MINUTE),
        DueKind.SPOT: DueFacts(watches=(RECONCILE_SPOT_GROUP, RUN_SPOT_ENGINE)),
        DueKind.IMAGE_SET: DueFacts(),
        DueKind.IMAGE_VERSION: DueFacts(
            watches=(BUILD_VERSION, SEAL_VERSION, REMOVE_VERSION, RUN_VERSION_ACTION), checked_after=10 * _MINUTE
        ),
        DueKind.PROGRESS: DueFacts(
            watches=(
                REMOVE_IMAGE,
                DEPROVISION,  # writes its DEPROVISION row only when it has begun
                RECONCILE,  # of single users; RECONCILE watches that of everybody
                RERUN_STEPS,
                REMOVE_ORPHAN,
            ),
            checked_after=5 * _MINUTE,
        ),
        DueKind.RECONCILE: DueFacts(watches=(RECONCILE,)),
    }
)
"""Every kind."""

RENEWING = 1
"""The generation of a SUBSCRIBE row that Graph requested by a lifecycle notification."""

LOOK = 1
"""The generation of a SPOT row that runs the engine: it looks at the hosts, and not at the members."""

LAST_READING = 1_000
"""The number of a read that no other follows, whatever it finds."""

START_GRACE = DUE[DueKind.START].checked_after
"""After this time a sweep checks that saved work has been started."""

WATCH_EVERY = DUE[DueKind.WATCH].checked_after
"""Interval at which a sweep checks that a started build still runs."""

ACT_EVERY = DUE[DueKind.ACT].checked_after
"""Interval at which a sweep checks that a remote action still runs."""

PROGRESS_EVERY = DUE[DueKind.PROGRESS].checked_after
"""Interval at which a sweep checks that an instance without a record goes on."""

STANDS_STILL = 1
"""The generation of a PROGRESS row whose instance the sweep has ended: it is started again."""

RESTORED = 2
"""The generation of a PROGRESS row of an operation (id) that a restore has brought back, without its instance."""

BULK_EVERY = DUE[DueKind.BULK].checked_after
"""Interval at which a sweep checks that a bulk action still runs."""

_MAX_ROWS = 50_000
"""The most rows that one sweep reads: behind many rows of one tenant, others have theirs."""

DEPROVISIONED_BY = DUE[DueKind.DEPROVISION].checked_after
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
    failures: int = field(default=0, compare=False)
    """Number of failures of its rule since it last succeeded."""
    failing_since: datetime | None = field(default=None, compare=False)


def start_due(pc: CloudPc) -> Due:
    """Return the due row that starts the planned build of *pc*, if it was not started."""
    return Due(DueKind.START, pc.last_modified_date_time + START_GRACE, pc.tenant_id, pc.id, pc.current.generation)


def watch_due(pc: CloudPc, at: datetime) -> Due:
    """Return the due row that checks whether the build of *pc*, started *at*, has ended."""
    return Due(DueKind.WATCH, at + WATCH_EVERY, pc.tenant_id, pc.id, pc.current.generation)


def next_of(every: timedelta, at: datetime, subject_id: str) -> datetime:
    """Return the next time of something periodic: the same for every *at* before it, so that one row results.

    Each subject has a full minute of its own in the period: what is due daily is not due of all tenants at midnight.
    """
    own = crc32(subject_id.encode()) % max(1, every // _MINUTE) * _MINUTE
    return at + every - (at - _EPOCH - own) % every


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


class DueIndex:
    """The index."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "due")
        self._moved_in = False
        self.aside = SetAside(self._table)

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
        """Write many due rows."""
        rows = {
            str(row["RowKey"]): Write(row, "*") for row in map(_row, dues)
        }  # a transaction may have a row only once
        await self._table.write_all(list(rows.values()))

    async def due(self, kind: DueKind, now: datetime, limit: int = 1000) -> list[Due]:
        """Return the rows of a kind that are due by *now*, oldest first, at most *limit*."""
        return [due for due in await self._all_due(now) if due.kind is kind][:limit]

    async def due_among(self, kinds: Iterable[DueKind], now: datetime) -> list[Due]:
        """Return the rows of several kinds that are due by *now*, in one read.

        The first read of a process looks at the partitions of earlier releases too: the release before has ended.
        """
        if not self._moved_in:
            await self.move_in(now)
            self._moved_in = True
        wanted = set(kinds)
        return [due for due in await self._all_due(now) if due.kind in wanted]

    async def _all_due(self, now: datetime) -> list[Due]:
        where = "PartitionKey eq @partition and RowKey lt @end"
        end = _moment(now + timedelta(microseconds=1))
        found: list[Due] = []
        token: str | None = None
        while len(found) < _MAX_ROWS:
            reads, token = await self._table.page(where, {"partition": _PARTITION, "end": end}, token=token)
            found += [due for _, due in await self._readable(reads, now)]
            if token is None:
                break
        return found

    async def _readable(self, reads: Iterable[Read], now: datetime) -> list[tuple[Read, Due]]:
        """Return the rows that can be read; a damaged row, or one of a newer release's kind, is set aside."""
        found: list[tuple[Read, Due]] = []
        for read in reads:
            try:
                found.append((read, _due(read)))
            except (KeyError, ValueError):
                await self.aside.put(read.row, str(read.row["RowKey"]), UNKNOWN_ROW, now, now + AGAIN_EVERY)
        return found

    async def move_in(self, now: datetime) -> int:
        """Move rows from partitions of earlier releases to the one that is swept; return how many there were."""
        moved = 0
        for partition in _FORMERLY:
            reads = [read async for read in self._table.query("PartitionKey eq @partition", {"partition": partition})]
            found = await self._readable(reads, now)
            await self.put_all([due for _, due in found])
            await self._table.write_all([Write(read.row, read.etag, gone=True) for read, _ in found])
            moved += len(found)
        return moved

    async def drop(self, due: Due) -> None:
        """Delete a due row: its work is done, or no longer needed."""
        row = _row(due)
        await self._table.delete(str(row["PartitionKey"]), str(row["RowKey"]))

    async def postpone(self, due: Due, at: datetime) -> Due:
        """Move a due row to a later time; its generation stays."""
        return await self._move(due, replace(due, at=at, failures=0, failing_since=None))

    async def push_back(self, due: Due, at: datetime, now: datetime) -> Due:
        """Move a due row whose rule has failed to a later time, and count that it has failed."""
        return await self._move(due, replace(_failed(due, now), at=at))

    async def set_aside(self, due: Due, reason: str, now: datetime) -> None:
        """Keep a due row where no sweep reads it, with the reason; ``aside.put_back`` brings it back to be tried."""
        failed = _failed(due, now)
        key = f"{due.kind.value}:{due.tenant_id}:{due.subject_id}:{due.generation}"
        since = failed.failing_since or now
        await self.aside.put(_row(failed), escaped(key), reason, since, now + AGAIN_EVERY)

    async def put_back(self, now: datetime) -> int:
        """Put rows back that were set aside and are to be tried again; return their number."""
        if count := await self.aside.put_back(now):
            await self.move_in(now)  # a row returns to the partition that it came from
        return count

    async def _move(self, due: Due, later: Due) -> Due:
        await self._table.put(_row(later))
        if later != due:
            await self.drop(due)
        return later


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")  # sorts as text


def _row(due: Due) -> Row:
    row: Row = {
        "PartitionKey": _PARTITION,
        "RowKey": escaped(f"{_moment(due.at)}:{due.kind.value}:{due.tenant_id}:{due.subject_id}:{due.generation}"),
        "kind": due.kind.value,
        "at": due.at.astimezone(UTC).isoformat(),
        "tenant_id": due.tenant_id,
        "subject_id": due.subject_id,
        "generation": due.generation,
    }
    if due.failures:
        row["failures"] = due.failures
        row["failing_since"] = (due.failing_since or due.at).astimezone(UTC).isoformat()
    return row


def _failed(due: Due, now: datetime) -> Due:
    return replace(due, failures=due.failures + 1, failing_since=due.failing_since or now)


def _due(read: Read) -> Due:
    row = read.row
    since = row.get("failing_since")
    return Due(
        kind=DueKind(str(row["kind"])),
        at=datetime.fromisoformat(str(row["at"])),
        tenant_id=str(row["tenant_id"]),
        subject_id=str(row["subject_id"]),
        generation=int(row["generation"]),
        failures=int(row.get("failures", 0)),
        failing_since=datetime.fromisoformat(str(since)) if since else None,
    )
