"""Needed and present seats of a group. Pure.

The spare seats are the greatest of four: the buffer, a percentage; the rest of a host that has reached the threshold
("6 of 10", docs/notes/spotpc-avd.md 4.1), so that the next host starts before it is full; the seats that will be
taken until a host that starts now serves, at the rate of the latest sign-ins; and those that other days let expect
until then. Nobody who is signed in, or has a host of
their own, needs a further seat, so that there are never more of them than other users.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.domain.power.schedule import edges, next_edge, phase_at
from shared.domain.spot.engine.forecasts import Expected, StartTimes
from shared.domain.spot.engine.rollout import Constraints, constraints
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.schedule import LoadBalancing, SchedulePhase
from shared.domain.spot.groups.settings import BufferBase, ScaleIn
from shared.domain.spot.groups.target import ARRIVALS, BROKEN_AFTER, BROKEN_PERCENT, LOOK_EVERY, GroupTarget
from shared.domain.spot.hosts.host_plan import Draft, Figures
from shared.domain.spot.hosts.observed import SERVES, HostState, ObservedHost, SettingsDrift

_CLOSE = timedelta(hours=3)
"""Phases that begin so soon after the next one may have to be prepared before it."""

_EARLY = timedelta(minutes=15)
"""Time by which hosts serve before expected sign-ins: days differ, and users who waited were counted late."""

_SLOWEST = timedelta(minutes=10)

_SETTINGS_AGAIN = timedelta(minutes=30)
"""Time before settings that a host did not take are tried again."""


@dataclass(slots=True)
class PlannedGroup:
    """One group as a plan sees it: its target, its hosts, and its seats while steps are added.

    *others*: users who have neither a session nor a host of their own. *free*: seats on open hosts; *coming*: seats
    on hosts that will be open without a further step; *online*, *arriving*: how many hosts these are; *running*:
    hosts that serve, open or not. *sessions*: of hosts that anybody may use. *minimum*: hosts that have to be online;
    *drain_floor*, *stop_floor*: how many stay open, and running, because a phase would soon bring them again.
    """

    target: GroupTarget
    hosts: Sequence[ObservedHost]
    now: datetime
    starts: StartTimes
    complete: bool
    draft: Draft
    expected: Sequence[Expected] = ()  # sign-ins of the time to come, as other days had them
    broken: frozenset[str] = field(init=False)
    rules: Constraints = field(init=False)
    phase: SchedulePhase | None = field(init=False)
    minimum: int = field(init=False)
    drain_floor: int = field(init=False)
    stop_floor: int = field(init=False)
    scheduled: bool = field(init=False)
    sessions: int = field(init=False)
    buffer: int = field(init=False)
    rising: int = field(init=False)
    ahead: int = field(init=False)
    others: int = field(init=False)
    spare: int = field(init=False)
    free: int = field(init=False)
    coming: int = field(init=False)
    online: int = field(init=False)
    running: int = field(init=False)
    arriving: int = field(init=False)
    figures: Figures = field(init=False)

    def __post_init__(self) -> None:
        target = self.target
        self.broken = frozenset(each.id for each in self.hosts if is_broken(each, self.starts, self.draft))
        self.rules = constraints(target, self.hosts, self.broken, self.starts, self.draft)
        self.phase = phase_at(target.schedule, self.now) if target.schedule else None
        shared = [each for each in self.hosts if each.assigned_user_id is None]
        now_open = [each for each in shared if self.counts_as_open(each)]
        later = [each for each in shared if self._arrives(each)]
        self.sessions = sum(each.sessions for each in shared)
        self.online, self.arriving = len(now_open), len(later)
        self.running = sum(1 for each in shared if each.serves)
        self.free = sum(self.seats_left(each) for each in now_open)
        self.coming = sum(self.seats_left(each) for each in later)
        self._set_minimum()
        self._set_spare()
        self.figures = self._figures()

    @property
    def load_balancing(self) -> LoadBalancing:
        """Current load balancing of sign-ins by the broker."""
        return (self.phase.load_balancing if self.phase else None) or self.target.load_balancing

    @property
    def on_demand(self) -> bool:
        """Whether hosts that are not needed are deleted, and built when they are needed."""
        return self.target.scale_in is ScaleIn.DELETE and self.target.kind is not LicenseType.PERSONAL_DEDICATED

    @property
    def moving_sessions(self) -> int:
        """Sessions that a release will sign off, and that need a seat on another host."""
        if not self.rules.moves:
            return 0
        return sum(each.sessions for each in self.hosts if each.id in self.rules.retire)

    @property
    def licensed(self) -> list[ObservedHost]:
        """The hosts that need a licence; hosts kept only for a user who left need none."""
        return [each for each in self.hosts if not each.user_left]

    @property
    def _owned(self) -> int:
        """Number of hosts with a user of their own, who needs no seat elsewhere."""
        return sum(1 for each in self.licensed if each.assigned_user_id is not None)

    def seats_left(self, host: ObservedHost) -> int:
        """Return how many more sessions *host* takes."""
        return max(0, self.target.seats - host.sessions)

    def counts_as_open(self, host: ObservedHost) -> bool:
        """Whether *host* takes sign-ins and will keep taking them; a host that an administrator drains will not."""
        return host.is_open and not host.drained_by_hand and host.id not in self.broken

    def has_stale_settings(self, host: ObservedHost) -> bool:
        """Whether *host* is to be brought to the group's settings now: it works, and stays."""
        # A broken host is repaired first, and a release removes its old hosts anyway.
        if host.drift is SettingsDrift.NONE or host.is_uncertain or host.id in self.broken | self.rules.retire:
            return False
        return host.settings_failed_at is None or self.draft.waited(host.settings_failed_at, _SETTINGS_AGAIN)

    def may_serve(self, host: ObservedHost) -> bool:
        """Whether the engine may open *host* to anybody."""
        shared = host.assigned_user_id is None and not host.drained_by_hand
        return shared and host.id not in self.broken and host.id not in self.rules.held and self.draft.may(host)

    def _arrives(self, host: ObservedHost) -> bool:
        starts = host.state is HostState.STARTING and host.allow_new_sessions and host.id not in self.broken
        return starts or host.is_uncertain

    def _set_minimum(self) -> None:
        """Set the number of hosts that have to be online: now, or when a phase begins that has to be prepared now.

        What a phase brings is not taken away before it begins. Whoever would be drained less than the idle time before
        the phase would bring them again, would only be opened again; so would be started whoever was stopped after it.
        """
        target, schedule = self.target, self.target.schedule
        self.minimum = max(target.minimum_online, self.phase.minimum_online if self.phase else 0)
        self.drain_floor = self.stop_floor = self.minimum
        self.scheduled = False
        if schedule is not None and (edge := next_edge(schedule, self.now)) is not None:
            self.draft.has_come(edge)  # the next look is not later than the phase
            for begins, phase in edges(schedule, self.now, edge - self.now + _CLOSE):
                wanted, brings = phase.minimum_online, begins - self._lead(phase.minimum_online)
                # Only the hosts that are not online yet take time: the more, the earlier they begin.
                if wanted > self.minimum and self.draft.has_come(begins - self._lead(wanted - self.online)):
                    self.minimum, self.scheduled = wanted, True
                # Drained less than the idle time before its phase, a host would be opened again before it could stop.
                if self.running > self.drain_floor < wanted and self.draft.has_come(brings - target.idle):
                    self.drain_floor = wanted
                # Stopped within the time that starting takes before its phase, a host would have to start at once.
                if self.running > self.stop_floor < wanted and self.draft.has_come(brings):
                    self.stop_floor = wanted
        most = max(0, target.hosts - self._owned)  # a host with a user of its own serves nobody else
        floors = (self.minimum, max(self.minimum, self.drain_floor), max(self.minimum, self.stop_floor))
        self.minimum, self.drain_floor, self.stop_floor = (min(each, most) for each in floors)

    def _lead(self, hosts: int) -> timedelta:
        """Return how long before a phase its *hosts* must begin to start, or to be built if idle hosts are deleted."""
        target, starts = self.target, self.starts
        takes, at_once = (starts.build, target.max_builds) if self.on_demand else (starts.start, target.max_starts)
        return takes.p95 * -(-max(0, hosts) // at_once) + LOOK_EVERY

    def _set_spare(self) -> None:
        target, phase = self.target, self.phase
        percent = target.buffer_percent if phase is None or phase.buffer_percent is None else phase.buffer_percent
        in_use = target.buffer_of is BufferBase.IN_USE and not self.rules.moves  # who was signed off comes back
        base = self.sessions if in_use else target.quantity
        self.buffer = max(-(-base * percent // 100), target.buffer_seats)
        lately = sum(each.signed_in_lately for each in self.hosts)
        # A host that is begun now serves after a start, and is begun a look late at most: so many sign in meanwhile.
        lead = self.starts.start.p95 + LOOK_EVERY
        self.rising = -(-lately * lead // ARRIVALS)
        # "6 of 10": the next host starts when the sixth session is on the filling one, not when that is full.
        threshold = max(1, target.seats - target.start_threshold + 1) if target.kind is LicenseType.POOLED else 1
        rests = phase is not None and phase.rests and not self.sessions
        self.ahead = self._set_ahead()
        wanted = max(0 if rests else max(self.buffer, self.rising, threshold), self.ahead)
        if target.kind is LicenseType.PERSONAL_DEDICATED:
            wanted = 0  # everybody has a host of their own
        # Whoever is signed in, or has a host of their own, needs no further seat.
        self.others = max(0, target.quantity - self.sessions - self._owned)
        self.spare = min(wanted, self.others)

    def _set_ahead(self) -> int:
        """Return how many sign-ins to expect until a host that starts now serves; look again when there are more.

        Around sign-ins that are expected the group is looked at as often as while somebody works.
        """
        if self.target.kind is LicenseType.PERSONAL_DEDICATED:
            return 0
        users = 0
        for each in self.expected:
            hosts = -(-(users + each.users) // self.target.seats)
            if not self.draft.has_come(each.at - _EARLY - self._lead(hosts - self.online - self.arriving)):
                break
            users += each.users
        if users:
            self.draft.has_come(self.now + LOOK_EVERY)
        return users

    def _figures(self) -> Figures:
        target = self.target
        needed = -(-(self.sessions + self.spare) // target.seats)
        return Figures(
            hosts=len(self.hosts),
            wanted=target.hosts,
            online=self.online,
            starting=self.arriving,
            broken=len(self.broken),
            uncertain=sum(1 for each in self.hosts if each.is_uncertain),
            minimum=self.minimum,
            sessions=self.sessions,
            buffer=self.buffer,
            rising=self.rising,
            spare=self.spare,
            free=self.free,
            coming=self.coming,
            needed=needed,
            wanted_online=min(max(needed, self.minimum), target.hosts),
        )


def is_broken(host: ObservedHost, starts: StartTimes, draft: Draft) -> bool:
    """Whether *host* has failed, or has been on its way for longer than any host should be."""
    if host.state is HostState.BROKEN:
        return True
    # An unknown host loses nothing, and an excluded one is left alone.
    if host.is_uncertain or host.excluded:
        return False
    if host.state is HostState.RUNNING and host.agent not in SERVES:
        return draft.waited(host.since, BROKEN_AFTER)
    if host.state is HostState.STARTING:
        return draft.waited(host.since, max(_SLOWEST, starts.start.p95 * 3))
    return False


def storm(group: PlannedGroup) -> bool:
    """Whether many hosts fail at once, perhaps because too many start; then hosts start one at a time."""
    silent = sum(1 for each in group.hosts if each.state is HostState.RUNNING and not each.serves)
    dead = sum(1 for each in group.hosts if each.id in group.broken and each.state is not HostState.RUNNING)
    return silent + dead > max(1, group.target.hosts * BROKEN_PERCENT // 100)


def starts_left(group: PlannedGroup, taken: Collection[object]) -> int:
    """Return how many more hosts may start now, besides those that are starting and *taken*."""
    at_work = sum(1 for each in group.hosts if each.state is HostState.STARTING) + len(taken)
    return max(0, (1 if storm(group) else group.target.max_starts) - at_work)


def builds_left(group: PlannedGroup) -> int:
    """Return how many more hosts may be built now: by the number at a time, and by how many may exist."""
    at_work = sum(1 for each in group.hosts if each.state is HostState.BUILDING)
    at_once = (1 if storm(group) else group.target.max_builds) - at_work
    return max(0, min(at_once, group.rules.ceiling - len(group.hosts)))
