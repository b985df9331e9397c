"""State of the engine between its runs, its recorded decisions, and an explanation of both."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from shared.domain.spot.engine.forecasts import Arrivals
from shared.domain.spot.engine.usage import OpenUsage
from shared.domain.spot.groups.group import LicenseType, SpotGroup
from shared.domain.spot.groups.members import MemberStatus, Rights, SpotMember
from shared.domain.spot.groups.schedule import LoadBalancing
from shared.domain.spot.hosts.host import HostStatus, SessionHost
from shared.domain.spot.hosts.host_plan import EngineAction, PlannedStep, Reason
from shared.domain.tenants.directory import count_from
from shared.domain.usage import Mark, marked
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
    settings than the group. *usage*: of the unfinished interval.
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
    usage: OpenUsage | None = None

    def but_paused(self, why: str | None) -> "SpotGroupState":
        """Return the state of a group that is paused for the reason *why*, or unchanged with None."""
        return self if why is None else self.but(status=SpotGroupStatus.PAUSED, cause=why)


KEPT = 500
"""Number of decisions of a group that are kept."""

_SAME_FOR = timedelta(hours=1)


class EngineStep(Value):
    """A step of the engine for one host that has a record. *run*: how many tasks the host had begun; 0 for a build."""

    session_host_id: str
    action: EngineAction
    reason: Reason
    text: str
    run: int = 0


class Decision(EngineStep):
    """A step with the moment at which it was decided."""

    at: datetime


class Decisions(Value):
    """The decisions of one group, the newest first; *id* is the group's."""

    id: str
    tenant_id: str
    decisions: tuple[Decision, ...] = ()

    def with_steps(self, steps: Sequence[EngineStep], at: datetime) -> "Decisions":
        """Return the decisions with *steps*; a decision made again shortly after is listed once, if nothing was done.

        A second restart of a host is a decision of its own; a step that could not be taken is not.
        """
        latest = {each.session_host_id: each for each in reversed(self.decisions) if at - each.at < _SAME_FOR}
        new = [
            Decision(**dict(step), at=at)
            for step in steps
            if (known := latest.get(step.session_host_id)) is None
            or (known.action, known.reason, known.run) != (step.action, step.reason, step.run)
        ]
        return self.but(decisions=(*new, *self.decisions)[:KEPT]) if new else self

    def marks(self, since: datetime, until: datetime) -> tuple[Mark, ...]:
        """Return the decisions from *since* until before *until*, one mark for each action and reason."""
        within = [each for each in reversed(self.decisions) if since <= each.at < until]
        return marked(Mark(action=each.action.value, reason=each.reason.value, text=each.text) for each in within)


def begun_again(hosts: Iterable[SessionHost], now: datetime, after: timedelta) -> list[EngineStep]:
    """Return the builds of hosts that were planned and on which nothing is being done: a start was lost, or they wait.

    One that found no capacity begins again *after* a while.
    """
    return [
        EngineStep(
            session_host_id=host.id,
            action=EngineAction.BUILD,
            reason=Reason.HOSTS_MISSING,
            text=host.parked_because or "The build of the host had not begun.",
        )
        for host in hosts
        if host.status is HostStatus.PENDING
        and host.work is None
        and not host.excluded
        and (host.parked_since is None or now - host.last_modified_date_time >= after)
    ]


def named(steps: Iterable[PlannedStep], hosts: Iterable[SessionHost], new: Iterable[SessionHost]) -> list[EngineStep]:
    """Return the steps with the ids of their hosts, the *new* ones in their order."""
    ids, runs = iter([host.id for host in new]), {host.id: host.run for host in hosts}
    return [
        EngineStep(
            session_host_id=step.host_id if step.host_id is not None else next(ids),
            action=step.action,
            reason=step.reason,
            text=step.text,
            run=runs.get(step.host_id or "", 0),
        )
        for step in steps
    ]


class DesktopExplanation(Value):
    """Availability of a desktop for a user. *place_in_line*: of one who waits for a place, from 1.

    *reasons*: why that is so, what decides first.
    """

    spot_group_id: str
    user_id: str
    user_principal_name: str
    member_status: MemberStatus | None = None
    place_in_line: int | None = None
    may_sign_in: bool = False
    group_status: SpotGroupStatus
    session_host_id: str | None = None
    reasons: tuple[str, ...] = ()
    looked_at: datetime | None = None


def explain_desktop(
    group: SpotGroup,
    state: SpotGroupState,
    members: Sequence[SpotMember],
    hosts: Sequence[SessionHost],
    user: tuple[str, str],
    at: datetime,
) -> DesktopExplanation:
    """Explain the desktop of a *user* (id and principal name) in a group at a moment."""
    member = next((each for each in members if each.user_id == user[0]), None)
    line = sorted(
        (each for each in members if each.status is MemberStatus.WAITING),
        key=lambda each: (each.first_seen_date_time, each.user_id),
    )
    own = next((host for host in hosts if host.assigned_user_id == user[0]), None)
    dedicated = group.license_type is LicenseType.PERSONAL_DEDICATED
    return DesktopExplanation(
        spot_group_id=group.id,
        user_id=user[0],
        user_principal_name=user[1],
        member_status=member.status if member else None,
        place_in_line=line.index(member) + 1 if member in line else None,
        may_sign_in=member is not None and member.may_sign_in(at),
        group_status=SpotGroupStatus.DELETING if group.deleting_since else state.status,
        session_host_id=own.id if own else None,
        reasons=(*_of_member(group, member, line, at), *(_of_host(own) if dedicated else _of_group(state))),
        looked_at=state.planned_at,
    )


def _of_member(group: SpotGroup, member: SpotMember | None, line: Sequence[SpotMember], at: datetime) -> list[str]:
    if member is None:
        return ["The user is in none of the group's groups, as far as they were read."]
    if member.status is MemberStatus.WAITING:
        number = line.index(member) + 1
        taken = f"All {group.quantity} licences of the group are taken"
        return [f"{taken}; the user is number {number} of {len(line)} who wait.", *_of_sign_off(member)]
    if member.status is MemberStatus.LEAVING:
        return ["The user is no longer in the group's groups; their access is being taken.", *_of_sign_off(member)]
    reasons = []
    if member.status is MemberStatus.REMOVAL_HELD:
        reasons.append(f"The removal of the user waits for a confirmation: {member.held_because}.")
    if member.rights is not Rights.GRANTED:
        reasons.append("The user's rights to sign in are being given; Azure may not know the user yet.")
    elif member.rights_given_at is not None and not member.may_sign_in(at):
        until = count_from(member.rights_given_at)
        reasons.append(f"The user's rights to sign in have been given; they count by {until:%H:%M} UTC at the latest.")
    return reasons


def _of_sign_off(member: SpotMember) -> list[str]:
    if member.signed_off_at is None:
        return []
    return [f"The user was told to save their work, and is signed off at {member.signed_off_at:%H:%M} UTC."]


def _of_group(state: SpotGroupState) -> list[str]:
    counted = f"{state.online} of {state.hosts} hosts are online, with {state.free_seats} free seats."
    return [*([state.cause] if state.cause else []), counted]


def _of_host(host: SessionHost | None) -> list[str]:
    if host is None:
        return [
            "No host has been given to the user yet: hosts are given in the order in which members were first seen."
        ]
    if host.held_back is not None:
        return [host.held_back.sentence]
    if host.kept_until is not None:
        return [f"The host that was the user's is kept until {host.kept_until:%Y-%m-%d %H:%M} UTC; then it is removed."]
    if host.status is not HostStatus.READY:
        waits = f": {host.parked_because}" if host.parked_because else ""
        return [f"The user's host is {host.status.value}{waits}."]
    if host.seen is None:
        return ["The user's host has not been looked at yet."]
    return [f"The user's host is {host.seen.state}; its agent reports {host.seen.agent}."]
