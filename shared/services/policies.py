"""Editing and deleting a provisioning policy. Neither touches an existing Cloud PC: each has its snapshot."""

from __future__ import annotations

from typing import Any

import azure.functions as func

from shared.domain.graph.bodies import renamed
from shared.domain.graph.policies import POINTERS, POLICIES
from shared.domain.graph.policy_edits import policy_edit_form
from shared.domain.graph.shapes import POLICY, POLICY_EDIT
from shared.domain.lifecycle import Status
from shared.domain.policy import Policy
from shared.domain.wizards.edit_provisioning_policy import Form, changed_steps, fields_of, judged_steps, read_edit
from shared.errors import ConflictError, InvalidError
from shared.services.reconciling import promise_reconcile
from shared.workflow import Blueprint, DurableClient
from triggers.http.endpoints import Answer, Call, endpoint
from triggers.http.graph import BASE, graph_changed, telling
from triggers.http.policies import reconciling, shown
from triggers.http.wizard_lookups import group_names, policy_facts

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_GOING = frozenset({Status.NOT_PROVISIONED, Status.IN_GRACE_PERIOD, Status.DEPROVISIONING})
"""What an unassigned policy leaves behind does not need it: it is listed, or goes by its snapshot."""


@bp.route(route=f"{BASE}/provisioningPolicies/{{id}}", methods=["PATCH"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint(
    "Microsoft.CloudPC/provisioningPolicies/update", graph=True, accepts=POLICY_EDIT, returns={200: POLICY, 204: None}
)
async def update_policy(call: Call, client: DurableClient) -> Answer:
    """Change what the body names of a policy; Cloud PCs that are there stay as they are."""
    stored = await call.deps.policies.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    before = stored.value
    connections = tuple([each.value async for each in call.deps.connections.each(call.tenant.id)])
    form = policy_edit_form(call.json(), before, shown(call, before), connections)
    changed = changed_steps(form, before)
    if not changed:
        return graph_changed(call, POLICIES, shown(call, before), stored.etag)
    after = before.but(**await _fields(call, form, before), last_modified_date_time=call.now)
    if after.assignments:
        await promise_reconcile(call.deps, call.tenant.id, call.now)
    replaced = await call.deps.policies.replace(after, seen=stored.etag)
    await call.audit("provisioningPolicy", after.id, before=before, after=after)
    # Who could not be given a Cloud PC by it before may be given one now.
    operation = await reconciling(call, client, after.id) if after.assignments else None
    return telling(graph_changed(call, POLICIES, shown(call, after), replaced.etag), operation)


@bp.route(route=f"{BASE}/provisioningPolicies/{{id}}", methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/provisioningPolicies/delete", graph=True, returns={204: None})
async def delete_policy(call: Call) -> Answer:
    """Delete a policy that is assigned to nobody; Cloud PCs in their grace period expire all the same."""
    stored = await call.deps.policies.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    policy = stored.value
    if policy.assignments:
        raise await _assigned(call, policy)
    await call.deps.policies.remove(call.tenant.id, policy.id, seen=stored.etag)
    await call.audit("provisioningPolicy", policy.id, before=policy)
    return Answer(204)


async def _fields(call: Call, form: Form, before: Policy) -> dict[str, Any]:
    """Return what the edited form comes to. Raises: InvalidError with pointers into Graph's body."""
    judged = {step: form[step] for step in judged_steps(form, before)}
    facts = await policy_facts(call, judged, foresee=False)
    reading = read_edit(form, before, facts)
    if reading.problems:
        raise renamed(InvalidError(*reading.problems), POINTERS)
    return fields_of(reading, facts)


async def _assigned(call: Call, policy: Policy) -> ConflictError:
    """Return why the policy cannot go: its groups by name, and how many Cloud PCs it holds."""
    ids = [assignment.group_id for assignment in policy.assignments]
    names = await group_names(call, ids)
    pcs = [s.value.status async for s in call.deps.cloud_pcs.each(call.tenant.id, policy_id=policy.id)]
    count = sum(status not in _GOING for status in pcs)
    named = ", ".join(names.get(group, group) for group in ids)
    return ConflictError(
        f"the policy is assigned to {named} and has {count} Cloud PC(s); unassign it first",
        groups=[{"id": group, "displayName": names.get(group)} for group in ids],
        cloudPcs=count,
    )
