"""Members of a Spot Group's directory groups with a place in it: the first by the time they were first seen.

The rules for removals of Cloud PCs hold here too: what the directory does not say takes nobody's access, and more
leavers than the tenant's removal brake allows wait for a confirmation. A list of members that lacks somebody proves
nothing: a member has left when the directory was asked about this one user, and says so (docs/decisions/0087).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shared.domain import naming
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.groups.signing_off import SigningOff
from shared.domain.tenants.directory import DirectoryUser, count_from
from shared.domain.tenants.tenant import LATELY, RemovalBrake
from shared.domain.values import Value

UNANSWERED = "the directory did not say whether they have left; it is asked again"
"""The reason for a waiting removal that nobody needs to confirm."""


_NAMES_KEPT = 10
"""Number of former principal names of a member are kept."""


class MemberStatus(StrEnum):
    """Status of a member of a Spot Group."""

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

    *held_because*: why their removal waits, None: it does not. *confirmed_by*: who has confirmed it. *rights_given_at*:
    when Azure was told the last of their roles, which count some minutes later; None: they have none, or had them long
    before that was written down. *former_names*: principal names that they had as a member, the latest first: a session
    shows the name with which its user signed in. *signing_off*: how
    their sessions end; None: they need not, or have none and can begin none.
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
    rights_given_at: datetime | None = None
    former_names: tuple[str, ...] = ()
    signing_off: SigningOff | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The principal names that a session of theirs may show."""
        return (self.user_principal_name, *self.former_names)

    def may_sign_in(self, at: datetime) -> bool:
        """Whether they have their rights, and they count at *at*."""
        return self.rights is Rights.GRANTED and (
            self.rights_given_at is None or count_from(self.rights_given_at) <= at
        )

    @property
    def counts(self) -> bool:
        """Whether a place of the quantity is theirs: a held removal keeps its place."""
        return self.status in {MemberStatus.ENTITLED, MemberStatus.REMOVAL_HELD}

    @property
    def has_access(self) -> bool:
        """Whether they have rights, or sessions that have not ended."""
        return self.rights is not Rights.NONE or self.signed_off_at is not None

    @property
    def signed_off_at(self) -> datetime | None:
        """Time at which their sessions end, if they have any that must end."""
        return self.signing_off.at if self.signing_off is not None and self.signing_off.signed_in else None

    @property
    def loses_access(self) -> bool:
        """Whether their access goes: they have some, or may still sign in with roles that were taken."""
        return self.has_access or self.signing_off is not None

    def access_ends(self, at: datetime) -> bool:
        """Whether something is to be done *at* a moment about the access of somebody without a place."""
        return self.rights is not Rights.NONE or (self.signing_off is not None and self.signing_off.at <= at)


class SeenMember(Value):
    """A user in the group's groups, as the directory shows them now."""

    user_id: str
    user_principal_name: str
    display_name: str = ""


def seen_users(users: Iterable[DirectoryUser]) -> tuple[SeenMember, ...]:
    """Return users as the directory has them now."""
    return tuple(
        SeenMember(user_id=each.id, user_principal_name=each.user_principal_name, display_name=each.display_name)
        for each in users
    )


class Roll(Value):
    """Answer of the directory. *users*: members of the groups; *empty*: groups that are gone or have nobody.

    *left*: users who are in none of the groups, as it answered about each of them. *partial*: its list lacks somebody
    who is a member by its answer about them.
    """

    users: tuple[SeenMember, ...]
    empty: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()
    partial: bool = False


class FormerMember(Value):
    """A user who has left a Spot Group, with their old place in line, which they get back if they return soon.

    *had_place*: whether they lost access by leaving; *confirmed*: whether somebody had confirmed their removal.
    """

    id: str
    tenant_id: str
    group_id: str
    user_id: str
    first_seen_date_time: datetime
    left_date_time: datetime
    had_place: bool
    confirmed: bool = False


class MemberPlan(Value):
    """Plan for the members *at* a time: the records as they should be; *gone*: members who lose access.

    *former*: what is kept of those who are gone; *forgotten*: what is kept no longer.
    """

    at: datetime
    members: tuple[SpotMember, ...]
    gone: tuple[SpotMember, ...] = ()
    former: tuple[FormerMember, ...] = ()
    forgotten: tuple[FormerMember, ...] = ()

    @property
    def grants(self) -> tuple[SpotMember, ...]:
        """Members who have a place, and no rights yet."""
        return tuple(member for member in self.members if member.rights is Rights.GRANTING)

    @property
    def revocations(self) -> tuple[SpotMember, ...]:
        """Members who have lost their place, and whose rights, or sessions after the notice, end now."""
        waiting = (member for member in self.members if member.status is MemberStatus.WAITING)
        return tuple(member for member in (*self.gone, *waiting) if member.access_ends(self.at))

    def of(self, status: MemberStatus) -> tuple[SpotMember, ...]:
        """Return the members of one status."""
        return tuple(member for member in self.members if member.status is status)


def suspects(
    known: Iterable[SpotMember], roll: Roll, *, brake: RemovalBrake, former: Iterable[FormerMember], at: datetime
) -> tuple[SpotMember, ...]:
    """Return the members that the list lacks and nothing else holds: the directory has to be asked about each."""
    before = {member.user_id: member for member in known}
    missing = _missing(before, roll)
    held = _held_removals(missing, before, roll, brake, _lost_lately(former, at))
    return tuple(before[user_id] for user_id in sorted(missing) if user_id not in held)


def plan_members(
    group: SpotGroup,
    known: Iterable[SpotMember],
    roll: Roll,
    *,
    brake: RemovalBrake,
    at: datetime,
    former: Iterable[FormerMember] = (),
) -> MemberPlan:
    """Return the members with a place, the waiting members, and the members who lose access.

    *former*: users who have left before. Members whose access ends keep their place until it has ended and they are
    signed off, so that never more people have access than the quantity says.
    """
    before, seen = {member.user_id: member for member in known}, {user.user_id: user for user in roll.users}
    earlier = {each.user_id: each for each in former}
    missing = _missing(before, roll)
    held = _held_removals(missing, before, roll, brake, _lost_lately(earlier.values(), at))
    staying = [_new(user, group, earlier.get(user.user_id), at) for user in roll.users if user.user_id not in before]
    gone: list[SpotMember] = []
    for user_id, member in before.items():
        if user_id in seen:
            staying.append(_seen_again(member, seen[user_id], at))
        elif user_id not in missing:
            staying.append(member)  # the directory did not say
        elif user_id in held:
            staying.append(_changed(member, at, status=MemberStatus.REMOVAL_HELD, held_because=held[user_id]))
        elif user_id in roll.left or member.status is MemberStatus.LEAVING:
            gone.append(_changed(member, at, status=MemberStatus.LEAVING, held_because=None))
        elif member.counts:
            staying.append(_changed(member, at, status=MemberStatus.REMOVAL_HELD, held_because=UNANSWERED))
        else:
            staying.append(member)  # who waits goes on waiting
    places = group.quantity - sum(1 for member in gone if member.has_access)
    kept = tuple(_former(member, before[member.user_id], at) for member in gone)
    return MemberPlan(
        at=at,
        members=_placed(staying, places, at),
        gone=tuple(gone),
        former=tuple(each for each in kept if each.user_id not in earlier),
        forgotten=tuple(each for each in earlier.values() if each.user_id in seen or not _returns(each, group, at)),
    )


def _new(user: SeenMember, group: SpotGroup, former: FormerMember | None, at: datetime) -> SpotMember:
    """Return a new member; a user who has left not long ago has the old place in line."""
    returns = former is not None and _returns(former, group, at)
    return SpotMember(
        id=naming.derived_id("spotMember", group.tenant_id, group.id, user.user_id),
        tenant_id=group.tenant_id,
        group_id=group.id,
        user_id=user.user_id,
        user_principal_name=user.user_principal_name,
        display_name=user.display_name,
        status=MemberStatus.WAITING,
        first_seen_date_time=former.first_seen_date_time if former and returns else at,
        changed_date_time=at,
    )


def _returns(former: FormerMember, group: SpotGroup, at: datetime) -> bool:
    return at - former.left_date_time < timedelta(days=group.capacity.keep_leavers_place_in_days)


def _former(member: SpotMember, before: SpotMember, at: datetime) -> FormerMember:
    return FormerMember(
        id=member.id,
        tenant_id=member.tenant_id,
        group_id=member.group_id,
        user_id=member.user_id,
        first_seen_date_time=member.first_seen_date_time,
        left_date_time=at,
        had_place=before.counts,
        confirmed=before.confirmed_by is not None,
    )


def dissolved(known: Iterable[SpotMember], at: datetime) -> MemberPlan:
    """Return the plan of a group that is deleted: everybody leaves."""
    return MemberPlan(
        at=at,
        members=(),
        gone=tuple(_changed(member, at, status=MemberStatus.LEAVING, held_because=None) for member in known),
    )


def _missing(before: Mapping[str, SpotMember], roll: Roll) -> frozenset[str]:
    """Return the ids of members that are not in the list.

    A list without any user is believed once the removal of all who have a place is confirmed. Until then their removals
    are held, and waiting members go on waiting.
    """
    counting = {user_id: member for user_id, member in before.items() if member.counts}
    confirmed = [member for member in counting.values() if member.confirmed_by is not None]
    if not roll.users and len(confirmed) < max(1, len(counting)):
        leaving = {user_id for user_id, member in before.items() if member.status is MemberStatus.LEAVING}
        return frozenset(leaving | set(counting))
    return frozenset(set(before) - {user.user_id for user in roll.users})


def _lost_lately(former: Iterable[FormerMember], at: datetime) -> int:
    """Return how many users lost their place within the last hour without a confirmation."""
    return sum(each.had_place and not each.confirmed and each.left_date_time > at - LATELY for each in former)


def _held_removals(
    missing: frozenset[str], before: Mapping[str, SpotMember], roll: Roll, brake: RemovalBrake, lately: int
) -> dict[str, str]:
    """Return the reason for each removal that waits for a confirmation, by user id.

    Waiting members lose nothing, and their removal is never held.
    """
    losing = [before[user_id] for user_id in missing if before[user_id].counts and before[user_id].confirmed_by is None]
    number = lately + sum(1 for member in before.values() if member.counts)
    if losing and brake.stops(len(losing) + lately, of=number):
        why = f"{len(losing) + lately} of {number} members would lose access at once"
        return {member.user_id: why for member in losing}
    if roll.empty or not roll.users:
        why = "a group of the Spot Group is gone, or answered without a single user"
        return {member.user_id: why for member in losing}
    return {m.user_id: m.held_because for m in losing if m.held_because and m.held_because != UNANSWERED}


def _placed(members: list[SpotMember], places: int, at: datetime) -> tuple[SpotMember, ...]:
    """Give the places to the members who were first seen first; a later member with a place loses it."""
    ordered = sorted(members, key=lambda member: (member.first_seen_date_time, member.user_id))
    free = places - sum(1 for member in ordered if member.status is MemberStatus.REMOVAL_HELD)
    placed = []
    for member in ordered:
        if member.status is MemberStatus.REMOVAL_HELD:
            placed.append(member)
            continue
        status = MemberStatus.ENTITLED if free > 0 else MemberStatus.WAITING
        free -= 1
        if status is MemberStatus.WAITING:
            placed.append(_changed(member, at, status=status))
            continue
        rights = Rights.GRANTING if member.rights is Rights.NONE else member.rights
        placed.append(_changed(member, at, status=status, rights=rights, signing_off=None))
    return tuple(placed)


def without_place(members: Iterable[SpotMember], quantity: int) -> tuple[SpotMember, ...]:
    """Return the *members* who have a place and would lose it with *quantity*, by the plan's own rule."""
    with_place = [member for member in members if member.counts]
    placed = {member.id: member for member in _placed(with_place, quantity, datetime.min.replace(tzinfo=UTC))}
    return tuple(member for member in with_place if not placed[member.id].counts)


def _seen_again(member: SpotMember, seen: SeenMember, at: datetime) -> SpotMember:
    has_place = member.status in {MemberStatus.REMOVAL_HELD, MemberStatus.ENTITLED}
    return _changed(
        member,
        at,
        status=MemberStatus.ENTITLED if has_place else MemberStatus.WAITING,
        user_principal_name=seen.user_principal_name,
        former_names=_former_names(member, seen),
        display_name=seen.display_name,
        held_because=None,
        confirmed_by=None,  # it was given for that leaving, not for a later one
    )


def _former_names(member: SpotMember, seen: SeenMember) -> tuple[str, ...]:
    """Return the names that a member has had, without the present one."""
    present = seen.user_principal_name.casefold()
    return tuple(dict.fromkeys(each for each in member.names if each.casefold() != present))[:_NAMES_KEPT]


def _changed(member: SpotMember, at: datetime, **changes: object) -> SpotMember:
    if all(getattr(member, name) == value for name, value in changes.items()):
        return member
    moved = {} if changes.get("status", member.status) == member.status else {"changed_date_time": at}
    return member.but(**changes, **moved)
