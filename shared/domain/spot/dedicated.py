"""Assignment of a dedicated host: the first member with a place who has none, by the time they were first seen. Pure.

Who loses the place loses access at once; the host is kept for some days, for them to come back, or for somebody to save
what is on its disk (docs/decisions/0056).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from shared.domain.spot.host import HostStatus, SessionHost
from shared.domain.spot.members import SpotMember

_GOES = frozenset({HostStatus.FAILED, HostStatus.REMOVING})


def next_owner(host_id: str, hosts: Iterable[SessionHost], members: Iterable[SpotMember]) -> str | None:
    """Return the id of the user that the host should be given to; None: no user waits.

    A host keeps its user, unless another host with a lesser id has the same: both were given at one moment.
    """
    there = {host.id: host for host in hosts if host.status not in _GOES}
    mine = there[host_id].assigned_user_id if host_id in there else None
    if mine is not None and not any(other.assigned_user_id == mine and other.id < host_id for other in there.values()):
        return mine
    taken = {host.assigned_user_id for host in there.values() if host.assigned_user_id is not None}
    waiting = (member for member in members if member.counts and member.user_id not in taken)
    first = min(waiting, key=lambda member: (member.first_seen_date_time, member.user_id), default=None)
    return first.user_id if first else None


def kept(host: SessionHost, with_place: Collection[str], until: datetime) -> SessionHost:
    """Return the host with when it goes: *until*, of one whose user has just lost their place; never, if they have one.

    *with_place*: the users of the group who have a place. What was noted first stays, however long it is read anew.
    """
    owner = host.assigned_user_id
    if owner is None or owner in with_place:
        return host.but(kept_until=None, held_back=None)
    return host if host.kept_until is not None else host.but(kept_until=until)
