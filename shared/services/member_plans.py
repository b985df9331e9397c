"""The plan of a Spot Group's members: who is in its groups, and what becomes of the members by that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from shared.clients.directory import members_of_groups
from shared.domain import naming
from shared.domain.policies.pausing import ServiceState, spot_pause_reason
from shared.domain.spot.group import SpotGroup
from shared.domain.spot.members import MemberPlan, Roll, SpotMember, dissolved, plan_members, seen_users
from shared.domain.tenants.tenant import Tenant
from shared.services.observing import Directory


async def read_roll(directory: Directory, group_ids: Iterable[str]) -> Roll:
    """Read who is in the groups; all of them, or it raises as the directory does."""
    read = await members_of_groups(directory.group_users, tuple(group_ids))
    return Roll(users=seen_users(read.people.values()), complete=True, empty=frozenset(read.empty))


def is_by_roll(service: ServiceState, tenant: Tenant, group: SpotGroup) -> bool:
    """Return whether who is in the groups decides anything now: nobody has paused or deleted the Spot Group."""
    return group.deleting_since is None and not spot_pause_reason(service, tenant, group)


def planned_members(
    service: ServiceState,
    tenant: Tenant,
    group: SpotGroup,
    known: Iterable[SpotMember],
    roll: Roll | None,
    at: datetime,
) -> MemberPlan:
    """Return what becomes of the members. *roll*: None where the directory was not asked, and all stays."""
    if group.deleting_since is not None:
        return dissolved(known, at)
    if roll is None or not is_by_roll(service, tenant, group):
        return MemberPlan(members=tuple(known))
    return plan_members(
        known,
        roll,
        quantity=group.quantity,
        brake=tenant.settings.removal_brake,
        at=at,
        new_id={
            seen.user_id: naming.derived_id("spotMember", tenant.id, group.id, seen.user_id) for seen in roll.users
        },
        tenant_id=tenant.id,
        group_id=group.id,
    )
