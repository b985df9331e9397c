"""The members of Spot Groups: who has a place, and the roles with which they sign in."""

from __future__ import annotations

from activities.rights import DESKTOP_USER, MACHINE_USER, assign_role, remove_role
from activities.spot_hosts import give_free_hosts, take_hosts
from shared.clients.arm import parse_id
from shared.contracts.outcomes import Done, Pending, Refused
from shared.contracts.refusals import DeclinedError
from shared.contracts.spot_groups import (
    GRANT_SPOT_MEMBERS,
    MEMBERS_TOGETHER,
    PLAN_SPOT_MEMBERS,
    REVOKE_SPOT_MEMBERS,
    MemberRightsOrder,
    MembersPlanned,
    SpotGroupOrder,
    SpotPool,
)
from shared.dependencies import dependencies
from shared.domain.amounts import amount
from shared.domain.azure_errors import PRINCIPAL_UNKNOWN
from shared.domain.networks.connection import JoinType
from shared.domain.spot.group import SpotGroup
from shared.domain.spot.members import (
    MemberPlan,
    MemberStatus,
    Rights,
    SpotMember,
)
from shared.domain.spot.sessions import Notice
from shared.domain.tenants.tenant import Tenant
from shared.services.desktop_sessions import sign_off_users
from shared.services.member_plans import is_by_roll, planned_members, read_roll
from shared.storage.repository import Stored
from shared.workflow import Blueprint, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(PLAN_SPOT_MEMBERS)
async def plan_spot_members(order: SpotGroupOrder) -> MembersPlanned | Refused:
    """Plan who of the group's members has a place, and save that before any right changes."""
    deps = dependencies()
    group = (await deps.spot_groups.get(order.tenant_id, order.spot_group_id)).value
    tenant = (await deps.tenants.get(order.tenant_id)).value
    stored = {each.value.user_id: each async for each in deps.spot_members.each(tenant.id, group_id=group.id)}
    plan = await _planned(order, tenant, group, [each.value for each in stored.values()])
    await _save(plan, stored)
    return MembersPlanned(
        grants=_together(plan.grants),
        revocations=_together(plan.revocations),
        waiting=len(plan.of(MemberStatus.WAITING)),
        held=len(plan.of(MemberStatus.REMOVAL_HELD)),
    )


async def _planned(order: SpotGroupOrder, tenant: Tenant, group: SpotGroup, known: list[SpotMember]) -> MemberPlan:
    deps = dependencies()
    at, service = deps.clock.now(), await deps.service_state.get()
    asks = order.read_members and is_by_roll(service, tenant, group)
    roll = await read_roll(deps.graph(tenant), group.group_ids) if asks else None
    return planned_members(service, tenant, group, known, roll, at)


async def _save(plan: MemberPlan, stored: dict[str, Stored[SpotMember]]) -> None:
    """Write what has changed; who has left and has no rights is no member any more."""
    members = dependencies().spot_members
    over = [member for member in plan.gone if member.rights is Rights.NONE]
    kept = [member for member in (*plan.members, *plan.gone) if member not in over]
    changed = [
        Stored(member, stored[member.user_id].etag if member.user_id in stored else "")
        for member in kept
        if member.user_id not in stored or stored[member.user_id].value != member
    ]
    if changed:
        await members.save_all(changed)
    for member in over:
        await members.remove(member.tenant_id, member.id)


def _together(members: tuple[SpotMember, ...]) -> tuple[tuple[str, ...], ...]:
    ids = tuple(member.id for member in members)
    return tuple(ids[at : at + MEMBERS_TOGETHER] for at in range(0, len(ids), MEMBERS_TOGETHER))


@bp.activity_trigger(input_name="payload")
@implements(GRANT_SPOT_MEMBERS)
async def grant_spot_members(order: MemberRightsOrder) -> Done | Pending | Refused:
    """Give members who have a place the roles for signing in; those who have them already are passed over."""
    members = dependencies().spot_members
    unknown, granted = 0, set[str]()
    for member_id in order.member_ids:
        stored = await members.find(order.tenant_id, member_id)
        if stored is None or stored.value.rights is not Rights.GRANTING or not stored.value.counts:
            continue
        try:
            for scope, role in _roles(order.pool):
                await assign_role(order.pool.subscription_id, scope, role, stored.value.user_id)
        except DeclinedError as declined:
            if declined.code.lower() not in PRINCIPAL_UNKNOWN:
                raise
            unknown += 1
            continue
        granted.add(stored.value.user_id)
        await members.change(order.tenant_id, member_id, _granted)
    if not order.pool.shared and granted:
        await give_free_hosts(order.pool, order.tenant_id, order.spot_group_id, frozenset(granted))
    return Pending(note=f"Azure does not know {amount(unknown, 'user')} yet", after=20) if unknown else Done()


def _granted(member: SpotMember) -> SpotMember | None:
    return member.but(rights=Rights.GRANTED) if member.rights is Rights.GRANTING else None


@bp.activity_trigger(input_name="payload")
@implements(REVOKE_SPOT_MEMBERS)
async def revoke_spot_members(order: MemberRightsOrder) -> Done | Refused:
    """Take the roles of members who have no place. Who has left is signed off, and is no member afterwards."""
    deps = dependencies()
    members, left = deps.spot_members, list[SpotMember]()
    for member_id in order.member_ids:
        stored = await members.find(order.tenant_id, member_id)
        if stored is None or stored.value.counts or stored.value.rights is Rights.NONE:
            continue
        for scope, role in _roles(order.pool):
            await remove_role(order.pool.subscription_id, scope, role, stored.value.user_id)
        if not order.pool.shared:
            await take_hosts(order.pool, order.tenant_id, order.spot_group_id, stored.value.user_id)
        if stored.value.status is MemberStatus.LEAVING:
            left.append(stored.value)
        else:
            await members.change(order.tenant_id, member_id, _revoked)
    if order.pool.shared and left:  # a host of one's own ends after notice: the engine does that
        names = frozenset(member.user_principal_name.casefold() for member in left)
        notice = Notice(
            title="You are being signed out",
            body="You are no longer a member of the group that this desktop is for. Ask your administrator.",
        )
        await sign_off_users(deps, parse_id(order.pool.host_pool_id), names, notice)
    for member in left:
        await members.remove(order.tenant_id, member.id)
    return Done()


def _revoked(member: SpotMember) -> SpotMember | None:
    return None if member.counts else member.but(rights=Rights.NONE)


def _roles(pool: SpotPool) -> list[tuple[str, str]]:
    """Return the scopes and roles of a member: the desktop and, on Entra-joined hosts that are shared, the machines.

    For a dedicated host its one user gets the role at the machine (docs/decisions/0052).
    """
    roles = [(pool.application_group_id, DESKTOP_USER)]
    if pool.shared and pool.join_type is JoinType.AZURE_AD_JOIN:
        roles.append((f"/subscriptions/{pool.subscription_id}/resourceGroups/{pool.resource_group}", MACHINE_USER))
    return roles
