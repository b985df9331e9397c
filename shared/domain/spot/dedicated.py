"""Whose a dedicated host is: the first member with a place who has none, by the time they were first seen. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from shared.domain.spot.host import HostStatus, SessionHost
from shared.domain.spot.members import SpotMember

_GOES = frozenset({HostStatus.FAILED, HostStatus.REMOVING})


def next_owner(host_id: str, hosts: Iterable[SessionHost], members: Iterable[SpotMember]) -> str | None:
    """Return whose the host should be; None: nobody's.

    One that has an owner keeps them, unless another host with a lesser id has the same: both were given at one moment.
    """
    there = {host.id: host for host in hosts if host.status not in _GOES}
    mine = there[host_id].assigned_user_id if host_id in there else None
    if mine is not None and not any(other.assigned_user_id == mine and other.id < host_id for other in there.values()):
        return mine
    taken = {host.assigned_user_id for host in there.values() if host.assigned_user_id is not None}
    waiting = (member for member in members if member.counts and member.user_id not in taken)
    first = min(waiting, key=lambda member: (member.first_seen_date_time, member.user_id), default=None)
    return first.user_id if first else None
