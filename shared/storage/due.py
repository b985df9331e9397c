"""The due rows: work and its time, so that a sweep reads only due rows (``due_index.py``).

A due row is written before the work it announces, and its reader checks it against the record: there may be two rows
for one piece of work, or a row for work that was never saved. ``DUE`` has the facts of each kind, and
``shared/services/maintenance/due_rules.py`` the rule that acts on its rows and the rows that a restore writes again:
that rule calls the services, which read the facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Any
from zlib import crc32

from shared.contracts.builds import CLEAN_UP
from shared.contracts.connections import CHECK_CONNECTION
from shared.contracts.definitions import Workflow
from shared.contracts.desktops import DEPROVISION
from shared.contracts.image_versions import BUILD_VERSION, REMOVE_VERSION, RUN_VERSION_ACTION, SEAL_VERSION
from shared.contracts.images import BUILD_IMAGE, REMOVE_IMAGE
from shared.contracts.inventory import FIND_ORPHANS, REMOVE_ORPHAN
from shared.contracts.pools import PREPARE_MEMBER
from shared.contracts.provisioning import PROVISION, REPLACE, RERUN_STEPS
from shared.contracts.reconciling import RECONCILE, SETTLE_CHANGES
from shared.contracts.remote_actions import BULK, RUN_REMOTE_ACTION
from shared.contracts.session_hosts import RUN_HOST_TASK
from shared.contracts.spot_groups import RECONCILE_SPOT_GROUP, RUN_SPOT_ENGINE
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.machines.restore_points import next_moment
from shared.domain.pools.member import PoolMember

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


class DueKind(StrEnum):
    """Kinds of due rows."""

    START = "start"  # a Cloud PC saved as pendingProvision whose build may not have been started
    WATCH = "watch"  # a build that was started: if it was interrupted, it is started again
    CLEAN_UP = "cleanUp"  # a failed Cloud PC whose leftovers are removed; at its clean_up_at
    REREAD = "reread"  # a user the directory did not show yet, or EVERYBODY
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
    HOST = "host"  # a session host's task: if it was interrupted, it continues
    SPOT = "spot"  # a Spot Group whose members are read, or whose engine runs
    IMAGE_SET = "imageSet"  # an image set: its first version, and the next one of its schedule
    IMAGE_VERSION = "imageVersion"  # an image version: work that was not begun or broke off, and what is timed
    PROGRESS = "progress"  # an instance (id) that no record shows: if it stands still, it starts again
    POWER = "power"  # a Cloud PC whose power is looked at: its hold ends, its start is tried again
    SHUT_DOWN = "shutDown"  # a tenant whose machines are listed: those that were shut down inside Windows are billed
    TEMPORARY_SIZE = "temporarySize"  # a machine with a larger size for a time: it goes back
    POOL = "pool"  # a policy whose warm pools are looked at
    EVENTS = "events"  # a table whose records of a tenant have told events, which are to be sent
    DELIVER = "deliver"  # an endpoint with notices that wait, or with a secret that ends
    DELETED = "deleted"  # a deleted Cloud PC: the copy of its disk is removed at the end of its time
    REMIND = "remind"  # a Cloud PC whose grace period ends soon: its user is reminded
    IMAGE_RINGS = "imageRings"  # a policy whose month of image rings is looked at
    RECONCILE = "reconcile"  # a tenant whose reconcile was requested and may not have been started

    @property
    def checked_after(self) -> timedelta:
        """The time before a row of the kind checks whether its work has begun or still runs."""
        return DUE[self].checked_after


class Number(StrEnum):
    """Meanings of the number of a due row, by the name of the property of ``Due`` that has it."""

    NONE = "none"
    GENERATION = "generation"  # of the build of the Cloud PC
    READS = "reads"  # how often the user has been read, or LAST_READING
    RUN = "run"  # of the session host's task


class Renewal(IntEnum):
    """Variants of a SUBSCRIBE row."""

    REGULAR = 0
    REQUESTED = 1  # by Graph, with a lifecycle notification


class SpotLook(IntEnum):
    """Variants of a SPOT row."""

    MEMBERS = 0
    HOSTS = 1  # the engine runs


class Watching(IntEnum):
    """Variants of a PROGRESS row."""

    INSTANCE = 0
    STANDS_STILL = 1  # the sweep has ended the instance: it is started again
    RESTORED = 2  # an operation (id) that a restore has brought back, without its instance


class Outgoing(IntEnum):
    """Variants of an EVENTS row."""

    PROMISED = 0
    AGAIN = 1  # whoever promised events may have written them late


class Delivering(IntEnum):
    """Variants of a DELIVER row."""

    WAITING = 0
    SECRET = 1  # the previous secret ends


@dataclass(frozen=True, slots=True)
class DueFacts:
    """Constants of a kind of due rows.

    *number*: the meaning of the number of its rows, or their variants. *watches*: orchestrators that a row of the kind
    finds when they stand still. *checked_after*: see ``DueKind.checked_after``.
    """

    number: Number | type[IntEnum] = Number.NONE
    watches: tuple[Workflow[Any, Any], ...] = ()
    checked_after: timedelta = 2 * _MINUTE


_BUILD = Number.GENERATION

DUE: Mapping[DueKind, DueFacts] = MappingProxyType(
    {
        DueKind.START: DueFacts(_BUILD, checked_after=5 * _MINUTE),
        DueKind.WATCH: DueFacts(_BUILD, watches=(PROVISION, REPLACE), checked_after=10 * _MINUTE),
        DueKind.CLEAN_UP: DueFacts(_BUILD, watches=(CLEAN_UP,)),  # alone; in a build it is a part of it
        DueKind.REREAD: DueFacts(Number.READS),
        DueKind.RECHECK: DueFacts(watches=(CHECK_CONNECTION,)),
        DueKind.BUILD: DueFacts(watches=(BUILD_IMAGE,)),
        DueKind.DEPROVISION: DueFacts(_BUILD, watches=(DEPROVISION,), checked_after=60 * _MINUTE),
        DueKind.ACT: DueFacts(_BUILD, watches=(RUN_REMOTE_ACTION,), checked_after=10 * _MINUTE),
        DueKind.RESTORE_POINT: DueFacts(),
        DueKind.ORPHANS: DueFacts(watches=(FIND_ORPHANS,)),
        DueKind.BULK: DueFacts(watches=(BULK,), checked_after=10 * _MINUTE),
        DueKind.CHANGES: DueFacts(watches=(SETTLE_CHANGES,)),
        DueKind.CATCH_UP: DueFacts(),
        DueKind.SUBSCRIBE: DueFacts(Renewal),
        DueKind.REPLICATE: DueFacts(),
        DueKind.HOST: DueFacts(Number.RUN, watches=(RUN_HOST_TASK,), checked_after=10 * _MINUTE),
        DueKind.SPOT: DueFacts(SpotLook, watches=(RECONCILE_SPOT_GROUP, RUN_SPOT_ENGINE)),
        DueKind.IMAGE_SET: DueFacts(),
        DueKind.IMAGE_VERSION: DueFacts(watches=(BUILD_VERSION, SEAL_VERSION, REMOVE_VERSION, RUN_VERSION_ACTION)),
        DueKind.PROGRESS: DueFacts(
            Watching,
            watches=(
                REMOVE_IMAGE,
                DEPROVISION,  # writes its DEPROVISION row only when it has begun
                RECONCILE,  # of single users; RECONCILE watches that of everybody
                RERUN_STEPS,
                REMOVE_ORPHAN,
            ),
            checked_after=5 * _MINUTE,
        ),
        DueKind.POWER: DueFacts(),
        DueKind.SHUT_DOWN: DueFacts(),
        DueKind.TEMPORARY_SIZE: DueFacts(_BUILD),
        DueKind.POOL: DueFacts(watches=(PREPARE_MEMBER,)),
        DueKind.EVENTS: DueFacts(Outgoing),
        DueKind.DELIVER: DueFacts(Delivering),
        DueKind.DELETED: DueFacts(),
        DueKind.REMIND: DueFacts(),
        DueKind.IMAGE_RINGS: DueFacts(),
        DueKind.RECONCILE: DueFacts(watches=(RECONCILE,)),
    }
)
"""Every kind."""

LAST_READING = 1_000
"""The number of the last read; no other follows it."""

START_GRACE = DueKind.START.checked_after
"""After this time a sweep checks that saved work has been started."""

WATCH_EVERY = DueKind.WATCH.checked_after
"""Interval at which a sweep checks that a started build still runs."""

ACT_EVERY = DueKind.ACT.checked_after
"""Interval at which a sweep checks that a remote action still runs."""

PROGRESS_EVERY = DueKind.PROGRESS.checked_after
"""Interval at which a sweep checks that an instance without a record still runs."""

BULK_EVERY = DueKind.BULK.checked_after
"""Interval at which a sweep checks that a bulk action still runs."""

DEPROVISIONED_BY = DueKind.DEPROVISION.checked_after
"""After this time a sweep checks that a deprovisioning has ended."""

EVERYBODY = "*"
"""The subject of a REREAD that is not about one user."""


@dataclass(frozen=True, slots=True)
class Due:
    """One due row. The meaning of *number* depends on its kind: read it by the property with that meaning."""

    kind: DueKind
    at: datetime
    tenant_id: str
    subject_id: str
    number: int = 0
    failures: int = field(default=0, compare=False)
    """Number of failures of its rule since it last succeeded."""
    failing_since: datetime | None = field(default=None, compare=False)

    @property
    def generation(self) -> int:
        """The generation of the Cloud PC's build. Raises: ValueError for a kind without."""
        return self._number(Number.GENERATION)

    @property
    def reads(self) -> int:
        """The number of reads of the user. Raises: ValueError for a kind without."""
        return self._number(Number.READS)

    @property
    def run(self) -> int:
        """The number of the session host's task. Raises: ValueError for a kind without."""
        return self._number(Number.RUN)

    @property
    def variant(self) -> IntEnum:
        """The variant, for kinds that have variants. Raises: ValueError for other kinds."""
        match DUE[self.kind].number:
            case Number():
                raise ValueError(f"a {self.kind.value} row has no variants")
            case variants:
                return variants(self.number)

    def _number(self, meaning: Number) -> int:
        if DUE[self.kind].number is not meaning:
            raise ValueError(f"a {self.kind.value} row has no {meaning.value}")
        return self.number


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


def reminder_due(pc: CloudPc) -> Due | None:
    """Return the due row that reminds the user of *pc* of the end of its grace period; None where there is none."""
    if pc.grace is None or pc.grace.held_at is not None or pc.grace.reminder_at is None:
        return None
    return Due(DueKind.REMIND, pc.grace.reminder_at, pc.tenant_id, pc.id)


def restore_point_due(pc: CloudPc, every: timedelta, at: datetime) -> Due:
    """Return the due row of the next periodic restore point of *pc* after *at*, for its current or a later machine."""
    return Due(DueKind.RESTORE_POINT, next_moment(pc.id, every, at), pc.tenant_id, pc.id)


def cancel_due(pc: CloudPc) -> Due:
    """Return the due row that deprovisions *pc*, which was cancelled."""
    return Due(
        DueKind.DEPROVISION, pc.last_modified_date_time + START_GRACE, pc.tenant_id, pc.id, pc.current.generation
    )


def read_once(pc: CloudPc, at: datetime) -> Due:
    """Return a due row that plans again for the user of *pc*; for a pool member, a due row of its pool."""
    if isinstance(pc, PoolMember):
        return Due(DueKind.POOL, at, pc.tenant_id, pc.policy_id)
    return Due(DueKind.REREAD, at, pc.tenant_id, pc.user.id, LAST_READING)
