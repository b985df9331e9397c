"""Who of a Spot Group's directory groups has a place in it: the first by the time they were first seen.

The rules for removals of Cloud PCs hold here too: what the directory does not say takes nobody's access, and more
leavers than the tenant's removal brake allows wait for a confirmation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from shared.domain.tenants.directory import DirectoryUser
from shared.domain.tenants.tenant import RemovalBrake
from shared.domain.values import Value


class MemberStatus(StrEnum):
    """Where a member of a Spot Group stands."""

    ENTITLED = "entitled"  # within the quantity: may sign in
    WAITING = "waiting"  # above the quantity: no rights meanwhile
    LEAVING = "leaving"  # no longer in a group: loses access
    REMOVAL_HELD = "removalHeld"  # would lose access, and that waits for a confirmation


class Rights(StrEnum):
    """Whether a member may sign in, as far as Azure was told."""

    NONE = "none"
    GRANTING = "granting"  # written before the first role assignment: a crash leaves none that nobody knows of
    GRANTED = "granted"


class SpotMember(Value):
    """One user of one Spot Group.

    *held_because*: why their removal waits, None: it does not. *confirmed_by*: who has confirmed it.
    """

    id: str
    tenant_id: str
    group_id: str
    user_id: str
    user_principal_name: str
    display_name: str = ""
    status: MemberStatus
    first_seen_date_time: datetime
    changed_date_time: datetime
    rights: Rights = Rights.NONE
    held_because: str | None = None
    confirmed_by: str | None = None

    @property
    def may_sign_in(self) -> bool:
        """Whether they have their rights."""
        return self.rights is Rights.GRANTED

    @property
    def counts(self) -> bool:
        """Whether a place of the quantity is theirs: a held removal keeps its place."""
        return self.status in {MemberStatus.ENTITLED, MemberStatus.REMOVAL_HELD}


class Seen(Value):
    """A user in the group's groups, as the directory shows them now."""

    user_id: str
    user_principal_name: str
    display_name: str = ""


def seen_users(users: Iterable[DirectoryUser]) -> tuple[Seen, ...]:
    """Return users as the directory has them now."""
    return tuple(
        Seen(user_id=each.id, user_principal_name=each.user_principal_name, display_name=each.display_name)
        for each in users
    )


class Roll(Value):
    """What the directory said. *complete*: every group was read whole; *empty*: groups that are gone or have nobody."""

    users: tuple[Seen, ...]
    complete: bool
    empty: frozenset[str] = frozenset()


class MemberPlan(Value):
    """What becomes of the members: the records as they should be; *gone*: those whose access ends now."""

    members: tuple[SpotMember, ...]
    gone: tuple[SpotMember, ...] = ()

    @property
    def grants(self) -> tuple[SpotMember, ...]:
        """Those who have a place, and no rights yet."""
        return tuple(member for member in self.members if member.rights is Rights.GRANTING)

    @property
    def revocations(self) -> tuple[SpotMember, ...]:
        """Those who have rights, and no place any more."""
        waiting = (member for member in self.members if member.status is MemberStatus.WAITING)
        return tuple(member for member in (*self.gone, *waiting) if member.rights is not Rights.NONE)

    def of(self, status: MemberStatus) -> tuple[SpotMember, ...]:
        """Return the members of one status."""
        return tuple(member for member in self.members if member.status is status)


def plan_members(
    known: Iterable[SpotMember],
    roll: Roll,
    *,
    quantity: int,
    brake: RemovalBrake,
    at: datetime,
    new_id: Mapping[str, str],
    tenant_id: str,
    group_id: str,
) -> MemberPlan:
    """Return who has a place, who waits and who loses access.

    *new_id*: the id of each user's record. Those whose access ends keep their place until it has ended, so that never
    more people have access than the quantity says.
    """
    before = {member.user_id: member for member in known}
    seen = {user.user_id: user for user in roll.users}
    left = _left(before, seen, roll)
    held = _held(left, before, roll, brake)
    staying = [
        _new(user, new_id[user.user_id], tenant_id, group_id, at) for user in roll.users if user.user_id not in before
    ]
    gone: list[SpotMember] = []
    for user_id, member in before.items():
        if user_id in seen:
            staying.append(_seen_again(member, seen[user_id], at))
        elif user_id not in left:
            staying.append(member)  # the directory did not say
        elif user_id in held:
            staying.append(_changed(member, at, status=MemberStatus.REMOVAL_HELD, held_because=held[user_id]))
        else:
            gone.append(_changed(member, at, status=MemberStatus.LEAVING, held_because=None))
    places = quantity - sum(1 for member in gone if member.rights is not Rights.NONE)
    return MemberPlan(members=_placed(staying, places, at), gone=tuple(gone))


def _new(user: Seen, id_: str, tenant_id: str, group_id: str, at: datetime) -> SpotMember:
    return SpotMember(
        id=id_,
        tenant_id=tenant_id,
        group_id=group_id,
        user_id=user.user_id,
        user_principal_name=user.user_principal_name,
        display_name=user.display_name,
        status=MemberStatus.WAITING,
        first_seen_date_time=at,
        changed_date_time=at,
    )


def dissolved(known: Iterable[SpotMember], at: datetime) -> MemberPlan:
    """Return the plan of a group that is deleted: everybody leaves."""
    return MemberPlan(
        members=(),
        gone=tuple(_changed(member, at, status=MemberStatus.LEAVING, held_because=None) for member in known),
    )


def _left(before: Mapping[str, SpotMember], seen: Mapping[str, Seen], roll: Roll) -> frozenset[str]:
    """Return who is a member and was not seen; nobody, where the directory was not read whole.

    One that shows nobody is believed once it is confirmed of all who have a place. Until then their removals are held,
    and who waits goes on waiting.
    """
    leaving = {user_id for user_id, member in before.items() if member.status is MemberStatus.LEAVING}
    if not roll.complete:
        return frozenset(leaving - set(seen))
    counting = {user_id: member for user_id, member in before.items() if member.counts}
    confirmed = [member for member in counting.values() if member.confirmed_by is not None]
    if not seen and len(confirmed) < max(1, len(counting)):
        return frozenset(leaving | set(counting))
    return frozenset(set(before) - set(seen))


def _held(left: frozenset[str], before: Mapping[str, SpotMember], roll: Roll, brake: RemovalBrake) -> dict[str, str]:
    """Return whose removal waits for a confirmation, and why; waiting members lose nothing, and never wait for it."""
    losing = [before[user_id] for user_id in left if before[user_id].counts and before[user_id].confirmed_by is None]
    number = sum(1 for member in before.values() if member.counts)
    if len(losing) > brake.count and len(losing) * 100 > number * brake.percent:
        why = f"{len(losing)} of {number} members would lose access at once"
        return {member.user_id: why for member in losing}
    if roll.empty or not roll.users:
        why = "a group of the Spot Group is gone, or answered without a single user"
        return {member.user_id: why for member in losing}
    return {member.user_id: member.held_because for member in losing if member.held_because}


def _placed(members: list[SpotMember], places: int, at: datetime) -> tuple[SpotMember, ...]:
    """Give the places to those who were first seen first; who has one already and was seen later gives it back."""
    ordered = sorted(members, key=lambda member: (member.first_seen_date_time, member.user_id))
    free = places - sum(1 for member in ordered if member.status is MemberStatus.REMOVAL_HELD)
    placed = []
    for member in ordered:
        if member.status is MemberStatus.REMOVAL_HELD:
            placed.append(member)
            continue
        status = MemberStatus.ENTITLED if free > 0 else MemberStatus.WAITING
        free -= 1
        begins = status is MemberStatus.ENTITLED and member.rights is Rights.NONE
        placed.append(_changed(member, at, status=status, rights=Rights.GRANTING if begins else member.rights))
    return tuple(placed)


def _seen_again(member: SpotMember, seen: Seen, at: datetime) -> SpotMember:
    has_place = member.status in {MemberStatus.REMOVAL_HELD, MemberStatus.ENTITLED}
    return _changed(
        member,
        at,
        status=MemberStatus.ENTITLED if has_place else MemberStatus.WAITING,
        user_principal_name=seen.user_principal_name,
        display_name=seen.display_name,
        held_because=None,
        confirmed_by=None,  # it was given for that leaving, not for a later one
    )


def _changed(member: SpotMember, at: datetime, **changes: object) -> SpotMember:
    if all(getattr(member, name) == value for name, value in changes.items()):
        return member
    moved = {} if changes.get("status", member.status) == member.status else {"changed_date_time": at}
    return member.but(**changes, **moved)
