"""Provisioning policies: creating one, assigning it, and who gets a Cloud PC by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from shared.clients.directory import assigned_groups, existing_groups
from shared.domain import naming
from shared.domain.intent import ResourceType
from shared.domain.operations.operation import Operation
from shared.domain.planning.policy_users import PolicyUser, policy_users
from shared.domain.policies.policy import Assignment, Policy, with_regions
from shared.domain.wizards.create_provisioning_policy import (
    NAME_TAKEN,
    GroupsStep,
    PolicyFacts,
    group_problems,
    mixed_join_types,
    review_policy,
)
from shared.domain.wizards.edit_provisioning_policy import fields_of
from shared.domain.wizards.overlaps import overlaps, target
from shared.errors import InvalidError, Problem
from shared.services.action_context import ActionContext
from shared.services.directory_names import group_names
from shared.services.explanations import read_configuration
from shared.services.intents import Resource, make_change
from shared.services.licenses import licensed_members
from shared.services.reconciling import promise_reconcile, reconcile_for
from shared.services.wizard_lookups import members_of
from shared.services.writes import insertion, name_taken_is, replacement
from shared.storage.repository import Stored
from shared.workflow import DurableClient

_MOST_READ = 20
"""Whoever saves waits for the members of so many groups at most; beyond, only shared groups are warned of."""

Warnings = tuple[dict[str, Any], ...]


async def create_policy(
    context: ActionContext,
    form: Mapping[str, Any],
    facts: PolicyFacts,
    *,
    groups_needed: bool = True,
    regions: Sequence[tuple[str | None, str | None]] | None = None,
) -> Stored[Policy]:
    """Save a policy from the wizard's form; it acts when the tenant is reconciled. Raises: InvalidError.

    *regions*: what was written for each connection (``with_regions``), None: nothing.
    """
    policy_id = context.new_id("policy")
    others = facts.but(policies=tuple(p for p in facts.policies if p.id != policy_id))
    _, reading = review_policy(form, others, groups_needed=groups_needed)
    groups = reading.value("groups", GroupsStep)
    if reading.problems or groups is None:
        raise InvalidError(*reading.problems)
    policy = Policy(
        id=policy_id,
        tenant_id=context.tenant.id,
        created_date_time=context.now,
        last_modified_date_time=context.now,
        **fields_of(reading, facts),
    )
    joins = policy.domain_join_configurations
    policy = policy.but(
        assignments=assigned_to(policy, groups.group_ids, context.now),
        domain_join_configurations=with_regions(joins, regions) if regions else joins,
    )
    with name_taken_is(NAME_TAKEN):
        return await make_change(
            context,
            Resource(ResourceType.POLICY, policy_id),
            insertion(context, context.deps.policies, policy, policy_id),
            promise=_promise(context) if policy.assignments else None,
        )


async def begin_policy(context: ActionContext, client: DurableClient, policy: Policy) -> tuple[Operation, Warnings]:
    """Reconcile the tenant with a new policy; return the operation, and the warnings for the caller."""
    warnings = await _warnings(context, policy)
    return await reconcile_for(context, client, policy.id, warnings=warnings), warnings


async def assign_policy(
    context: ActionContext, client: DurableClient, stored: Stored[Policy], group_ids: tuple[str, ...]
) -> Operation:
    """Replace the groups a policy is assigned to, and reconcile the tenant; return the operation of that.

    Raises: InvalidError with a pointer ``/groups/groupIds/<n>`` for each of *group_ids* that is wrong, StaleError.
    """
    before = stored.value
    known = {assignment.group_id for assignment in before.assignments}
    new = tuple(group_id for group_id in group_ids if group_id not in known)
    if wrong := group_problems(new, await existing_groups(context.deps.graph(context.tenant), new)):
        places = {f"/groups/groupIds/{n}": f"/groups/groupIds/{group_ids.index(g)}" for n, g in enumerate(new)}
        raise InvalidError(*(Problem(places[each.pointer], each.message) for each in wrong))
    after = before.but(assignments=assigned_to(before, group_ids, context.now))
    warnings = await _warnings(context, after)
    if after != before:
        after = after.but(last_modified_date_time=context.now)
    write = replacement(stored, after, context.deps.policies.replace)
    await make_change(context, Resource(ResourceType.POLICY, before.id), write, promise=_promise(context))
    return await reconcile_for(context, client, before.id, warnings=warnings)


async def read_policy_users(context: ActionContext, policy_id: str) -> list[PolicyUser]:
    """Return the users who have, wait for or lack a Cloud PC of a policy, and the reasons. Raises: NotFoundError."""
    deps, tenant = context.deps, context.tenant
    policy = (await deps.policies.get(tenant.id, policy_id)).value
    configuration = await read_configuration(context)
    groups = assigned_groups(configuration.policies.values())
    members = await licensed_members(context, groups) if policy.assignments else ()
    cloud_pcs = [stored.value async for stored in deps.cloud_pcs.each(tenant.id)]
    return list(policy_users(policy, configuration, members, cloud_pcs))


async def _warnings(context: ActionContext, policy: Policy) -> Warnings:
    """Return the warnings of a review of the saved policy: connections that join differently, and overlaps."""
    known = {stored.value.id: stored.value async for stored in context.deps.connections.each(context.tenant.id)}
    mixed = mixed_join_types([known[each] for each in policy.connection_ids if each in known])
    return (*(warning.to_json() for warning in mixed), *await _overlap_warnings(context, policy))


async def _overlap_warnings(context: ActionContext, policy: Policy) -> Warnings:
    """Return the users that other policies target too, and the policies that win, as far as the directory answers."""
    others = [
        stored.value
        async for stored in context.deps.policies.each(context.tenant.id, assigned=True)
        if stored.value.id != policy.id
    ]
    if not policy.assignments or not others:
        return ()
    groups, elsewhere = assigned_groups([policy]), assigned_groups(others)
    few = len(groups | elsewhere) <= _MOST_READ
    members = await members_of(context, groups, others) if few else None
    names = await group_names(context, sorted(groups & elsewhere))
    return tuple(warning.to_json() for warning in overlaps(target(policy), others, names, members))


def assigned_to(policy: Policy, group_ids: tuple[str, ...], at: datetime) -> tuple[Assignment, ...]:
    """Return the assignments to *group_ids*; groups that stay keep since when, because that decides who wins."""
    there = {a.group_id: a for a in policy.assignments}
    return tuple(
        there.get(g) or Assignment(id=naming.derived_id("assignment", policy.id, g), group_id=g, assigned_at=at)
        for g in group_ids
    )


def _promise(context: ActionContext) -> partial[Any]:
    return partial(promise_reconcile, context.deps, context.tenant.id, context.now)
