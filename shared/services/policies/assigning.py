"""Groups that a policy, user settings or a maintenance window is assigned to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from shared.clients.directory import existing_groups
from shared.domain import naming
from shared.domain.policies.policy import Assignment
from shared.domain.wizards.create_provisioning_policy import group_problems
from shared.errors import InvalidError, Problem
from shared.services.operations.action_context import ActionContext


def reassigned(
    owner_id: str, before: Iterable[Assignment], group_ids: tuple[str, ...], at: datetime
) -> tuple[Assignment, ...]:
    """Return the assignments of *owner_id* to *group_ids*; groups that stay keep their date."""
    there = {each.group_id: each for each in before}
    return tuple(
        there.get(g) or Assignment(id=naming.derived_id("assignment", owner_id, g), group_id=g, assigned_at=at)
        for g in group_ids
    )


async def judged_assignments(
    context: ActionContext, owner_id: str, before: Iterable[Assignment], group_ids: tuple[str, ...]
) -> tuple[Assignment, ...]:
    """Return the assignments of *owner_id* to *group_ids*, whose new groups were looked up in the directory.

    Raises: InvalidError with a pointer ``/groups/groupIds/<n>`` for each of *group_ids* that is wrong.
    """
    there = {each.group_id for each in before}
    new = tuple(group_id for group_id in group_ids if group_id not in there)
    if wrong := group_problems(new, await existing_groups(context.deps.graph(context.tenant), new)):
        places = {f"/groups/groupIds/{n}": f"/groups/groupIds/{group_ids.index(g)}" for n, g in enumerate(new)}
        raise InvalidError(*(Problem(places[each.pointer], each.message) for each in wrong))
    return reassigned(owner_id, before, group_ids, context.now)
