"""The hosts that have a user of their own: off when nobody uses them. Pure."""

from __future__ import annotations

from shared.domain.spot.capacity import Group
from shared.domain.spot.host_plan import Action
from shared.domain.spot.reasons import Reason
from shared.domain.spot.scaling import sleeps


def rest_when_unused(group: Group) -> None:
    """Stop the hosts whose users have been away; a session that is only disconnected survives hibernation alone."""
    idle = group.target.idle
    for host in group.hosts:
        if host.assigned_user_id is None or not host.serves or host.active or not group.draft.may(host):
            continue
        asleep = sleeps(group.target, host)
        if host.sessions:
            if asleep and not host.user_left and group.draft.waited(host.inactive_since, idle):
                group.draft.add(Action.HIBERNATE, host, Reason.ONLY_DISCONNECTED)
        elif group.draft.waited(host.empty_since, idle):
            action = Action.HIBERNATE if asleep else Action.STOP
            group.draft.add(action, host, Reason.IDLE, minutes=int(idle.total_seconds() // 60))
