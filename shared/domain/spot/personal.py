"""The hosts that have a user of their own: woken at sign-in, off when nobody uses them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.spot.capacity import Group
from shared.domain.spot.host_plan import Action
from shared.domain.spot.observed import ObservedHost, WaitingSignIn
from shared.domain.spot.reasons import Reason
from shared.domain.spot.scaling import sleeps


def without_host(hosts: Sequence[ObservedHost], waiting: Sequence[WaitingSignIn]) -> list[WaitingSignIn]:
    """Return the waiting sign-ins of users who have no host of their own."""
    owners = {host.assigned_user_id for host in hosts}
    return [each for each in waiting if each.user_id not in owners]


def start_for_sign_ins(group: Group, waiting: Sequence[WaitingSignIn]) -> None:
    """Start the host of everybody who waits; how many start at a time does not limit it, they are asked for."""
    users = {each.user_id for each in waiting}
    for host in group.hosts:
        if host.assigned_user_id in users and host.is_off and group.draft.may(host):
            group.draft.add(Action.START, host, Reason.SIGN_IN_WAITS)


def rest_when_unused(group: Group, waiting: Sequence[WaitingSignIn]) -> None:
    """Stop the hosts whose users have been away; a session that is only disconnected survives hibernation alone."""
    users, idle = {each.user_id for each in waiting}, group.target.idle
    for host in group.hosts:
        mine = host.assigned_user_id is not None and host.assigned_user_id not in users
        if not mine or not host.serves or host.active or not group.draft.may(host):
            continue
        asleep = sleeps(group.target, host)
        if host.sessions:
            if asleep and not host.user_left and group.draft.waited(host.inactive_since, idle):
                group.draft.add(Action.HIBERNATE, host, Reason.ONLY_DISCONNECTED)
        elif group.draft.waited(host.empty_since, idle):
            action = Action.HIBERNATE if asleep else Action.STOP
            group.draft.add(action, host, Reason.IDLE, minutes=int(idle.total_seconds() // 60))
