"""The plan of a Spot Group's members, by the members of its directory groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from shared.clients.directory import members_of_groups
from shared.domain.policies.pausing import ServiceState, spot_pause_reason
from shared.domain.spot.group import SpotGroup
from shared.domain.spot.members import (
    FormerMember,
    MemberPlan,
    Roll,
    Seen,
    SpotMember,
    dissolved,
    plan_members,
    seen_users,
    suspects,
)
from shared.domain.tenants.tenant import Tenant
from shared.services.fresh_readings import memberships
from shared.services.observing import Directory


async def read_roll(directory: Directory, group_ids: Iterable[str]) -> Roll:
    """Read the members of the groups: all of them, or it raises as the directory does."""
    read = await members_of_groups(directory.group_users, tuple(group_ids))
    return Roll(users=seen_users(read.people.values()), empty=frozenset(read.empty))


def is_by_roll(service: ServiceState, tenant: Tenant, group: SpotGroup) -> bool:
    """Return whether the members of the groups decide anything now: nobody has paused or deleted the Spot Group."""
    return group.deleting_since is None and not spot_pause_reason(service, tenant, group)


async def read_members(
    directory: Directory,
    tenant: Tenant,
    group: SpotGroup,
    known: Sequence[SpotMember],
    former: Sequence[FormerMember],
    at: datetime,
    *,
    roll: Roll | None = None,
) -> Roll:
    """Read the members of a Spot Group's groups, and ask about each known member that the list lacks.

    A member by that second answer counts as seen. *roll*: the list, if it has been read already.
    """
    roll = roll or await read_roll(directory, group.group_ids)
    doubtful = suspects(known, roll, brake=tenant.settings.removal_brake, former=former, at=at)
    if not doubtful:
        return roll
    left = await confirmed_leavers(directory, group, [member.user_id for member in doubtful])
    found = tuple(
        Seen(user_id=each.user_id, user_principal_name=each.user_principal_name, display_name=each.display_name)
        for each in doubtful
        if left.get(each.user_id) is False
    )
    gone = frozenset(user_id for user_id, has_left in left.items() if has_left)
    return roll.but(users=(*roll.users, *found), left=gone, partial=bool(found))


async def confirmed_leavers(directory: Directory, group: SpotGroup, user_ids: Sequence[str]) -> dict[str, bool]:
    """Ask about each user whether they are in none of the groups; users without an answer are left out.

    Raises: ThrottledError.
    """
    there = await memberships(directory, user_ids, group.group_ids)
    return {user_id: not groups for user_id, groups in there.items()}


def planned_members(
    service: ServiceState,
    tenant: Tenant,
    group: SpotGroup,
    known: Iterable[SpotMember],
    former: Iterable[FormerMember],
    roll: Roll | None,
    at: datetime,
) -> MemberPlan:
    """Return the plan for the members of a group. *roll*: None if the directory was not asked, and nobody changes."""
    if group.deleting_since is not None:
        return dissolved(known, at)
    if roll is None or not is_by_roll(service, tenant, group):
        return MemberPlan(at=at, members=tuple(known))
    return plan_members(group, known, roll, brake=tenant.settings.removal_brake, at=at, former=former)
