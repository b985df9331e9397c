"""A tenant at a glance, as Home and the provider's board show it. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import Field

from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.spot.engine.state import SpotGroupState
from shared.domain.values import Value

LATEST = "latest"
"""The id of the overview of each tenant."""

_BUILDING = (Status.PENDING_PROVISION, Status.PROVISIONING, Status.RESIZING, Status.RESTORING)


class SpotCapacity(Value):
    """The Spot Groups of a tenant at the latest look at each."""

    groups: int = 0
    seats: int = Field(0, description="sessions, and seats that are free on open hosts")
    active_sessions: int = 0
    disconnected_sessions: int = 0
    online_hosts: int = Field(0, description="session hosts that take new sessions")
    built_hosts: int = 0


class OpenDecisions(Value):
    """Numbers of decisions that wait in a tenant for a person."""

    removals_waiting: int = Field(0, description="removals that wait until somebody confirms them, or has")
    members_held: int = Field(0, description="members of Spot Groups whose removal waits until somebody confirms it")
    machines_gone: int = Field(0, description="Cloud PCs and session hosts whose machine somebody has deleted")
    hosts_broken: int = Field(0, description="session hosts that do not work, without excluded ones")
    releases_stopped: int = Field(0, description="releases that a host which does not work has stopped")
    set_aside: int = Field(0, description="due rows that are set aside because their rule fails")

    @property
    def total(self) -> int:
        """The number of all."""
        people = self.removals_waiting + self.members_held + self.releases_stopped
        return people + self.machines_gone + self.hosts_broken + self.set_aside


class TenantOverview(Value):
    """A tenant at one moment. *statuses*: how many Cloud PCs there are in each."""

    tenant_id: str
    last_refreshed_date_time: datetime
    statuses: dict[str, int] = Field(default_factory=dict)
    decisions: OpenDecisions = Field(default_factory=OpenDecisions)
    spot: SpotCapacity = Field(default_factory=SpotCapacity)

    @property
    def id(self) -> str:
        """The id of the record."""
        return LATEST


def building(statuses: Mapping[str, int]) -> int:
    """Return how many Cloud PCs are being built or changed, or wait for it."""
    return sum(statuses.get(status.value, 0) for status in _BUILDING)


def spot_capacity(states: Iterable[SpotGroupState]) -> SpotCapacity:
    """Return the capacity of a tenant's Spot Groups together."""
    known = list(states)
    active = sum(each.active_sessions for each in known)
    disconnected = sum(each.disconnected_sessions for each in known)
    return SpotCapacity(
        groups=len(known),
        seats=active + disconnected + sum(each.free_seats for each in known),
        active_sessions=active,
        disconnected_sessions=disconnected,
        online_hosts=sum(each.online for each in known),
        built_hosts=sum(each.hosts for each in known),
    )
