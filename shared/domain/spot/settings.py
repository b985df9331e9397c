"""What an administrator decides on how many hosts of a Spot Group run, and when: the engine's settings of a group."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from shared.domain.spot.schedule import Schedule
from shared.domain.values import Value


class ScaleIn(StrEnum):
    """What becomes of a host that is not needed: it is kept without its costs for computing, or deleted."""

    DEALLOCATE = "deallocate"
    DELETE = "delete"


class BufferBase(StrEnum):
    """What the buffer is a percentage of: the seats in use, or the users that the group is licensed for."""

    IN_USE = "inUse"
    QUANTITY = "quantity"


class CapacitySettings(Value):
    """How many hosts run, and when. What is left out is as docs/decisions/0047 says.

    *buffer_percent*: spare seats, of *buffer_of*; *buffer_seats*: at least so many. *start_threshold*: of the seats of
    a pooled host so many are taken when the next host starts. *minimum_online*: hosts, whatever is signed in.
    *idle_in_minutes*: a host runs for so long after its start, and after it was last needed; *notice_in_minutes*:
    between the message to a user and the end of the session. *low_priority_hosts*: of the group's hosts so many may be
    machines that Azure can take away at any time. *keep_leavers_host_in_days*: how long a dedicated host stays with its
    disk after its user has lost their place. *keep_leavers_place_in_days*: who has left and returns within so long has
    the old place in line. *wake_after_days*: a host that is off for so long is started for a while, for its agent's
    token.
    """

    buffer_percent: int = Field(10, ge=0, le=100, title="Buffer (percent)", description="Spare seats.")
    buffer_of: BufferBase = Field(
        BufferBase.IN_USE, title="Buffer of", description="What the buffer is a percentage of."
    )
    buffer_seats: int = Field(
        0, ge=0, le=5000, title="Least buffer (seats)", description="At least so many spare seats."
    )
    start_threshold: int = Field(
        6,
        ge=1,
        le=50,
        title="Start threshold (seats)",
        description="Of the seats of a pooled host so many are taken when the next host starts.",
    )
    minimum_online: int = Field(0, ge=0, le=1000, title="Least hosts online", description="Whatever is signed in.")
    idle_in_minutes: int = Field(
        15, ge=5, le=480, title="Idle time (minutes)", description="How long a host runs after it was last needed."
    )
    notice_in_minutes: int = Field(
        5,
        ge=1,
        le=120,
        title="Notice (minutes)",
        description="Between the message to a user and the end of the session.",
    )
    scale_in: ScaleIn = Field(
        ScaleIn.DEALLOCATE,
        title="Hosts that are not needed",
        description="Kept without the cost of computing, or deleted.",
    )
    low_priority_hosts: int = Field(
        0,
        ge=0,
        le=1000,
        title="Low-priority hosts",
        description="So many of a pooled group's hosts may be machines that Azure can take away.",
    )
    keep_leavers_host_in_days: int = Field(
        7, ge=0, le=365, title="Keep a leaver's host (days)", description="A dedicated host, with its disk."
    )
    keep_leavers_place_in_days: int = Field(
        7,
        ge=0,
        le=365,
        title="Keep a leaver's place (days)",
        description="Who returns within so long has the old place in line.",
    )
    wake_after_days: int = Field(
        21,
        ge=1,
        le=60,
        title="Wake after (days)",
        description="A host that is off for so long is started for a while, so that its agent's token stays valid.",
    )
    schedule: Schedule | None = Field(
        None, title="Schedule", description="When more or fewer hosts are online; none when left out."
    )

    @property
    def idle(self) -> timedelta:
        """How long a host runs that nobody needs."""
        return timedelta(minutes=self.idle_in_minutes)

    @property
    def wake(self) -> timedelta:
        """How long a host may be off before it is started for its token."""
        return timedelta(days=self.wake_after_days)

    @property
    def notice(self) -> timedelta:
        """How long before the end of a session its user is told."""
        return timedelta(minutes=self.notice_in_minutes)
