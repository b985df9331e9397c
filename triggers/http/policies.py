"""Provisioning policies: Graph's provisioningPolicies, and the one way in which a policy comes to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import azure.functions as func

from shared.clients.directory import assigned_groups, existing_groups
from shared.domain import naming
from shared.domain.describing import listing
from shared.domain.graph.bodies import renamed
from shared.domain.graph.odata import Collection
from shared.domain.graph.policies import (
    POINTERS,
    POLICIES,
    assign_body,
    assignments_view,
    policy_form,
    policy_view,
)
from shared.domain.graph.shapes import ASSIGN_BODY, ASSIGNMENT, POLICY, POLICY_BODY
from shared.domain.policy import Assignment, Policy
from shared.domain.policy_users import RosterEntry, roster
from shared.domain.wizards.create_provisioning_policy import GroupsStep, PolicyFacts, group_problems, review_policy
from shared.domain.wizards.edit_provisioning_policy import fields_of
from shared.domain.wizards.overlaps import overlaps, target
from shared.errors import InvalidError, Problem
from shared.services.licences import licensed_members
from shared.services.reconciling import RECONCILE_OPERATION, ask_for_reconcile, promise_reconcile
from shared.storage.repository import Stored
from shared.workflow import Blueprint, DurableClient
from triggers.http.described import ONE, PAGES
from triggers.http.endpoints import Answer, Call, created, endpoint, ok
from triggers.http.graph import BASE, graph_created, graph_item, graph_list, graph_whole_list, telling
from triggers.http.idempotency import once
from triggers.http.operations import address
from triggers.http.paging import listed
from triggers.http.today import read_today
from triggers.http.wizard_lookups import group_names, members_of, policy_facts

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_ASSIGNMENTS = Collection(name="provisioningPolicies/assignments")
_MOST_GROUPS = 100
_MOST_READ = 20
"""A caller who saves waits for the members of so many groups at most; beyond, only shared groups are warned of."""


@bp.route(route=f"{BASE}/provisioningPolicies", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/provisioningPolicies/read",
    graph=True,
    returns=listing(POLICY, "provisioningPolicy"),
    query=POLICIES,
)
async def list_policies(call: Call) -> Answer:
    """List the provisioning policies."""
    return await graph_list(call, call.deps.policies, POLICIES, lambda policy: shown(call, policy))


@bp.route(route=f"{BASE}/provisioningPolicies/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/provisioningPolicies/read", graph=True, returns=POLICY, query=(*ONE, "$expand"))
async def get_policy(call: Call) -> Answer:
    """Show one provisioning policy."""
    stored = await call.deps.policies.get(call.tenant.id, call.param("id"))
    return graph_item(call, POLICIES, shown(call, stored.value), stored.etag)


@bp.route(route=f"{BASE}/provisioningPolicies", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/provisioningPolicies/create", graph=True, accepts=POLICY_BODY, returns={201: POLICY})
async def create_policy(call: Call) -> Answer:
    """Create a provisioning policy; it does nothing until it is assigned."""

    async def create() -> Answer:
        connections = tuple([stored.value async for stored in call.deps.connections.each(call.tenant.id)])
        form = policy_form(call.json(), connections)
        try:
            stored = await save_policy(call, form, await policy_facts(call, form, foresee=False), groups_needed=False)
        except InvalidError as error:
            raise renamed(error, POINTERS) from error
        return graph_created(call, POLICIES, shown(call, stored.value), stored.etag)

    return await once(call, create)


@bp.route(route=f"{BASE}/provisioningPolicies/{{id}}/assignments", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/provisioningPolicies/read", graph=True, returns=listing(ASSIGNMENT, "assignment"), query=PAGES
)
async def list_assignments(call: Call) -> Answer:
    """List the groups a policy is assigned to."""
    stored = await call.deps.policies.get(call.tenant.id, call.param("id"))
    return graph_whole_list(call, _ASSIGNMENTS, assignments_view(stored.value))


@bp.route(route=f"{BASE}/provisioningPolicies/{{id}}/assign", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/provisioningPolicies/assign", graph=True, accepts=ASSIGN_BODY, returns={204: None})
async def assign_policy(call: Call, client: DurableClient) -> Answer:
    """Replace the groups a policy is assigned to, and bring the tenant to what that means."""
    stored = await call.deps.policies.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    wanted = assign_body(call.json()).group_ids
    if len(wanted) > _MOST_GROUPS:
        raise InvalidError(Problem("/assignments", f"a policy may be assigned to {_MOST_GROUPS} groups"))
    kept = {a.group_id for a in stored.value.assignments}
    new = tuple(g for g in wanted if g not in kept)
    problems = group_problems(new, await existing_groups(call.deps.graph(call.tenant), new))
    if problems:
        at = {f"/groups/groupIds/{n}": f"/assignments/{wanted.index(g)}/target/groupId" for n, g in enumerate(new)}
        raise renamed(InvalidError(*problems), at)
    before = stored.value
    after = before.but(assignments=assignments(before, wanted, call.now))
    warnings = await overlap_warnings(call, after)
    await promise_reconcile(call.deps, call.tenant.id, call.now)
    if after != before:
        after = after.but(last_modified_date_time=call.now)
        await call.deps.policies.replace(after, seen=stored.etag)
        await call.audit("provisioningPolicy", after.id, before=before, after=after)
    return Answer(204, headers={"Operation-Location": await reconciling(call, client, after.id, warnings)})


@bp.route(route=f"{BASE}/provisioningPolicies/{{id}}/users", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/provisioningPolicies/read", graph=True, returns=listing(RosterEntry, "policyUser"))
async def list_policy_users(call: Call) -> Answer:
    """Tell who has a Cloud PC through a policy, who waits, who lacks one, and why."""
    deps, tenant = call.deps, call.tenant
    policy = (await deps.policies.get(tenant.id, call.param("id"))).value
    today = await read_today(call)
    groups = assigned_groups(today.policies.values())
    members = await licensed_members(call, groups) if policy.assignments else ()
    cloud_pcs = [stored.value async for stored in deps.cloud_pcs.each(tenant.id)]
    return ok(listed(call, (entry.to_json() for entry in roster(policy, today, members, cloud_pcs)), None))


async def save_policy_form(call: Call, client: DurableClient) -> Answer:
    """Save the wizard's form, and bring the tenant to what it means."""
    form = call.json()
    stored = await save_policy(call, form, await policy_facts(call, form, foresee=False))
    warnings = await overlap_warnings(call, stored.value)
    operation = await reconciling(call, client, stored.value.id, warnings)
    place = "/api/" + BASE.format(tenant=call.tenant.id, version="v1.0")
    view = {**shown(call, stored.value), "@deskwright.warnings": list(warnings)}
    return telling(created(view, f"{place}/{POLICIES.name}/{stored.value.id}", etag=stored.etag), operation)


async def overlap_warnings(call: Call, policy: Policy) -> tuple[dict[str, Any], ...]:
    """Return whom other policies target too, and which wins; as much of it as the directory lets us see."""
    others = [
        stored.value
        async for stored in call.deps.policies.each(call.tenant.id, assigned=True)
        if stored.value.id != policy.id
    ]
    if not policy.assignments or not others:
        return ()
    groups, elsewhere = assigned_groups([policy]), assigned_groups(others)
    few = len(groups | elsewhere) <= _MOST_READ
    members = await members_of(call, groups, others) if few else None
    names = await group_names(call, sorted(groups & elsewhere))
    return tuple(caution.to_json() for caution in overlaps(target(policy), others, names, members))


async def reconciling(
    call: Call, client: DurableClient, resource_id: str, warnings: tuple[dict[str, Any], ...] = ()
) -> str:
    """Ask for a reconcile because *resource_id* was changed; return the address of the operation that tells its end.

    The operation is opened after the asking: the sweep that closes it must not see it with nothing asked.
    """
    await ask_for_reconcile(call.deps, client, call.tenant.id, call.now)
    return address(await call.open_operation(RECONCILE_OPERATION, resource_id, warnings=warnings))


async def save_policy(
    call: Call, form: Mapping[str, Any], facts: PolicyFacts, *, groups_needed: bool = True
) -> Stored[Policy]:
    """Save a policy with its assignments; it acts once the tenant is reconciled."""
    policy_id = call.new_id("policy")
    others = facts.but(policies=tuple(p for p in facts.policies if p.id != policy_id))
    _, reading = review_policy(form, others, groups_needed=groups_needed)
    groups = reading.value("groups", GroupsStep)
    if reading.problems or groups is None:
        raise InvalidError(*reading.problems)
    policy = Policy(
        id=policy_id,
        tenant_id=call.tenant.id,
        created_date_time=call.now,
        last_modified_date_time=call.now,
        **fields_of(reading, facts),
    )
    return await _keep(call, policy.but(assignments=assignments(policy, groups.group_ids, call.now)))


async def _keep(call: Call, policy: Policy) -> Stored[Policy]:
    """Write a new policy down, and before it the promise that its assignments are acted on."""
    if policy.assignments:
        await promise_reconcile(call.deps, call.tenant.id, call.now)
    stored = await call.insert(call.deps.policies, policy, policy.id)
    await call.audit("provisioningPolicy", policy.id, after=stored.value)
    return stored


def assignments(policy: Policy, group_ids: tuple[str, ...], at: Any) -> tuple[Assignment, ...]:  # noqa: ANN401 - datetime
    """Return the assignments to *group_ids*; groups that stay keep since when, because that decides who wins."""
    there = {a.group_id: a for a in policy.assignments}
    return tuple(
        there.get(g) or Assignment(id=naming.derived_id("assignment", policy.id, g), group_id=g, assigned_at=at)
        for g in group_ids
    )


def shown(call: Call, policy: Policy) -> dict[str, Any]:
    """Return a policy as Graph's."""
    return policy_view(policy, call.tenant.settings.grace_period_in_hours)
