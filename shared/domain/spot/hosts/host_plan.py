"""The plan of a session host: decisions, and their reasons in words."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from shared.domain.spot.groups.schedule import LoadBalancing
from shared.domain.spot.hosts.observed import ObservedHost
from shared.domain.values import Value


class Reason(StrEnum):
    """The reason of a step. No sentence has a time in it: a plan changes only when there is something else to do."""

    HOSTS_MISSING = "hostsMissing"
    SEATS_NEEDED = "seatsNeeded"
    SIGN_INS_RISE = "signInsRise"
    SIGN_INS_EXPECTED = "signInsExpected"
    MINIMUM_ONLINE = "minimumOnline"
    SCHEDULE_AHEAD = "scheduleAhead"
    RELEASE_NEEDS_SEATS = "releaseNeedsSeats"
    TOKEN_AGES = "tokenAges"  # noqa: S105 - no password
    NOT_NEEDED = "notNeeded"
    IDLE = "idle"
    STILL_ALLOCATED = "stillAllocated"
    ONLY_DISCONNECTED = "onlyDisconnected"
    TOO_MANY_HOSTS = "tooManyHosts"
    USER_LEFT = "userLeft"
    BROKEN = "broken"
    FAILED_IN_RELEASE = "failedInRelease"
    CANARY = "canary"
    NEW_VERSION = "newVersion"
    OLD_VERSION = "oldVersion"
    NOTICE_IS_OVER = "noticeIsOver"
    DRAINED_BY_HAND = "drainedByHand"
    START_ON_CONNECT = "startOnConnect"
    LAST_HOST = "lastHost"
    USERS_OWN = "usersOwn"
    SETTINGS_DIFFER = "settingsDiffer"


SENTENCES: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.HOSTS_MISSING: "The group has {hosts} of the {wanted} hosts that its licences need.",
        Reason.SEATS_NEEDED: "{free} seats are free or on their way; {spare} are kept free.",
        Reason.SIGN_INS_RISE: "{free} seats are free or on their way; at the rate of sign-ins {spare} are needed.",
        Reason.SIGN_INS_EXPECTED: "{free} seats are free or on their way; {spare} users sign in soon on other days.",
        Reason.MINIMUM_ONLINE: "{online} hosts are online or on their way; the minimum is {minimum}.",
        Reason.SCHEDULE_AHEAD: "The schedule wants {minimum} hosts online when its next phase begins.",
        Reason.RELEASE_NEEDS_SEATS: "The users of the old version's hosts need {spare} seats on the new version's.",
        Reason.TOKEN_AGES: "The host has been off for {days} days; it runs for a while so that its token stays valid.",
        Reason.NOT_NEEDED: "Without the host {free} seats stay free; {spare} are kept free.",
        Reason.IDLE: "Nobody uses the host, and it has not been needed for {minutes} minutes.",
        Reason.STILL_ALLOCATED: "Windows was shut down on the host; its machine is still allocated, and costs.",
        Reason.ONLY_DISCONNECTED: "The session is only disconnected; hibernation keeps it.",
        Reason.TOO_MANY_HOSTS: "The group has {hosts} hosts; its licences need {wanted}.",
        Reason.USER_LEFT: "The host's user has no place in the group any more.",
        Reason.BROKEN: "The host does not serve: its state is {state}, its agent reports {agent}.",
        Reason.FAILED_IN_RELEASE: "The host failed in a release, which stopped {hours} hours ago.",
        Reason.CANARY: "The first host of version {version} shows whether the version works.",
        Reason.NEW_VERSION: "{hosts} of {wanted} hosts have version {version}.",
        Reason.OLD_VERSION: "The host has version {old}; version {version} is released.",
        Reason.NOTICE_IS_OVER: "The user was told {minutes} minutes before.",
        Reason.DRAINED_BY_HAND: "A person drains the host.",
        Reason.START_ON_CONNECT: "The host is off; Azure Virtual Desktop may start it for a user who finds no other.",
        Reason.LAST_HOST: "No other host takes sign-ins, and none is started for one while the host runs.",
        Reason.USERS_OWN: "The host is a user's own, and takes no sign-ins; no other host takes them.",
        Reason.SETTINGS_DIFFER: "The host has other settings than the group.",
    }
)


def says(reason: Reason, **facts: object) -> str:
    """Return the sentence of *reason* with its *facts*."""
    return SENTENCES[reason].format_map(facts)


class EngineAction(StrEnum):
    """A step for one host.

    ``start`` opens it for sessions too; ``wake`` closes it, unless it is a user's own. ``stop`` is of a drained host
    without sessions, of one with an assigned user, or of the last open one: whoever takes it drains the host and
    reads the sessions again before the stop. ``replace`` removes a broken host; a later plan builds another in its
    place. ``signOff`` ends all sessions of the host. ``configure`` brings a host to the group's settings, and starts
    one that is off for it, closed as by ``wake``.
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


ORDER = tuple(EngineAction)
"""The order of steps: steps that add seats come first."""


class PlannedStep(Value):
    """One step, of one host; a build has none yet, and says from which version, in which sizes, on which machine."""

    action: EngineAction
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

    steps: tuple[PlannedStep, ...] = ()
    figures: Figures
    status: GroupStatus
    cause: str | None = None
    stage: Stage | None = None
    load_balancing: LoadBalancing
    next_look: datetime | None = None


class Draft:
    """Collects the steps of a plan: at most one for each host, none for an excluded host."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._steps: list[PlannedStep] = []
        self._taken: set[str] = set()
        self._looks: list[datetime] = []

    def may(self, host: ObservedHost) -> bool:
        """Whether a step of *host* may be added."""
        return not host.excluded and not host.configuring and host.id not in self._taken

    def add(self, action: EngineAction, host: ObservedHost, reason: Reason, **facts: object) -> None:
        """Add a step of *host*, which has none yet."""
        self._taken.add(host.id)
        self._steps.append(PlannedStep(action=action, host_id=host.id, reason=reason, text=says(reason, **facts)))

    def build(
        self, version: str, sizes: tuple[str, ...], reason: Reason, *, low_priority: bool = False, **facts: object
    ) -> None:
        """Add the build of one more host."""
        text = says(reason, version=version, **facts)
        self._steps.append(
            PlannedStep(
                action=EngineAction.BUILD,
                reason=reason,
                text=text,
                version=version,
                sizes=sizes,
                low_priority=low_priority,
            )
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
    def steps(self) -> tuple[PlannedStep, ...]:
        """All steps, in the order in which they are taken."""
        return tuple(sorted(self._steps, key=lambda step: (ORDER.index(step.action), step.host_id or "")))
