"""Target of a Spot Group's hosts: the input of the engine that an administrator decides on. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.schedule import LoadBalancing, Schedule
from shared.domain.spot.groups.settings import ScaleIn, SeatSettings
from shared.domain.values import Value

LOOK_EVERY = timedelta(minutes=1)
"""Interval at which the sessions of a group are read while anything can change."""

ARRIVALS = timedelta(minutes=5)
"""Time over which sign-ins are counted."""

BROKEN_AFTER = timedelta(minutes=10)
"""Time for which an agent may not serve before its host counts as broken."""

BROKEN_PERCENT = 10
"""Percentage of hosts that do not serve beyond which one starts at a time, and a release stops."""

RESTARTS = 2
"""Number of restarts that are tried before a broken host is replaced."""


class Method(StrEnum):
    """Way in which sessions move to hosts of the new version."""

    OPPORTUNISTIC = "opportunistic"
    IMMEDIATE = "immediate"
    SCHEDULED = "scheduled"


class Release(Value):
    """A release of the group's version. *at*: the time at which its hosts take over, for scheduled releases.

    *surge*: hosts beyond the group's own that may exist meanwhile; None: as many again as the group has. *before*: the
    version that hosts are built from while the release waits, is paused or has failed; None: none is built then.
    *failed_at*: when failed hosts stopped it, and *cause*: the reason at that time.
    """

    method: Method
    at: datetime | None = None
    surge: int | None = Field(default=None, ge=1)
    paused: bool = False
    before: str | None = None
    failed_at: datetime | None = None
    cause: str | None = None


class GroupTarget(SeatSettings):
    """Target of a group's hosts.

    *quantity*: users that are licensed. *version*: the image version that hosts are built from. *session_limit*: seats
    of one host, else *users_per_host*. *buffer_percent*: spare seats, of *buffer_of*; *buffer_seats*: at least so many.
    *start_threshold*: a pooled host that has so many sessions while no other has a free seat starts the next one.
    *low_priority*: of all hosts so many may be low-priority machines, which Azure may take away. *max_starts*,
    *max_builds*: hosts that start, or are built, at a time; every group has the defaults, the laws try less. *idle*: a
    host runs for so long after its start, and after it was last needed. *wake*: a host that is off for so long is
    started, for its token. *start_on_connect*: Azure starts hosts at sign-in, too.
    *keep_failed*: a host that failed in a release is kept for so long after that has stopped. *unbuildable*: versions
    of which no host can be built now. *parked*: why nothing may happen now.
    """

    kind: LicenseType
    quantity: int = Field(ge=0)
    version: str
    users_per_host: int = Field(default=10, ge=1)
    session_limit: int | None = Field(default=None, ge=1)
    load_balancing: LoadBalancing = LoadBalancing.BREADTH_FIRST
    schedule: Schedule | None = None
    scale_in: ScaleIn = ScaleIn.DEALLOCATE
    hibernates: bool = False
    sizes: tuple[str, ...] = ()
    low_priority: int = Field(default=0, ge=0)
    max_starts: int = Field(default=10, ge=1)
    max_builds: int = Field(default=10, ge=1)
    notice: timedelta = timedelta(minutes=5)
    idle: timedelta = timedelta(minutes=15)
    wake: timedelta = timedelta(days=21)
    keep_failed: timedelta = timedelta(days=1)
    start_on_connect: bool = False
    release: Release | None = None
    unbuildable: frozenset[str] = frozenset()
    parked: str | None = None

    @property
    def hosts(self) -> int:
        """Number of hosts for the quantity."""
        return -(-self.quantity // (self.users_per_host if self.kind is LicenseType.POOLED else 1))

    @property
    def seats(self) -> int:
        """Number of sessions for each host."""
        return (self.session_limit or self.users_per_host) if self.kind is LicenseType.POOLED else 1
