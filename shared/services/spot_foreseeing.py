"""Dry runs of changes of a Spot Group: the effects on its members, by the plan itself. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from shared.clients.throttling import retry_while_throttled
from shared.domain.planning.foresight import Foresight
from shared.domain.spot.foresight import members_foresight
from shared.domain.spot.group import SpotGroup
from shared.domain.spot.members import MemberPlan, Roll
from shared.domain.tenants.tenant import Paused
from shared.domain.values import differing
from shared.errors import InvalidError, Problem
from shared.services.action_context import ActionContext
from shared.services.member_plans import planned_members, read_members
from shared.services.spot_facts import spot_group_facts
from shared.services.spot_groups import edited_spot_group


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
    )
