"""Provisioning policies: created, edited, assigned and deleted; and why a user has, or lacks, a Cloud PC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from shared.clients.directory import assigned_groups, existing_groups
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.images.image import ImageType
from shared.domain.operations.operation import Operation, ResourceType
from shared.domain.planning.drift import TenantPolicies
from shared.domain.planning.explain import AppliedSetting, Explanation, applied_settings, explain
from shared.domain.planning.foresight import PolicyUser, policy_users
from shared.domain.planning.queueing import waits
from shared.domain.policies.policy import Assignment, Policy, with_regions
from shared.domain.values import amount
from shared.domain.wizards.create_provisioning_policy import (
    NAME_TAKEN,
    PolicyFacts,
    PolicyGroupsStep,
    group_problems,
    mixed_join_types,
    review_policy,
)
from shared.domain.wizards.edits import PolicyForm as Form
from shared.domain.wizards.edits import changed_steps, checked_steps, fields_of, read_edit
from shared.domain.wizards.forecast import overlaps, target
from shared.errors import ConflictError, InvalidError, Problem
from shared.services.directory.licenses import licensed_members, licensed_user
from shared.services.directory.names import group_names
from shared.services.operations.action_context import ActionContext
from shared.services.operations.intents import Promise, Resource, make_change
from shared.services.operations.writes import deletion, insertion, name_taken_is, replacement
from shared.services.policies.assigning import reassigned
from shared.services.policies.facts import members_of, policy_facts
from shared.services.policies.reconciling import promise_reconcile, reconcile_for
from shared.services.policies.scripts import scripts_by_id
from shared.services.policies.user_settings import groups_among
from shared.storage.due import EVERYBODY, DueKind
from shared.storage.repository import Stored
from shared.workflow import DurableClient


async def read_configuration(context: ActionContext) -> TenantPolicies:
    """Return the policies, images and settings from which the tenant's Cloud PCs would be built now."""
    deps, tenant = context.deps, context.tenant
    policies = {stored.value.id: stored.value async for stored in deps.policies.each(tenant.id)}
    custom = any(policy.image_type is ImageType.CUSTOM for policy in policies.values())
    images = {stored.value.id: stored.value async for stored in deps.images.each(tenant.id)} if custom else {}
    scripts = await scripts_by_id(deps, tenant.id, policies.values())
    return TenantPolicies(policies, images, tenant.settings, scripts)


async def drifted(context: ActionContext, policy: Policy) -> int:
    """Return how many Cloud PCs of a policy would differ from it if it were as *policy*.

    One that is planned and not begun would not: it is built as the policy is then.
    """
    today, tenant_id = await read_configuration(context), context.tenant.id
    scripts = await scripts_by_id(context.deps, tenant_id, [*today.policies.values(), policy])
    images = {stored.value.id: stored.value async for stored in context.deps.images.each(tenant_id)}
    then = TenantPolicies({**today.policies, policy.id: policy}, images, today.settings, scripts)
    pcs = [stored.value async for stored in context.deps.cloud_pcs.each(tenant_id, policy_id=policy.id)]
    return sum(drift.drifted for pc in pcs if not waits(pc) and (drift := then.drift(pc)) is not None)


async def explain_user(context: ActionContext, id_or_upn: str) -> Explanation:
    """Explain each Cloud PC of a user, named by id or principal name. Raises: NotFoundError."""
    deps, tenant = context.deps, context.tenant
    configuration = await read_configuration(context)
    entitled = await licensed_user(context, id_or_upn, assigned_groups(configuration.policies.values()))
    groups = await existing_groups(deps.graph(tenant), sorted(entitled.group_ids))
    records = [stored.value for stored in await deps.cloud_pcs.of_user(tenant.id, entitled.user.id)]
    names = {group.id: group.display_name for group in groups}
    explained = explain(entitled, configuration, records, names, tenant_id=tenant.id)
    return explained.but(user_settings=await _settings_of(context, entitled.user.id))


async def _settings_of(context: ActionContext, user_id: str) -> tuple[AppliedSetting, ...]:
    """Return the user settings that are assigned to groups of a user."""
    settings = [stored.value async for stored in context.deps.user_settings.each(context.tenant.id)]
    groups = await groups_among(context.deps, context.tenant, user_id, settings)
    return applied_settings(settings, groups, await group_names(context, groups))


_MOST_READ = 20
_OF_POWER = ("power_schedule_id", "shut_down_action")
"""The most groups whose members are read when a policy is saved; of others only shared groups are reported."""

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
    groups = reading.value("groups", PolicyGroupsStep)
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
            promise=_promise_new(context, policy),
        )


def _promise_new(context: ActionContext, policy: Policy) -> Promise | None:
    """Return the promise of a new policy: a reconcile if it is assigned, a look at its image rings if they are on."""
    rings = policy.configuration.image_rings.enabled

    async def promise() -> None:
        if rings:
            await context.deps.due.put(DueKind.IMAGE_RINGS, context.now, policy.tenant_id, policy.id)
        if policy.assignments:
            await promise_reconcile(context.deps, context.tenant.id, context.now)

    return promise if rings or policy.assignments else None


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
    return reassigned(policy.id, policy.assignments, group_ids, at)


def _promise(context: ActionContext) -> partial[Any]:
    return partial(promise_reconcile, context.deps, context.tenant.id, context.now)


_LEAVING = frozenset({Status.NOT_PROVISIONED, Status.IN_GRACE_PERIOD, Status.DEPROVISIONING})
"""Statuses of Cloud PCs that do not need their unassigned policy: they are listed, or use their snapshot."""


@dataclass(frozen=True, slots=True)
class UpdatedPolicy:
    """A policy after an edit; *operation*: of the reconcile, None where the edit needs none."""

    stored: Stored[Policy]
    operation: Operation | None = None


async def update_policy(
    context: ActionContext,
    client: DurableClient,
    stored: Stored[Policy],
    form: Form,
    regions: Sequence[tuple[str | None, str | None]] | None = None,
) -> UpdatedPolicy:
    """Apply the changes of *form* to a policy. Raises: InvalidError, StaleError.

    *regions*: the region and name that were written for each of its connections (``with_regions``), None: nothing.
    """
    before = stored.value
    after = before.but(**await edited_fields(context, form, before)) if changed_steps(form, before) else before
    if regions:
        after = after.but(domain_join_configurations=with_regions(after.domain_join_configurations, regions))
    if after == before:
        return UpdatedPolicy(stored)
    after = after.but(last_modified_date_time=context.now)
    follows = any(getattr(after.configuration, name) != getattr(before.configuration, name) for name in _OF_POWER)

    async def promise() -> None:
        if follows:
            await context.deps.due.put(DueKind.POWER, context.now, context.tenant.id, EVERYBODY)
        if after.assignments:
            await promise_reconcile(context.deps, context.tenant.id, context.now)
        if _follows_rings(before, after):
            await context.deps.due.put(DueKind.IMAGE_RINGS, context.now, after.tenant_id, after.id)
        if after.pools:  # members that were built as the policy was before are replaced
            await context.deps.due.put(DueKind.POOL, context.now, after.tenant_id, after.id)

    with name_taken_is(NAME_TAKEN):
        replaced = await make_change(
            context,
            Resource(ResourceType.POLICY, before.id),
            replacement(stored, after, context.deps.policies.replace),
            promise=promise if after.assignments or follows or after.pools or _follows_rings(before, after) else None,
        )
    # Users who could not be given a Cloud PC by it before may be given one now.
    operation = await reconcile_for(context, client, after.id) if after.assignments else None
    return UpdatedPolicy(replaced, operation)


def _follows_rings(before: Policy, after: Policy) -> bool:
    """Whether the image rings are to be looked at: they were changed, or the image was."""
    rings = (before.configuration.image_rings, after.configuration.image_rings)
    same = (before.image_type, before.image_id) == (after.image_type, after.image_id)
    return rings[0] != rings[1] or (rings[1].enabled and not same)


async def delete_policy(context: ActionContext, stored: Stored[Policy]) -> None:
    """Delete a policy that is assigned to no group. Raises: ConflictError, StaleError."""
    policy = stored.value
    if policy.assignments:
        raise await _still_assigned(context, policy)
    month = await context.deps.image_rings.find(policy.tenant_id, policy.id)

    async def promise() -> None:
        if policy.pools:  # they are drained
            await context.deps.due.put(DueKind.POOL, context.now, policy.tenant_id, policy.id)
        if month is not None or policy.configuration.image_rings.enabled:  # their month ends
            await context.deps.due.put(DueKind.IMAGE_RINGS, context.now, policy.tenant_id, policy.id)

    write = deletion(stored, context.deps.policies)
    await make_change(context, Resource(ResourceType.POLICY, policy.id), write, promise=promise)


async def edited_fields(context: ActionContext, form: Form, before: Policy) -> dict[str, Any]:
    """Return the fields of a policy that the edited form changes. Raises: InvalidError."""
    judged = {step: form[step] for step in checked_steps(form, before)}
    facts = await policy_facts(context, judged, with_forecast=False)
    reading = read_edit(form, before, facts)
    if reading.problems:
        raise InvalidError(*reading.problems)
    return fields_of(reading, facts)


async def _still_assigned(context: ActionContext, policy: Policy) -> ConflictError:
    """Return why the policy cannot be deleted: its groups by name, and how many Cloud PCs it has."""
    ids = [assignment.group_id for assignment in policy.assignments]
    names = await group_names(context, ids)
    statuses = [s.value.status async for s in context.deps.cloud_pcs.each(context.tenant.id, policy_id=policy.id)]
    count = sum(status not in _LEAVING for status in statuses)
    named = ", ".join(names.get(group, group) for group in ids)
    return ConflictError(
        f"the policy is assigned to {named} and has {amount(count, 'Cloud PC')}; unassign it first",
        groups=[{"id": group, "displayName": names.get(group)} for group in ids],
        cloudPcs=count,
    )
