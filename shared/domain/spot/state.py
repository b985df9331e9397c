"""State of a Spot Group besides an administrator's settings: written by the engine only."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from shared.domain.spot.arrivals import Arrivals
from shared.domain.spot.schedule import LoadBalancing
from shared.domain.values import Value


class SpotGroupStatus(StrEnum):
    """Current availability of a Spot Group for its members."""

    PENDING = "pending"  # nothing has been looked at yet
    BUILDING = "building"  # the first hosts are being built
    AVAILABLE = "available"
    LIMITED_AVAILABILITY = "limitedAvailability"  # some hosts are not there that should be
    UNAVAILABLE = "unavailable"  # nobody could sign in
    PARKED = "parked"  # its connection is unhealthy, or there is no capacity: nothing is built
    PAUSED = "paused"
    DELETING = "deleting"


class SpotGroupState(Value):
    """The state of one Spot Group; *id* is the group's. *cause*: why it is not available, in a sentence.

    *written*: the properties of the host pool as the service has written them last. *drift*: those that somebody has
    changed by hand since; they stay until the group is edited. *cannot_start_on_connect*: why Azure may not start hosts
    at sign-in, though the group says so. *load_balancing*: as the schedule has it now, None: as the group.
    *host_number*: how many hosts were ever planned. *start_seconds*, *build_seconds*: how long the latest hosts took,
    oldest first. *arrivals*: when users signed in on the latest days. *other_settings*: how many hosts have other
    settings than the group.
    """

    id: str
    tenant_id: str
    status: SpotGroupStatus = SpotGroupStatus.PENDING
    cause: str | None = None
    host_pool_id: str | None = None
    application_group_id: str | None = None
    written: dict[str, str | int | bool] = Field(default_factory=dict)
    drift: tuple[str, ...] = ()
    cannot_start_on_connect: str | None = None
    members_seen_at: datetime | None = None
    planned_at: datetime | None = None
    next_look_at: datetime | None = None
    load_balancing: LoadBalancing | None = None
    host_number: int = 0
    start_seconds: tuple[int, ...] = ()
    build_seconds: tuple[int, ...] = ()
    arrivals: Arrivals = Field(default_factory=Arrivals)
    hosts: int = 0
    online: int = 0
    wanted_online: int = 0
    spare_seats: int = 0
    free_seats: int = 0
    active_sessions: int = 0
    disconnected_sessions: int = 0
    other_settings: int = 0

    def but_paused(self, why: str | None) -> SpotGroupState:
        """Return the state of a group that is paused, with the sentence *why*; None: it is not."""
        return self if why is None else self.but(status=SpotGroupStatus.PAUSED, cause=why)
