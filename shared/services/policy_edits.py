"""Editing and deleting a provisioning policy. Neither touches an existing Cloud PC: each has its snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from shared.domain.amounts import amount
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.intent import ResourceType
from shared.domain.operations.operation import Operation
from shared.domain.policies.policy import Policy, with_regions
from shared.domain.wizards.create_provisioning_policy import NAME_TAKEN
from shared.domain.wizards.edit_provisioning_policy import Form, changed_steps, checked_steps, fields_of, read_edit
from shared.errors import ConflictError, InvalidError
from shared.services.action_context import ActionContext
from shared.services.directory_names import group_names
from shared.services.intents import Resource, make_change
from shared.services.reconciling import promise_reconcile, reconcile_for
from shared.services.wizard_lookups import policy_facts
from shared.services.writes import name_taken_is, removal, replacement
from shared.storage.repository import Stored
from shared.workflow import DurableClient

_LEAVING = frozenset({Status.NOT_PROVISIONED, Status.IN_GRACE_PERIOD, Status.DEPROVISIONING})
"""Statuses of Cloud PCs that do not need their unassigned policy: they are listed, or use their snapshot."""


@dataclass(frozen=True, slots=True)
class Updated:
    """A policy after an edit; *operation*: of the reconcile, None where the edit needs none."""

    stored: Stored[Policy]
    operation: Operation | None = None


async def update_policy(
    context: ActionContext,
    client: DurableClient,
    stored: Stored[Policy],
    form: Form,
    regions: Sequence[tuple[str | None, str | None]] | None = None,
) -> Updated:
    """Apply the changes of *form* to a policy. Raises: InvalidError, StaleError.

    *regions*: the region and name that were written for each of its connections (``with_regions``), None: nothing.
    """
    before = stored.value
    after = before.but(**await edited_fields(context, form, before)) if changed_steps(form, before) else before
    if regions:
        after = after.but(domain_join_configurations=with_regions(after.domain_join_configurations, regions))
    if after == before:
        return Updated(stored)
    after = after.but(last_modified_date_time=context.now)
    promise = partial(promise_reconcile, context.deps, context.tenant.id, context.now)
    with name_taken_is(NAME_TAKEN):
        replaced = await make_change(
            context,
            Resource(ResourceType.POLICY, before.id),
            replacement(stored, after, context.deps.policies.replace),
            promise=promise if after.assignments else None,
        )
    # Users who could not be given a Cloud PC by it before may be given one now.
    operation = await reconcile_for(context, client, after.id) if after.assignments else None
    return Updated(replaced, operation)


async def delete_policy(context: ActionContext, stored: Stored[Policy]) -> None:
    """Delete a policy that is assigned to no group. Raises: ConflictError, StaleError."""
    policy = stored.value
    if policy.assignments:
        raise await _still_assigned(context, policy)
    remove = partial(context.deps.policies.remove, policy.tenant_id, policy.id, seen=stored.etag)
    await make_change(context, Resource(ResourceType.POLICY, policy.id), removal(policy, remove))


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
