"""The members of Spot Groups: who has a place, and the roles with which they sign in."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from activities.cloud_pcs.rights import DESKTOP_USER, MACHINE_USER, assign_role, remove_role
from activities.machines.vms import compares_each
from activities.spot.session_hosts import give_free_hosts, take_hosts
from shared.clients.arm import parse_id
from shared.contracts.calls import is_overtaken
from shared.contracts.outcomes import DeclinedError, Done, Pending, Refused
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
from shared.domain.azure_errors import PRINCIPAL_UNKNOWN
from shared.domain.networks.connection import JoinType
from shared.domain.spot.groups.group import SpotGroup
from shared.domain.spot.groups.members import UNANSWERED, MemberPlan, MemberStatus, Rights, SpotMember
from shared.domain.spot.groups.signing_off import SigningOff
from shared.domain.spot.hosts.sessions import SessionNames
from shared.domain.tenants.tenant import Tenant
from shared.domain.values import amount
from shared.services.spot.members import confirmed_leavers, is_by_roll, planned_members, read_members
from shared.services.spot.sessions import end_sessions
from shared.storage.due import DueKind, next_of
from shared.storage.repository import Stored
from shared.workflow import Blueprint, implements

bp = Blueprint()

_log = logging.getLogger("deskwright.spot")

_SOON = timedelta(minutes=10)
"""Time until the directory is asked again after an incomplete answer."""


@bp.activity_trigger(input_name="payload")
@implements(PLAN_SPOT_MEMBERS)
async def plan_spot_members(order: SpotGroupOrder) -> MembersPlanned | Refused:
    """Plan the places of the group's members, and save the plan before any right changes."""
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
    former = [each.value async for each in deps.former_members.each(tenant.id, group_id=group.id)]
    asks = order.read_members and is_by_roll(service, tenant, group)
    roll = await read_members(deps.graph(tenant), tenant, group, known, former, at) if asks else None
    plan = planned_members(service, tenant, group, known, former, roll, at)
    if roll is not None:
        await _note_reading(group, at)
    if (roll and roll.partial) or any(member.held_because == UNANSWERED for member in plan.members):
        await _ask_again(group, at)
    return plan


async def _note_reading(group: SpotGroup, at: datetime) -> None:
    """Record when the members were read, unless the group has no state yet because its pool is being made."""
    states = dependencies().spot_states
    if await states.find(group.tenant_id, group.id) is not None:
        await states.change(group.tenant_id, group.id, lambda state: state.but(members_seen_at=at))


async def _ask_again(group: SpotGroup, at: datetime) -> None:
    """Have the directory read again soon: it did not say everything."""
    await dependencies().due.put(DueKind.SPOT, next_of(_SOON, at, group.id), group.tenant_id, group.id)


async def _save(plan: MemberPlan, stored: dict[str, Stored[SpotMember]]) -> None:
    """Write the changed members; remove former members that have neither rights nor sessions.

    The former members are saved before, and their old records are removed last.
    """
    members, former = dependencies().spot_members, dependencies().former_members
    over = [member for member in plan.gone if not member.loses_access]
    kept = [member for member in (*plan.members, *plan.gone) if member not in over]
    changed = [
        Stored(member, stored[member.user_id].etag if member.user_id in stored else "")
        for member in kept
        if member.user_id not in stored or stored[member.user_id].value != member
    ]
    if plan.former:
        await former.save_all([Stored(each, "*") for each in plan.former])
    if changed:
        await members.save_all(changed)
    for member in over:
        await members.remove(member.tenant_id, member.id)
    for each in plan.forgotten:
        await former.remove(each.tenant_id, each.id)


def _together(members: tuple[SpotMember, ...]) -> tuple[tuple[str, ...], ...]:
    ids = tuple(member.id for member in members)
    return tuple(ids[at : at + MEMBERS_TOGETHER] for at in range(0, len(ids), MEMBERS_TOGETHER))


@bp.activity_trigger(input_name="payload")
@implements(GRANT_SPOT_MEMBERS)
async def grant_spot_members(order: MemberRightsOrder) -> Done | Pending | Refused:
    """Assign the sign-in roles to members who have a place; skip members who have the roles already."""
    members = dependencies().spot_members
    unknown, granted = 0, set[str]()
    for member_id in order.member_ids:
        stored = await members.find(order.tenant_id, member_id)
        if stored is None or stored.value.rights is not Rights.GRANTING or not stored.value.counts:
            continue
        try:
            since = [
                await assign_role(order.pool.subscription_id, scope, role, stored.value.user_id)
                for scope, role in _roles(order.pool)
            ]
        except DeclinedError as declined:
            if declined.code.lower() not in PRINCIPAL_UNKNOWN:
                raise
            unknown += 1
            continue
        granted.add(stored.value.user_id)
        await members.change(order.tenant_id, member_id, partial(_granted, since=max(since)))
    if not order.pool.shared and granted:
        await give_free_hosts(order.pool, order.tenant_id, order.spot_group_id, frozenset(granted))
    return Pending(note=f"Azure does not know {amount(unknown, 'user')} yet", after=20) if unknown else Done()


def _granted(member: SpotMember, since: datetime) -> SpotMember | None:
    return member.but(rights=Rights.GRANTED, rights_given_at=since) if member.rights is Rights.GRANTING else None


@bp.activity_trigger(input_name="payload")
@implements(REVOKE_SPOT_MEMBERS, fence=compares_each)
async def revoke_spot_members(order: MemberRightsOrder) -> Done | Refused:
    """Take the roles of members who have no place, and end their sessions: they are told, and have time to save.

    Roles that were taken may count for some more minutes: sessions are looked for once more when they do not. Who has
    left is no member when their last session is over, and they can begin none.
    """
    members = dependencies().spot_members
    found = [await members.find(order.tenant_id, member_id) for member_id in order.member_ids]
    losing = [each.value for each in found if each and _loses(each.value)]
    staying = await _not_confirmed(order, losing)
    losing = [member for member in losing if member.user_id not in staying]
    for member in losing:
        if member.rights is Rights.NONE:
            continue
        for scope, role in _roles(order.pool):
            await remove_role(order.pool.subscription_id, scope, role, member.user_id)
        if not order.pool.shared:
            await take_hosts(order.pool, order.tenant_id, order.spot_group_id, member.user_id)
    signing_off = await _end_sessions(order, losing)
    for member in losing:
        rest = signing_off.get(member.id)
        if rest is None and member.status is MemberStatus.LEAVING:
            await members.remove(member.tenant_id, member.id)
        else:
            await members.change(member.tenant_id, member.id, partial(_revoked, signing_off=rest))
    return Done()


def _loses(member: SpotMember) -> bool:
    """Whether a member has no place and their access goes; one who was given it later is of a later order."""
    is_newer = is_overtaken(member.rights_given_at, dependencies().clock.now())
    return not member.counts and member.loses_access and not is_newer


async def _end_sessions(order: MemberRightsOrder, losing: list[SpotMember]) -> dict[str, SigningOff | None]:
    """Warn members who have lost their place, or sign them off; when their time is over, the group is looked at again.

    A host that is one member's is emptied by the engine in the same way, unless its group goes.
    """
    deps = dependencies()
    group = await deps.spot_groups.find(order.tenant_id, order.spot_group_id)
    if group is None or not losing or not (order.pool.shared or order.pool.removing):
        return {}
    ends = group.value.deleting_since is not None
    tenant = (await deps.tenants.get(order.tenant_id)).value
    members = [each.value async for each in deps.spot_members.each(order.tenant_id, group_id=order.spot_group_id)]
    found, unknown = await end_sessions(
        deps,
        parse_id(order.pool.host_pool_id),
        losing,
        SessionNames(members),
        _nobody if ends else deps.graph(tenant).holders,  # with its pool all sessions end: the directory is not needed
        group.value.capacity,
    )
    if unknown and not ends:
        _log.warning(
            "%s of Spot Group %s may be of users who have lost their place, or of others: nobody was signed off there",
            amount(unknown, "session"),
            order.spot_group_id,
        )
    if ends:  # nobody can sign in where the pool is gone
        found = {id_: rest if rest is not None and rest.signed_in else None for id_, rest in found.items()}
    for at in sorted({rest.at for rest in found.values() if rest is not None}):
        await deps.due.put(DueKind.SPOT, at, order.tenant_id, order.spot_group_id)
    return found


async def _nobody(names: Sequence[str]) -> dict[str, str]:
    del names
    return {}


async def _not_confirmed(order: MemberRightsOrder, losing: list[SpotMember]) -> frozenset[str]:
    """Return the ids of leavers that the directory does not confirm now: they are back, or it does not answer."""
    deps = dependencies()
    leaving = [member.user_id for member in losing if member.status is MemberStatus.LEAVING]
    group = await deps.spot_groups.find(order.tenant_id, order.spot_group_id)
    if not leaving or group is None or group.value.deleting_since is not None:
        return frozenset()
    tenant = (await deps.tenants.get(order.tenant_id)).value
    left = await confirmed_leavers(deps.graph(tenant), group.value, leaving)
    staying = frozenset(user_id for user_id in leaving if not left.get(user_id))
    if staying:
        await _ask_again(group.value, deps.clock.now())
    return staying


def _revoked(member: SpotMember, signing_off: SigningOff | None) -> SpotMember | None:
    if member.counts:
        return None
    return member.but(rights=Rights.NONE, rights_given_at=None, signing_off=signing_off)


def _roles(pool: SpotPool) -> list[tuple[str, str]]:
    """Return the scopes and roles of a member: the desktop and, on Entra-joined hosts that are shared, the machines.

    For a dedicated host its one user gets the role at the machine (docs/decisions/0052).
    """
    roles = [(pool.application_group_id, DESKTOP_USER)]
    if pool.shared and pool.join_type is JoinType.AZURE_AD_JOIN:
        roles.append((f"/subscriptions/{pool.subscription_id}/resourceGroups/{pool.resource_group}", MACHINE_USER))
    return roles
