"""Scale-out and scale-in of the hosts that anybody may use. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from shared.domain.spot.engine.capacity import PlannedGroup, builds_left, starts_left
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.target import GroupTarget
from shared.domain.spot.hosts.host_plan import EngineAction, Reason, Stage
from shared.domain.spot.hosts.observed import HostState, ObservedHost, SettingsDrift

_MARGIN = 2
"""Seats that stay free beyond the spare ones when a host is drained, so that one sign-in does not reopen it."""


_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def scale_out(group: PlannedGroup) -> None:
    """Open, start and build hosts until the spare seats and the minimum are there.

    While a release moves sessions, hosts of its version give the seats that the others' users will need; hosts of the
    old versions are opened only if the seats for sign-ins are still missing after that.
    """
    started: list[ObservedHost] = []
    retire = group.rules.retire
    if retire:
        _bring_new(group, started)
    _bring(group, [each for each in group.hosts if each.id not in retire], started)
    _bring(group, [each for each in group.hosts if each.id in retire], started)
    _open_one(group)
    if group.complete:
        _build(group)


def _open_one(group: PlannedGroup) -> None:
    """Open a running host where no host takes sign-ins: Azure Virtual Desktop starts no host while another runs."""
    if group.online or group.arriving or not group.others or group.on_demand:
        return
    fresh = [each for each in group.hosts if each.id not in group.rules.retire and each.serves]
    stays = [each for each in _closed(group, fresh) if group.running <= group.stop_floor or not _idled(group, each)]
    host = next((each for each in stays if group.seats_left(each)), None)
    if host is not None:
        _open(group, host, [], Reason.LAST_HOST)


def _bring_new(group: PlannedGroup, started: list[ObservedHost]) -> None:
    """Bring the seats that the users of the old versions' hosts will need, and as many hosts as the minimum."""
    fresh = [each for each in group.hosts if each.id not in group.rules.retire]
    there = [each for each in fresh if group.counts_as_open(each)]
    there += [each for each in fresh if _is_coming(group, each)]
    hosts, seats = len(there), sum(group.seats_left(each) for each in there)
    wanted = group.spare + group.moving_sessions
    for host in _closed(group, fresh):
        if seats >= wanted and hosts >= group.minimum:
            return
        # A full host adds no seat: it is opened only if the minimum lacks a host.
        if hosts >= group.minimum and not group.seats_left(host):
            continue
        hosts, seats = hosts + 1, seats + group.seats_left(host)
        _open(group, host, started, Reason.RELEASE_NEEDS_SEATS, spare=wanted)


def _is_coming(group: PlannedGroup, host: ObservedHost) -> bool:
    return host.state is HostState.STARTING and host.allow_new_sessions and host.id not in group.broken


def _bring(group: PlannedGroup, among: Iterable[ObservedHost], started: list[ObservedHost]) -> None:
    for host in _closed(group, among):
        lacks_seats, enough = group.free + group.coming < group.spare, group.online + group.arriving >= group.minimum
        if not lacks_seats and enough:
            return
        # A full host adds no seat: it is opened only if the minimum lacks a host.
        if enough and not group.seats_left(host):
            continue
        _open(group, host, started, _why(group, lacks_seats=lacks_seats), **_facts(group))


def _closed(group: PlannedGroup, among: Iterable[ObservedHost]) -> list[ObservedHost]:
    """Return the hosts that can be opened: running hosts first (the fullest first), then hosts that must be started.

    The fullest will run longest. Of the hosts that are off the one that ran longest ago comes first, so that tokens
    stay valid.
    """
    may = [each for each in among if group.may_serve(each) and not each.allow_new_sessions]
    running = [each for each in may if each.serves or each.state is HostState.STARTING]
    off = [each for each in among if group.may_serve(each) and each.is_off]
    running.sort(
        key=lambda each: (
            not group.seats_left(each),
            each.drift is SettingsDrift.WHEN_EMPTY,  # its settings wait until nobody is signed in to it
            each.state is HostState.STARTING,  # a host that serves has its seats at once
            -each.sessions,  # the fullest will run longest anyway
            each.id,
        )
    )
    off.sort(
        key=lambda each: (
            each.low_priority,  # Azure may take these machines away at any time
            each.version != group.target.version,
            each.drift is SettingsDrift.WHEN_EMPTY,
            each.state is not HostState.HIBERNATED,
            each.online_at or _LONG_AGO,  # longest off first: the token of a host ages while it is off
            each.id,
        )
    )
    return [*running, *off]


def _open(
    group: PlannedGroup, host: ObservedHost, started: list[ObservedHost], reason: Reason, **facts: object
) -> None:
    if not host.is_off:
        group.draft.add(EngineAction.UNDRAIN, host, reason, **facts)
    elif starts_left(group, started):
        group.draft.add(EngineAction.START, host, reason, **facts)
        started.append(host)
    else:
        return
    if host.serves:
        group.free += group.seats_left(host)
        group.online += 1
    else:
        group.coming += group.seats_left(host)
        group.arriving += 1


def _why(group: PlannedGroup, *, lacks_seats: bool) -> Reason:
    if lacks_seats and group.ahead == group.spare > max(group.buffer, group.rising):
        return Reason.SIGN_INS_EXPECTED
    if lacks_seats:
        return Reason.SIGN_INS_RISE if group.rising == group.spare > group.buffer else Reason.SEATS_NEEDED
    return Reason.SCHEDULE_AHEAD if group.scheduled else Reason.MINIMUM_ONLINE


def _facts(group: PlannedGroup) -> dict[str, object]:
    return {
        "free": group.free + group.coming,
        "spare": group.spare,
        "online": group.online + group.arriving,
        "minimum": group.minimum,
    }


def _build(group: PlannedGroup) -> None:
    """Build the missing hosts; groups that delete idle hosts build one only when it is needed."""
    target, stage = group.target, group.rules.stage
    if group.rules.version in target.unbuildable:
        return
    reason = _build_reason(group)
    # During a release only its own hosts count; the old ones would leave it low-priority hosts alone.
    of_version = reason in {Reason.NEW_VERSION, Reason.CANARY}
    counted = [each for each in group.licensed if not of_version or each.version == target.version]
    regular = sum(1 for each in counted if not each.low_priority)
    for number in range(min(_missing(group), builds_left(group))):
        # The canary proves the version, so it must not be taken away.
        low = stage is not Stage.CANARY and regular + number >= target.hosts - target.low_priority
        facts = {**_facts(group), "hosts": len(counted) + number, "wanted": target.hosts}
        group.draft.build(group.rules.version, _sizes(group), reason, low_priority=low, **facts)


def _build_reason(group: PlannedGroup) -> Reason:
    if group.rules.stage is Stage.CANARY:
        return Reason.CANARY
    if group.rules.stage in {Stage.SURGING, Stage.MOVING}:
        return Reason.NEW_VERSION
    return Reason.SEATS_NEEDED if group.on_demand else Reason.HOSTS_MISSING


def _missing(group: PlannedGroup) -> int:
    missing = group.rules.missing
    # A canary is needed even if its group deletes idle hosts and needs no host now.
    if not group.on_demand or group.rules.stage is Stage.CANARY:
        return missing
    if group.rules.stage is Stage.SURGING:
        return min(missing, group.figures.wanted_online - len(group.rules.held))
    return min(missing, _lacking(group))


def _lacking(group: PlannedGroup) -> int:
    """Return how many hosts are missing for the spare seats and the minimum, without the hosts being built."""
    building = sum(1 for each in group.hosts if each.state is HostState.BUILDING)
    seats, hosts = group.spare - group.free - group.coming, group.minimum - group.online - group.arriving
    if group.rules.retire:
        # The hosts of old versions close during a release, so only new ones count, also for sessions that move.
        shared = [each for each in group.hosts if each.assigned_user_id is None]
        fresh = [each for each in shared if each.id not in group.rules.retire | group.broken]
        there = [each for each in fresh if each.state not in {HostState.BUILDING, HostState.REMOVING}]
        seats = group.spare + group.moving_sessions - sum(group.seats_left(each) for each in there)
        hosts = group.minimum - len(there)
    return max(0, max(-(-seats // group.target.seats), hosts) - building)


def _sizes(group: PlannedGroup) -> tuple[str, ...]:
    """Return the sizes of the target, with sizes in which a build has failed at the end."""
    failed = {each.size for each in group.hosts if each.state is HostState.BROKEN and each.online_at is None}
    return tuple(sorted(group.target.sizes, key=lambda size: size in failed))


def scale_in(group: PlannedGroup) -> None:
    """Drain hosts that are not needed, and stop empty hosts that have not been needed for long enough.

    A host that was drained long ago stops as soon as its last session has ended. One that has only started does not.
    One whose Windows was shut down is released at once: nobody can work on it.
    """
    runs = group.running
    for host in group.hosts:
        # Shut down from inside Windows: Azure charges for the machine until it is deallocated.
        if host.state is HostState.SHUT_DOWN and group.draft.may(host):
            group.draft.add(EngineAction.STOP, host, Reason.STILL_ALLOCATED)
        # A host drains before it stops, so that no sign-in meets a host that stops; a coming phase's hosts run on.
        if group.draft.may(host) and _is_drained(group, host) and not host.sessions and runs > group.stop_floor:
            runs -= _stop_when_idle(group, host)
    _drain(group)


def let_azure_start(group: PlannedGroup) -> None:
    """Open stopped hosts for Start VM on Connect: Azure Virtual Desktop starts no drained host for a sign-in."""
    if not group.target.start_on_connect:
        return
    for host in group.hosts:
        if host.is_off and not host.allow_new_sessions and group.may_serve(host) and host.id not in group.rules.retire:
            group.draft.add(EngineAction.UNDRAIN, host, Reason.START_ON_CONNECT)


def open_own_hosts(group: PlannedGroup) -> None:
    """Open hosts that have users of their own and were left closed, as by a restart: no other host takes the user."""
    leaves = group.broken | group.rules.retire | group.rules.held
    for host in group.hosts:
        theirs = host.assigned_user_id is not None and not host.user_left and not host.drained_by_hand
        closed = (host.serves or host.is_off) and not host.allow_new_sessions
        if theirs and closed and host.id not in leaves and group.draft.may(host):
            group.draft.add(EngineAction.UNDRAIN, host, Reason.USERS_OWN)


def _is_drained(group: PlannedGroup, host: ObservedHost) -> bool:
    drained = host.serves and not host.allow_new_sessions and not host.drained_by_hand
    return drained and host.assigned_user_id is None and host.id not in group.rules.held


def _idled(group: PlannedGroup, host: ObservedHost) -> bool:
    """Whether a drained *host* has run, and been closed, for the idle time."""
    idle, draft = group.target.idle, group.draft
    running = draft.waited(host.since, idle)
    return draft.waited(host.closed_since or host.since, idle) and running


def _stop_when_idle(group: PlannedGroup, host: ObservedHost) -> bool:
    """Return whether *host* stops now."""
    if not _idled(group, host):
        return False
    _stop(group, host)
    return True


def _stop(group: PlannedGroup, host: ObservedHost) -> None:
    """Stop *host*, or delete it where hosts that are not needed are not kept."""
    action = EngineAction.STOP
    if group.on_demand:
        action = EngineAction.REMOVE
    elif sleeps(group.target, host):
        action = EngineAction.HIBERNATE
    group.draft.add(action, host, Reason.IDLE, minutes=int(group.target.idle.total_seconds() // 60))


def sleeps(target: GroupTarget, host: ObservedHost) -> bool:
    """Whether *host* is hibernated instead of stopped: personal hosts of a size that can."""
    return target.hibernates and host.can_hibernate and target.kind is not LicenseType.POOLED


def _is_last(group: PlannedGroup, host: ObservedHost) -> bool:
    """Whether *host* is the last open host, and users without a seat may still sign in."""
    return group.online == 1 and group.others > 0 and not host.sessions and not group.on_demand


def _stop_the_last(group: PlannedGroup, host: ObservedHost) -> None:
    """Stop the last open host when nobody has used it for the idle time, without draining it before.

    Until then it takes sign-ins: Azure Virtual Desktop starts a host at sign-in only while none runs. So other hosts
    that the engine has drained stop before it.
    """
    since = host.since if host.empty_since is None else max(host.since, host.empty_since)
    alone = not any(_is_drained(group, each) and not each.excluded for each in group.hosts)
    may = alone and host.id not in group.rules.held and group.running > group.stop_floor
    if may and group.draft.waited(since, group.target.idle):
        _stop(group, host)


def _drain(group: PlannedGroup) -> None:
    """Drain hosts that administrators drain, then hosts with the fewest sessions while enough seats stay free.

    Of a release's old hosts all are drained, and their sessions need seats elsewhere if they are to be signed off. So
    are those with other profiles than the group's settings say, which change once nobody works on them. Of others only
    those that are at most half full: more would not become empty sooner for it.
    """
    # An administrator's drain needs no free seats: scale_out has replaced the host's seats in the same plan.
    for host in group.hosts:
        if host.drained_by_hand and host.is_open and group.draft.may(host):
            group.draft.add(EngineAction.DRAIN, host, Reason.DRAINED_BY_HAND)
    retire = group.rules.retire
    is_open = [each for each in group.hosts if group.counts_as_open(each) and group.draft.may(each)]
    # Surplus hosts drain even if they are more than half full, or they would never become empty and be removed.
    too_many = not retire and len(group.licensed) - len(group.rules.beyond) > group.target.hosts
    # Without the margin, the next sign-in would reopen the host.
    margin = min(_MARGIN, group.spare, group.target.seats)
    # Sessions on drained old hosts are signed off only to free seats, so these seats are taken already.
    leaving = sum(each.sessions for each in group.hosts if each.id in retire and not each.is_open)
    for host in sorted(is_open, key=lambda each: _least_needed(group, each)):
        old, free = host.id in retire, group.free - group.seats_left(host)
        stale = host.drift is SettingsDrift.WHEN_EMPTY and group.has_stale_settings(host)
        after = leaving + host.sessions if group.rules.moves else 0
        # A host that is more than half full would not become empty sooner if it drained.
        half = host.sessions * 2 <= group.target.seats or too_many
        enough = group.spare + (after if old else group.moving_sessions if stale else margin + group.moving_sessions)
        if (
            free < enough
            # A coming phase would open the host again; and while anybody works, one host stays open.
            or group.online - 1 < max(group.drain_floor, 1 if group.sessions and group.target.hosts else 0)
            or not (old or stale or half)
        ):
            continue
        if _is_last(group, host):
            _stop_the_last(group, host)
            continue
        facts = {"old": host.version, "version": group.target.version, "free": free, "spare": group.spare}
        reason = Reason.OLD_VERSION if old else Reason.SETTINGS_DIFFER if stale else Reason.NOT_NEEDED
        group.draft.add(EngineAction.DRAIN, host, reason, **facts)
        group.free, group.online = free, group.online - 1
        leaving += host.sessions if old else 0


def _least_needed(group: PlannedGroup, host: ObservedHost) -> tuple[bool, bool, bool, int, str]:
    stale = host.drift is SettingsDrift.WHEN_EMPTY and group.has_stale_settings(host)
    return (host.id not in group.rules.retire, not stale, not host.low_priority, host.sessions, host.id)
