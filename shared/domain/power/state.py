"""The power of a machine: desired and observed states, holds, sessions, refused starts. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import Field

from shared.domain.values import Value

LISTED_EVERY = timedelta(minutes=5)
"""Interval between two lists that find machines which were shut down inside Windows."""

STOPPED_LIMIT = timedelta(minutes=10) - LISTED_EVERY
"""Time from the first sight of such a machine to its deallocation: it is billed for ten minutes at most."""

KEPT_SHUT_DOWN = "its policy keeps machines as they are that were shut down inside Windows: it is still billed"

RETRY_MINUTES = (0, 1, 2, 5, 10)
"""Minutes before each further try of a start that Azure has refused; the last one is repeated."""


GraphPower = Literal["running", "poweredOff", "unknown"]
"""Graph's ``cloudPcPowerState``."""


class ObservedPower(StrEnum):
    """Power state of a machine; ``shutDown``: Windows was shut down from inside, and computing is still billed."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    SHUT_DOWN = "shutDown"
    DEALLOCATED = "deallocated"
    HIBERNATED = "hibernated"
    UNKNOWN = "unknown"

    @property
    def graph(self) -> GraphPower:
        """Graph's ``cloudPcPowerState`` for it."""
        if self is ObservedPower.UNKNOWN:
            return "unknown"
        return "running" if self.is_on else "poweredOff"

    @property
    def is_off(self) -> bool:
        """Whether Windows does not run, and can be started."""
        return self in _OFF

    @property
    def is_on(self) -> bool:
        """Whether Windows runs, or will at once."""
        return self in {ObservedPower.STARTING, ObservedPower.RUNNING}


_OFF = frozenset({ObservedPower.SHUT_DOWN, ObservedPower.DEALLOCATED, ObservedPower.HIBERNATED})


class DesiredPower(StrEnum):
    """Power that a machine should have; ``leave``: no rule wants anything."""

    ON = "on"
    OFF = "off"
    LEAVE = "leave"


class PowerActor(StrEnum):
    """Cause of the latest change of a machine's power; ``outside``: Windows, or somebody in Azure."""

    USER = "user"
    ADMIN = "admin"
    SCHEDULE = "schedule"
    IDLE = "idle"
    SIGN_IN = "signIn"
    BUDGET = "budget"
    MAINTENANCE = "maintenance"
    OUTSIDE = "outside"


class BudgetBrake(Value):
    """A budget that is used up: unused machines stop after *idle_in_minutes*, and nothing starts early."""

    since: datetime
    idle_in_minutes: int = 15


class BilledWhileOff(Value):
    """A time in which Windows was shut down from inside while Azure billed the machine; *ended*: None while it is."""

    began: datetime
    ended: datetime | None = None

    def within(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """Return the part of it between two times; an empty one begins after its end, or with it."""
        return max(self.began, start), min(self.ended or end, end)


class PowerHold(Value):
    """Power that a person wants until a time, against the schedule; *by*: the person, for the audit log."""

    wants: DesiredPower
    at: datetime
    until: datetime
    actor: PowerActor
    by: str = ""


class KeepAwake(Value):
    """A machine stays on until a time, because its user or an operator asked for it."""

    at: datetime
    until: datetime
    by: str


class AwakeUntil(Value):
    """The end of keep-awake as the audit log has it, or None while a machine is not kept awake."""

    kept_awake_until: datetime | None = None


class SeenSessions(Value):
    """Sessions of a machine at the last reading; *readable*: whether the list could be read.

    *quiet_since*: since when nobody is active on it: the last active session ended or was disconnected, or the
    machine started.
    """

    readable: bool
    active: int = Field(0, ge=0)
    disconnected: int = Field(0, ge=0)
    quiet_since: datetime

    @property
    def in_use(self) -> bool:
        """Whether somebody may be working: unreadable sessions count as used."""
        return self.active > 0 or not self.readable


class MaintenanceWindow(Value):
    """A time in which a machine is on for maintenance, and *why*."""

    begins: datetime
    ends: datetime
    why: str


class RefusedStart(Value):
    """Starts that Azure has refused since the last start that succeeded."""

    times: int = Field(ge=1)
    at: datetime
    code: str
    message: str

    @property
    def next_try(self) -> datetime:
        """The time of the next try."""
        return self.at + timedelta(minutes=RETRY_MINUTES[min(self.times, len(RETRY_MINUTES)) - 1])
