"""Members of Spot Groups: the plan of their places, its dry run, and the hosts kept for leavers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from shared.clients.directory import members_of_groups
from shared.clients.pacing import retry_while_throttled
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cost.forecast import CostChange
from shared.domain.destroying import Act, Confirmation, held_back
from shared.domain.operations.pausing import ServiceState, spot_pause_reason
from shared.domain.planning.foresight import Foresight
from shared.domain.spot.groups.foresight import members_foresight
from shared.domain.spot.groups.group import SpotGroup, host_hardware
from shared.domain.spot.groups.members import (
    FormerMember,
    MemberPlan,
    MemberStatus,
    Roll,
    SeenMember,
    SpotMember,
    dissolved,
    plan_members,
    seen_users,
    suspects,
)
from shared.domain.spot.hosts.host import HostEvent, HostStep, HostTask, SessionHost, does
from shared.domain.spot.hosts.host_plan import Reason
from shared.domain.tenants.tenant import Paused, Tenant
from shared.domain.values import differing
from shared.errors import InvalidError, NotFoundError, Problem
from shared.services.cost.forecasts import cost_change
from shared.services.directory.fresh_readings import memberships
from shared.services.directory.observing import Directory
from shared.services.directory.second_questions import ASK_AGAIN, hold_back_host, note_host
from shared.services.operations.action_context import ActionContext
from shared.services.spot.facts import spot_group_facts
from shared.services.spot.groups import edited_spot_group
from shared.storage.due import DueKind, next_of


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
        SeenMember(user_id=each.user_id, user_principal_name=each.user_principal_name, display_name=each.display_name)
        for each in doubtful
        if left.get(each.user_id) is False
    )
    gone = frozenset(user_id for user_id, has_left in left.items() if has_left)
    return roll.but(users=(*roll.users, *found), left=gone, partial=bool(found))


async def confirmed_leavers(directory: Directory, group: SpotGroup, user_ids: Sequence[str]) -> dict[str, bool]:
    """Return for each user whether they are in none of the groups; users without an answer are left out.

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


_SILENT = "the directory did not say whether the user is in a group of the Spot Group"


async def may_be_removed(deps: Dependencies, group: SpotGroup, host: SessionHost) -> bool:
    """Return whether the engine may remove *host*, which was kept until now: the directory says that its user has left.

    Whoever is in a group again keeps it, unless they are a member who has no place: that is the quantity's doing.
    Without an answer it is kept, and asked about again. Raises: ThrottledError.
    """
    if host.assigned_user_id is None or host.kept_until is None:
        return False  # the plan before this step is old: nobody has left
    gone = await _is_gone(deps, group, host)
    if gone is None:
        await hold_back_host(deps, host, Act.REMOVE_HOST, _SILENT)
        return False
    if gone:
        await deps.session_hosts.change(host.tenant_id, host.id, lambda there: there.but(held_back=None))
        return True
    await deps.due.put(DueKind.SPOT, next_of(ASK_AGAIN, deps.clock.now(), group.id), group.tenant_id, group.id)
    await deps.session_hosts.change(
        host.tenant_id, host.id, lambda there: there.but(kept_until=None, held_back=None)
    )  # the members are read anew; the next plan gives it another day if the user has no place then
    return False


def removes_kept(host: SessionHost) -> bool:
    """Whether a host is being removed because its user has left, and nothing of it is removed yet."""
    work = host.work
    removes = work is not None and work.task is HostTask.REMOVE and work.reason == Reason.USER_LEFT.value
    return removes and host.step != HostStep.REMOVE.value


async def confirm_removal(deps: Dependencies, group: SpotGroup, host: SessionHost) -> Confirmation | None:
    """Ask again about the user of a host before its removal continues; return None if the host is kept.

    Without an answer it is kept for ten minutes; then the engine decides again. Raises: ThrottledError.
    """
    at = deps.clock.now()
    gone = await _is_gone(deps, group, host)
    if gone:
        return Confirmation(
            act=Act.REMOVE_HOST, tenant_id=host.tenant_id, subject_id=host.id, generation=host.run, at=at
        )
    next_at = next_of(ASK_AGAIN, at, group.id)
    await deps.due.put(DueKind.SPOT, next_at, group.tenant_id, group.id)
    await _keep(deps, host, next_at if gone is None else None, at)
    return None


async def _keep(deps: Dependencies, host: SessionHost, until: datetime | None, at: datetime) -> None:
    """Take back the removal of a host of which nothing is removed; *until*: it waits for an answer until then."""

    def edit(there: SessionHost) -> SessionHost | None:
        if not does(there, host.run) or not removes_kept(there):
            return None
        act = Act.REMOVE_HOST.value
        waits = held_back(there.held_back, act, _SILENT, at=at, next_at=until) if until else None
        return there.after(HostEvent.KEPT, at=at, work=None, step=None, kept_until=until, held_back=waits)

    try:
        after = await deps.session_hosts.change(host.tenant_id, host.id, edit)
    except NotFoundError:
        return
    await note_host(deps, after, at)


async def _is_gone(deps: Dependencies, group: SpotGroup, host: SessionHost) -> bool | None:
    """Ask the directory whether the user of *host* has lost their place; None without an answer."""
    user_id = host.assigned_user_id
    if user_id is None or host.kept_until is None:
        return False
    tenant = (await deps.tenants.get(group.tenant_id)).value
    left = (await confirmed_leavers(deps.graph(tenant), group, [user_id])).get(user_id)
    return None if left is None else left or await _waits_for_a_place(deps, group, user_id)


async def _waits_for_a_place(deps: Dependencies, group: SpotGroup, user_id: str) -> bool:
    member_id = naming.derived_id("spotMember", group.tenant_id, group.id, user_id)
    member = await deps.spot_members.find(group.tenant_id, member_id)
    return member is not None and member.value.status is MemberStatus.WAITING


async def foresee_spot_edit(context: ActionContext, form: Mapping[str, Any]) -> Foresight:
    """Return the consequences of saving a form of edit-spot-group. Raises: InvalidError, and as the directory does."""
    facts = await spot_group_facts(context, form, with_forecast=False)
    try:
        stored, after = await edited_spot_group(context, form, facts)
    except InvalidError as error:
        raise InvalidError(*(Problem(f"/spotGroup{each.pointer}", each.message) for each in error.problems)) from error
    return await _foresee(context, stored.value, after)


async def foresee_spot_pause(context: ActionContext, group_id: str) -> Foresight:
    """Return the consequences of pausing a Spot Group. Raises: NotFoundError, and as the directory does."""
    group = (await context.deps.spot_groups.get(context.tenant.id, group_id)).value
    paused = Paused(by=context.actor.name, at=context.now)
    return await _foresee(context, group, group.but(paused=group.paused or paused))


async def _foresee(context: ActionContext, before: SpotGroup, after: SpotGroup) -> Foresight:
    deps, tenant = context.deps, context.tenant
    known = [each.value async for each in deps.spot_members.each(tenant.id, group_id=before.id)]
    former = [each.value async for each in deps.former_members.each(tenant.id, group_id=before.id)]
    service, rolls = await deps.service_state.get(), dict[tuple[str, ...], Roll]()

    async def planned(group: SpotGroup) -> MemberPlan:
        if group.group_ids not in rolls:
            read = partial(read_members, deps.graph(tenant), tenant, group, known, former, context.now)
            rolls[group.group_ids] = await retry_while_throttled(read)
        return planned_members(service, tenant, group, known, former, rolls[group.group_ids], context.now)

    hosts = (before.host_count, after.host_count)
    members = members_foresight(before.id, known, await planned(before), await planned(after), hosts)
    changed = differing(before.to_json(), after.to_json())
    return Foresight(
        summary=members.summary,
        complete=True,
        counts={},
        changed=tuple(name for name in changed if name not in {"lastModifiedDateTime", "paused"}),
        value=(),
        more=False,
        members=members,
        monthly_cost=await _cost_of_hosts(context, before, after),
    )


async def _cost_of_hosts(context: ActionContext, before: SpotGroup, after: SpotGroup) -> CostChange | None:
    """Return the effect on a month's cost of another number of hosts, at the regular price."""
    site = await context.deps.sites.find(context.tenant.id, before.site_id)
    if site is None:
        return None
    host, more = (site.value.region, host_hardware(before.license_type)), after.host_count - before.host_count
    return await cost_change(context, [host] * max(0, more), [host] * max(0, -more))
