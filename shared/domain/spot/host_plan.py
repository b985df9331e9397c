"""Decisions of the engine: steps with their reasons, their figures, and the time of the next look. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.spot.observed import ObservedHost
from shared.domain.spot.reasons import Reason, says
from shared.domain.spot.schedule import LoadBalancing
from shared.domain.values import Value


class Action(StrEnum):
    """A step for one host.

    ``start`` opens it for sessions too; ``wake`` closes it, unless it is a user's own. ``stop`` is of a drained host
    without sessions (or of one with an assigned user): whoever takes it reads the sessions again, between the drain and
    the stop. ``replace`` removes a broken host; a later plan builds another in its place. ``signOff`` ends all sessions
    of the host. ``configure`` brings a host to the group's settings, and starts one that is off for it, closed as by
    ``wake``.
    """

    BUILD = "build"
    UNDRAIN = "undrain"
    START = "start"
    WAKE = "wake"
    RESTART = "restart"
    CONFIGURE = "configure"
    DRAIN = "drain"
    NOTIFY = "notify"
    SIGN_OFF = "signOff"
    STOP = "stop"
    HIBERNATE = "hibernate"
    REMOVE = "remove"
    REPLACE = "replace"


ORDER = tuple(Action)
"""The order of steps: those that give seats come before those that take them."""


class Step(Value):
    """One step, of one host; a build has none yet, and says from which version, in which sizes, on which machine."""

    action: Action
    host_id: str | None = None
    reason: Reason
    text: str
    version: str | None = None
    sizes: tuple[str, ...] = ()
    low_priority: bool = False


class GroupStatus(StrEnum):
    """Availability of the group for its users."""

    AVAILABLE = "available"
    LIMITED_AVAILABILITY = "limitedAvailability"
    UNAVAILABLE = "unavailable"
    PARKED = "parked"


class Stage(StrEnum):
    """Stage of a release."""

    WAITING = "waiting"
    CANARY = "canary"
    SURGING = "surging"
    MOVING = "moving"
    DONE = "done"
    PAUSED = "paused"
    FAILED = "failed"


class Figures(Value):
    """Figures on which the plan is based; *spare* and *free* are seats, all others without a unit are hosts.

    *free*: on hosts that are open; *coming*: seats of hosts that start. *buffer*, *rising*: the parts of *spare* by
    percentage and by the rate of sign-ins. *needed*: for the sessions and the spare seats; *wanted_online*: with the
    minimum, at most *wanted*.
    """

    hosts: int
    wanted: int
    online: int
    starting: int
    broken: int
    uncertain: int
    minimum: int
    sessions: int
    buffer: int
    rising: int
    spare: int
    free: int
    coming: int
    needed: int
    wanted_online: int


class HostPlan(Value):
    """The steps of one group, in their order; *next_look*: when time alone would change the plan."""

    steps: tuple[Step, ...] = ()
    figures: Figures
    status: GroupStatus
    cause: str | None = None
    stage: Stage | None = None
    load_balancing: LoadBalancing
    next_look: datetime | None = None


class Draft:
    """Collects the steps of a plan: at most one of each host, none of an excluded one."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._steps: list[Step] = []
        self._taken: set[str] = set()
        self._looks: list[datetime] = []

    def may(self, host: ObservedHost) -> bool:
        """Whether a step of *host* may be added."""
        return not host.excluded and not host.configuring and host.id not in self._taken

    def add(self, action: Action, host: ObservedHost, reason: Reason, **facts: object) -> None:
        """Add a step of *host*, which has none yet."""
        self._taken.add(host.id)
        self._steps.append(Step(action=action, host_id=host.id, reason=reason, text=says(reason, **facts)))

    def build(
        self, version: str, sizes: tuple[str, ...], reason: Reason, *, low_priority: bool = False, **facts: object
    ) -> None:
        """Add the build of one more host."""
        text = says(reason, version=version, **facts)
        self._steps.append(
            Step(action=Action.BUILD, reason=reason, text=text, version=version, sizes=sizes, low_priority=low_priority)
        )

    def has_come(self, moment: datetime) -> bool:
        """Return whether *moment* has come; if not, the plan is looked at again then."""
        if moment > self._now:
            self._looks.append(moment)
        return moment <= self._now

    def waited(self, since: datetime | None, long: timedelta) -> bool:
        """Return whether *long* has passed since then; an unknown beginning is none. Else look again in time."""
        return since is not None and self.has_come(since + long)

    @property
    def next_look(self) -> datetime | None:
        """The earliest moment at which time alone would change the plan."""
        return min(self._looks, default=None)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in the order in which they are taken."""
        return tuple(sorted(self._steps, key=lambda step: (ORDER.index(step.action), step.host_id or "")))
