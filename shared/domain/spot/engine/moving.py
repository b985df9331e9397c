"""Removal and repair of hosts: old versions, surplus hosts, hosts of users who left, broken hosts. Pure."""

from __future__ import annotations

from datetime import timedelta

from shared.domain.spot.engine.capacity import PlannedGroup
from shared.domain.spot.groups.group import LicenseType
from shared.domain.spot.groups.settings import ScaleIn
from shared.domain.spot.groups.target import RESTARTS
from shared.domain.spot.hosts.host_plan import EngineAction, Reason, Stage
from shared.domain.spot.hosts.observed import HostState, ObservedHost, SettingsDrift

_AT_ONCE = timedelta(0)


def move_sessions(group: PlannedGroup) -> None:
    """Tell the users of a release's drained hosts, and sign them off when the notice is over and seats are free."""
    if not group.rules.moves:  # an opportunistic release signs nobody off
        return
    # Sessions are signed off only to seats that are free, on hosts that stay.
    fresh = [each for each in group.hosts if group.counts_as_open(each) and each.id not in group.rules.retire]
    room = sum(group.seats_left(each) for each in fresh)
    for host in group.hosts:
        moves = host.id in group.rules.retire and not host.is_open and not host.is_uncertain
        if moves and host.sessions and group.draft.may(host):
            room -= _tell_or_sign_off(group, host, room)


def _tell_or_sign_off(group: PlannedGroup, host: ObservedHost, seats: int) -> int:
    """Return how many of the free *seats* elsewhere the users of *host* will take."""
    facts = {"old": host.version, "version": group.target.version}
    if host.notified_at is None:
        group.draft.add(EngineAction.NOTIFY, host, Reason.OLD_VERSION, **facts)
    elif seats >= host.sessions and group.draft.waited(host.notified_at, group.target.notice):
        group.draft.add(EngineAction.SIGN_OFF, host, Reason.NOTICE_IS_OVER, minutes=_minutes(group))
        return host.sessions
    return 0


def _minutes(group: PlannedGroup) -> int:
    return int(group.target.notice.total_seconds() // 60)


def bring_settings(group: PlannedGroup) -> None:
    """Apply the group's settings to hosts: at once where sessions are not disturbed, else to hosts without sessions.

    A quarter of the hosts at a time, so that the others serve; one that was just tried and failed comes later. Hosts
    that a release takes away are left as they are.
    """
    due = [each for each in group.hosts if group.has_stale_settings(each) and group.draft.may(each)]
    for host in due:
        if host.drift is SettingsDrift.AT_ONCE and host.serves:
            group.draft.add(EngineAction.CONFIGURE, host, Reason.SETTINGS_DIFFER)
    # A host that is being configured serves nobody: a quarter at a time, so that the others do.
    room = max(1, len(group.licensed) // 4) - sum(each.configuring for each in group.hosts)
    empty = [each for each in due if each.drift is SettingsDrift.WHEN_EMPTY and _may_be_configured(each)]
    for host in sorted(empty, key=lambda each: (each.is_off, each.id))[: max(0, room)]:
        group.draft.add(EngineAction.CONFIGURE, host, Reason.SETTINGS_DIFFER)
        if group.counts_as_open(host):  # what comes after this in the plan counts without its seats
            group.free, group.online = group.free - group.seats_left(host), group.online - 1


def _may_be_configured(host: ObservedHost) -> bool:
    """Whether nobody works on *host*, and it runs or can be started."""
    return not host.sessions and (host.serves or host.state in {HostState.STOPPED, HostState.HIBERNATED})


def remove(group: PlannedGroup) -> None:
    """Remove old hosts without sessions, hosts that failed or whose users left long ago, and surplus hosts."""
    target = group.target
    staying = sum(1 for each in group.licensed if each.state is not HostState.REMOVING)
    # A group that keeps its hosts stays complete during the release; one that deletes idle hosts builds when needed.
    keeps = target.hosts if target.scale_in is ScaleIn.DEALLOCATE else 0
    retired = [each for each in group.hosts if each.id in group.rules.retire]
    # Closed hosts go first, so that open ones serve as long as possible.
    for host in sorted(retired, key=lambda each: (each.is_open, each.id)):
        if staying > keeps and _may_go(group, host):
            facts = {"old": host.version, "version": target.version}
            group.draft.add(EngineAction.REMOVE, host, Reason.OLD_VERSION, **facts)
            staying -= 1
    for host in group.hosts:
        if host.id in group.rules.spent and not host.is_uncertain and group.draft.may(host):
            hours = int(target.keep_failed.total_seconds() // 3600)
            group.draft.add(EngineAction.REMOVE, host, Reason.FAILED_IN_RELEASE, hours=hours)
    for host in group.hosts:
        if host.user_left and not host.is_uncertain and group.draft.may(host):
            _dismiss(group, host)
    # While sessions move the surge is wanted, and old hosts go by the rules above.
    if group.rules.stage is not Stage.MOVING:
        _remove_surplus(group, staying - _beyond(group))


def _dismiss(group: PlannedGroup, host: ObservedHost) -> None:
    """Sign off a user who left, after notice; remove their host when it has been kept for long enough."""
    if host.sessions:
        if host.notified_at is None:
            group.draft.add(EngineAction.NOTIFY, host, Reason.USER_LEFT)
        elif group.draft.waited(host.notified_at, group.target.notice):
            group.draft.add(EngineAction.SIGN_OFF, host, Reason.NOTICE_IS_OVER, minutes=_minutes(group))
    # The host stays for the time that the group says, because its user may come back (decision 56).
    elif (host.serves or _may_go(group, host)) and group.draft.waited(host.kept_until, _AT_ONCE):
        group.draft.add(EngineAction.REMOVE, host, Reason.USER_LEFT)


def _beyond(group: PlannedGroup) -> int:
    """Return how many staying hosts belong to an unfinished release, and do not count towards the group's number."""
    stays = [each for each in group.hosts if each.state is not HostState.REMOVING]
    return sum(1 for each in stays if each.id in group.rules.beyond)


def _remove_surplus(group: PlannedGroup, staying: int) -> None:
    if staying <= group.target.hosts:
        return
    # Neither a release's own hosts nor the host of a user are surplus.
    nobodys = [each for each in group.hosts if each.id not in group.rules.beyond and each.assigned_user_id is None]
    for host in sorted(nobodys, key=lambda each: _first_to_go(group, each)):
        if staying <= group.target.hosts:
            return
        if _may_go(group, host):
            facts = {"hosts": staying, "wanted": group.target.hosts}
            group.draft.add(EngineAction.REMOVE, host, Reason.TOO_MANY_HOSTS, **facts)
            staying -= 1


def _first_to_go(group: PlannedGroup, host: ObservedHost) -> tuple[bool, bool, bool, bool, str]:
    broken, old = host.id in group.broken, host.version != group.target.version
    return (not broken, not old, not host.is_off, not host.low_priority, host.id)


def _may_go(group: PlannedGroup, host: ObservedHost) -> bool:
    """Whether *host* serves nobody and will not: it is off, drained and empty, or broken and empty."""
    empty = host.is_off or (host.serves and not host.is_open and host.empty_since is not None)
    known = host.state is not HostState.REMOVING and not host.is_uncertain and host.sessions == 0
    return group.draft.may(host) and known and (empty or host.id in group.broken)


def repair(group: PlannedGroup) -> None:
    """Repair one broken host: empty it after notice, restart it, and replace it when that has not helped.

    One at a time, and none while a host is being built or removed: what breaks all hosts at once must not be answered
    by building all of them anew. A dedicated host is only restarted. What failed in a release that has stopped stays as
    it is.
    """
    # What breaks all hosts at once (an image, a network) must not be answered by building all of them anew.
    at_work = {HostState.BUILDING, HostState.REMOVING}
    builds = any(step.action is EngineAction.BUILD for step in group.draft.steps)
    if builds or any(each.state in at_work for each in group.hosts):
        return
    # A host that restarts for its repair first shows whether that has helped.
    if any(each.state is HostState.STARTING and each.restarts for each in group.hosts if each.id not in group.broken):
        return
    # Hosts that failed in a release are its evidence until their time is over.
    mended = group.broken - group.rules.evidence - group.rules.spent
    broken = [each for each in group.hosts if each.id in mended and group.draft.may(each)]
    for host in sorted(broken, key=lambda each: (each.sessions, each.id)):
        if _repair(group, host):
            return


def _repair(group: PlannedGroup, host: ObservedHost) -> bool:
    """Add the next step of the repair of *host*; return whether there is one now."""
    facts = {"state": host.state.value, "agent": host.agent.value}
    # No session ends without notice, even on a broken host: it may still work for those who are on it.
    if host.sessions and host.allow_new_sessions:
        group.draft.add(EngineAction.DRAIN, host, Reason.BROKEN, **facts)
    elif host.sessions and host.notified_at is None:
        group.draft.add(EngineAction.NOTIFY, host, Reason.BROKEN, **facts)
    elif host.sessions:
        if not group.draft.waited(host.notified_at, group.target.notice):
            return False
        group.draft.add(EngineAction.SIGN_OFF, host, Reason.NOTICE_IS_OVER, minutes=_minutes(group))
    elif host.state is not HostState.BROKEN and host.restarts < RESTARTS:
        group.draft.add(EngineAction.RESTART, host, Reason.BROKEN, **facts)
    # A dedicated host is never rebuilt: it is left to an administrator.
    elif group.target.kind is not LicenseType.PERSONAL_DEDICATED or host.assigned_user_id is None:
        group.draft.add(EngineAction.REPLACE, host, Reason.BROKEN, **facts)
    else:
        return False
    return True


def keep_tokens(group: PlannedGroup) -> None:
    """Start one host that has been off for so long that its token would expire; it stops again when it is idle."""
    # One at a time; and a release removes its old hosts, so their tokens may expire.
    if any(each.state is HostState.STARTING for each in group.hosts):
        return
    off = [each for each in group.hosts if each.is_off and group.draft.may(each) and each.id not in group.rules.retire]
    for host in sorted(off, key=lambda each: (each.online_at or each.since, each.id)):
        if group.draft.waited(host.online_at or host.since, group.target.wake):
            group.draft.add(EngineAction.WAKE, host, Reason.TOKEN_AGES, days=group.target.wake.days)
            return
