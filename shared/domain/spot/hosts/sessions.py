"""Users of session hosts: their sessions, and hosts that are dedicated to one member.

Who loses the place loses access at once; the host is kept for some days, for them to come back, or for somebody to save
what is on its disk (docs/decisions/0056).
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.domain.spot.groups.members import SpotMember
from shared.domain.spot.hosts.host import HostStatus, SessionHost
from shared.domain.values import Value, several_lines


class Notice(Value):
    """Message to users. Source of the limits: learn.microsoft.com/rest/api/desktopvirtualization/user-sessions."""

    title: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(several_lines)]
    body: Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(several_lines)]


class SessionNames:
    """Owners of sessions and of assigned desktops, by the principal names that host pools show.

    Azure lists sessions by principal name alone (the object id in that list is the session's own), and goes on showing
    the name with which a user has signed in, or to which a desktop was assigned. A name may also be given to somebody
    else. A user is identified by the names that the directory has shown for their object id, as far as nobody else has
    had the same.
    """

    def __init__(self, members: Iterable[SpotMember]) -> None:
        self._owners: dict[str, set[str]] = {}
        for member in members:
            for name in member.names:
                self.note(name, member.user_id)

    def note(self, name: str, user_id: str) -> None:
        """Note that a name is, or has been, a user's."""
        self._owners.setdefault(name.casefold(), set()).add(user_id)

    def candidates(self, name: str) -> frozenset[str]:
        """Return the object ids of the users who have, or had, this user principal name."""
        return frozenset(self._owners.get(name.casefold(), ()))

    def owner(self, name: str) -> str | None:
        """Return the object id of the only user that may own a session with this user name, or None."""
        found = self.candidates(name)
        return next(iter(found)) if len(found) == 1 else None


class DesktopSession(Value):
    """One session; *id* tells it from the others of its group. *number*: by which Azure knows it on its host.

    *user_id*: the object id of its user; None: nobody who is a member has that name, or more than one has had it.
    """

    id: str
    number: str
    session_host_id: str
    user_principal_name: str = ""
    state: str
    began: datetime | None = None
    user_id: str | None = None


_GOES = frozenset({HostStatus.FAILED, HostStatus.REMOVING})


def next_owner(host_id: str, hosts: Iterable[SessionHost], members: Iterable[SpotMember]) -> str | None:
    """Return the id of the user that should get the host, or None if no user waits.

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
    """Return the host with its removal set to *until* if its user has lost their place, or unset if they have one.

    *with_place*: the users of the group who have a place. What was noted first stays, however long it is read anew.
    """
    owner = host.assigned_user_id
    if owner is None or owner in with_place:
        return host.but(kept_until=None, held_back=None)
    return host if host.kept_until is not None else host.but(kept_until=until)
