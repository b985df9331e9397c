"""Capacity settings of a Spot Group by an administrator: the engine's settings of a group."""

from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from shared.domain.languages import Locale
from shared.domain.spot.groups.schedule import Schedule
from shared.domain.values import Value


class ScaleIn(StrEnum):
    """Treatment of a host that is not needed: it is kept without costs for computing, or deleted."""

    DEALLOCATE = "deallocate"
    DELETE = "delete"


class BufferBase(StrEnum):
    """Base of the buffer's percentage: the seats in use, or the users that the group is licensed for."""

    IN_USE = "inUse"
    QUANTITY = "quantity"


class SeatSettings(Value):
    """Settings for the seats of a group, of which the engine reads every one unchanged."""

    buffer_percent: int = Field(
        10, ge=0, le=100, title="Buffer (percent)", description="How many spare seats are kept."
    )
    buffer_of: BufferBase = Field(
        BufferBase.IN_USE, title="Buffer of", description="What the buffer is a percentage of."
    )
    buffer_seats: int = Field(
        0, ge=0, le=5000, title="Least buffer (seats)", description="How many spare seats are kept at least."
    )
    start_threshold: int = Field(
        6,
        ge=1,
        le=50,
        title="Start threshold (seats)",
        description="Of the seats of a pooled host so many are taken when the next host starts.",
    )
    minimum_online: int = Field(
        0,
        ge=0,
        le=1000,
        title="Least hosts online",
        description="How many hosts are online even if nobody is signed in.",
    )


class CapacitySettings(SeatSettings):
    """Settings for the number of running hosts. Default values: docs/decisions/0047.

    *buffer_percent*: spare seats, of *buffer_of*; *buffer_seats*: at least so many. *start_threshold*: of the seats
    of a pooled host so many are taken when the next host starts. *minimum_online*: hosts, whatever is signed in.
    *idle_in_minutes*: a host runs for so long after its start, and after it was last needed; *notice_in_minutes*:
    between the message to a user and the end of the session, *notice_locale*: its language. *starts_ahead*: whether
    hosts start before the sign-ins that other days let expect. *low_priority_hosts*: of the group's hosts so many
    may be machines that Azure can take away at any time. *keep_failed_host_in_hours*: how long a host that failed
    in a release stays after the release has stopped. *keep_leavers_host_in_days*: how long a dedicated host stays
    with its disk after its user has lost their place. *keep_leavers_place_in_days*: who has left and returns within
    so long has the old place in line. *wake_after_days*: a host that is off for so long is started for a while, for
    its agent's token.
    """

    keep_failed_host_in_hours: int = Field(
        24,
        ge=0,
        le=720,
        title="Keep a failed host (hours)",
        description="A host that failed in a release stays for so long after that has stopped, to look at.",
    )
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
    notice_locale: Locale = Field(
        Locale.ENGLISH, title="Language of notices", description="Of the messages in sessions before they end."
    )
    starts_ahead: bool = Field(
        True,
        title="Start ahead of sign-ins",
        description="Hosts start before users sign in, as other days let expect; dedicated ones start at sign-in.",
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
        7,
        ge=0,
        le=365,
        title="Keep a leaver's host (days)",
        description="How long a dedicated host and its disk are kept after its user has left.",
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
        None,
        title="Schedule",
        description="When more or fewer hosts are online. Leave it empty to treat all hours alike.",
    )

    @property
    def time_zone(self) -> str:
        """The IANA zone in which days are counted: the schedule's, else UTC."""
        return self.schedule.time_zone if self.schedule else "UTC"

    @property
    def idle(self) -> timedelta:
        """Time for which an unneeded host runs."""
        return timedelta(minutes=self.idle_in_minutes)

    @property
    def keep_failed(self) -> timedelta:
        """Time for which a host that failed in a release is kept."""
        return timedelta(hours=self.keep_failed_host_in_hours)

    @property
    def wake(self) -> timedelta:
        """Longest time for which a host is off before it is started for its token."""
        return timedelta(days=self.wake_after_days)

    @property
    def notice(self) -> timedelta:
        """Time between the notice to the user and the end of the session."""
        return timedelta(minutes=self.notice_in_minutes)
