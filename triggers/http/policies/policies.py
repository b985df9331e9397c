"""Provisioning policies: Graph's provisioningPolicies; pauses; and why a user has, or lacks, a Cloud PC."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Annotated

import azure.functions as func
from pydantic import AfterValidator, Field

from shared.domain.planning.explain import Explanation
from shared.domain.planning.foresight import PolicyUser
from shared.domain.policies.policy import Policy
from shared.domain.tenants.tenant import Tenant
from shared.domain.values import Value, one_line
from shared.errors import InvalidError, Problem
from shared.services.directory.names import group_names
from shared.services.policies import pausing, policies
from shared.services.policies.facts import policy_facts
from shared.services.wizards.edits import edited_policy
from shared.storage.repository import Stored
from shared.workflow import Blueprint, DurableClient
from triggers.http import scopes
from triggers.http.bodies.connections import Reachable, chosen_regions
from triggers.http.bodies.declared import renamed
from triggers.http.bodies.policies import (
    POINTERS,
    AssignBody,
    PolicyBody,
    PolicyEdit,
    assigned_group_ids,
    policy_edit_form,
    policy_form,
)
from triggers.http.call import Call, Response, created, ok
from triggers.http.endpoints import endpoint
from triggers.http.graph import (
    BASE,
    graph_changed,
    graph_created,
    graph_item,
    graph_whole_list,
    query_of,
    with_operation,
)
from triggers.http.idempotency import once
from triggers.http.json_schema import Json
from triggers.http.lists import whole_list
from triggers.http.openapi_metadata import ONE, Page
from triggers.http.views.policies import (
    ASSIGNMENT,
    ASSIGNMENTS,
    POLICIES,
    POLICY,
    POLICY_USERS,
    assignments_view,
    policy_view,
)
from triggers.http.views.tenants import ServiceStateView, service_state_view

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key


@bp.route(route=f"{BASE}/provisioningPolicies", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/provisioningPolicies/read",
    graph=True,
    returns=Page(POLICY),
    query=POLICIES,
    reach=scopes.POLICIES,
)
async def list_policies(call: Call) -> Response:
    """List the provisioning policies."""
    found = [stored.value async for stored in call.deps.policies.each(call.tenant.id)]
    names = await _names(call, found)
    return await graph_whole_list(call, POLICIES, [shown(call, policy, names) for policy in found])


@bp.route(route=f"{BASE}/provisioningPolicies/{{id}}", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/provisioningPolicies/read",
    graph=True,
    returns=POLICY,
    query=(*ONE, "$expand"),
    reach=scopes.POLICY,
)
async def get_policy(call: Call) -> Response:
    """Show one provisioning policy."""
    stored = await call.deps.policies.get(call.tenant.id, call.param("id"))
    names = await _names(call, [stored.value])
    return graph_item(call, POLICIES, shown(call, stored.value, names), stored.etag)


@bp.route(route=f"{BASE}/provisioningPolicies", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/provisioningPolicies/create", graph=True, accepts=PolicyBody, returns={201: POLICY})
async def create_policy(call: Call) -> Response:
    """Create a provisioning policy; it does nothing until it is assigned."""

    async def create() -> Response:
        body = call.json()
        form = policy_form(body, await _reachable(call))
        try:
            facts = await policy_facts(call.context, form, with_forecast=False)
            regions = chosen_regions(body)
            stored = await policies.create_policy(call.context, form, facts, groups_needed=False, regions=regions)
        except InvalidError as error:
            raise renamed(error, POINTERS) from error
        return graph_created(call, POLICIES, shown(call, stored.value), stored.etag)

    return await once(call, create)


@bp.route(route=f"{BASE}/provisioningPolicies/{{id}}", methods=["PATCH"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint(
    "Microsoft.CloudPC/provisioningPolicies/update", graph=True, accepts=PolicyEdit, returns={200: POLICY, 204: None}
)
async def update_policy(call: Call, client: DurableClient) -> Response:
    """Change the properties of a policy that the body names; existing Cloud PCs do not change."""
    stored = await call.deps.policies.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    body = call.json()
    form = policy_edit_form(body, stored.value, shown(call, stored.value), await _reachable(call))
    try:
        updated = await policies.update_policy(call.context, client, stored, form, chosen_regions(body))
    except InvalidError as error:
        raise renamed(error, POINTERS) from error
    after = updated.stored
    return with_operation(graph_changed(call, POLICIES, shown(call, after.value), after.etag), updated.operation)


@bp.route(route=f"{BASE}/provisioningPolicies/{{id}}", methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/provisioningPolicies/delete", graph=True, returns={204: None})
async def delete_policy(call: Call) -> Response:
    """Delete a policy that is assigned to no group; grace periods of its Cloud PCs continue."""
    stored = await call.deps.policies.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    await policies.delete_policy(call.context, stored)
    return Response(204)


@bp.route(route=f"{BASE}/provisioningPolicies/{{id}}/assignments", methods=["GET"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/provisioningPolicies/read",
    graph=True,
    returns=Page(ASSIGNMENT),
    query=ASSIGNMENTS,
    reach=scopes.POLICY,
)
async def list_assignments(call: Call) -> Response:
    """List the groups a policy is assigned to."""
    stored = await call.deps.policies.get(call.tenant.id, call.param("id"))
    names = await _names_of_groups(call, [stored.value])
    return await graph_whole_list(call, ASSIGNMENTS, assignments_view(stored.value, names))


@bp.route(route=f"{BASE}/provisioningPolicies/{{id}}/assign", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/provisioningPolicies/assign", graph=True, accepts=AssignBody, returns={204: None})
async def assign_policy(call: Call, client: DurableClient) -> Response:
    """Replace the groups that a policy is assigned to, and reconcile the tenant."""
    stored = await call.deps.policies.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    group_ids = assigned_group_ids(call.json())
    try:
        operation = await policies.assign_policy(call.context, client, stored, group_ids)
    except InvalidError as error:
        pointers = {f"/groups/groupIds/{n}": f"/assignments/{n}/target/groupId" for n in range(len(group_ids))}
        raise renamed(error, pointers) from error
    return with_operation(Response(204), operation)


@bp.route(route=f"{BASE}/provisioningPolicies/{{id}}/users", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/provisioningPolicies/read", graph=True, returns=Page(PolicyUser), query=POLICY_USERS)
async def list_policy_users(call: Call) -> Response:
    """List the users who have, wait for or lack a Cloud PC of a policy, and the reasons."""
    users = await policies.read_policy_users(call.context, call.param("id"))
    return await whole_list(call, POLICY_USERS, [user.to_json() for user in users])


async def save_policy_form(call: Call, client: DurableClient) -> Response:
    """Save the wizard's form, and reconcile the tenant."""
    form = call.json()
    facts = await policy_facts(call.context, form, with_forecast=False)
    stored = await policies.create_policy(call.context, form, facts)
    operation, warnings = await policies.begin_policy(call.context, client, stored.value)
    place = "/api/" + BASE.format(tenant=call.tenant.id, version="v1.0")
    names = await _names_of_groups(call, [stored.value])
    view = {**shown(call, stored.value, names), "@deskwright.warnings": list(warnings)}
    return with_operation(created(view, f"{place}/{POLICIES.name}/{stored.value.id}", etag=stored.etag), operation)


async def save_policy_edit_form(call: Call, client: DurableClient) -> Response:
    """Save the form of edit-provisioning-policy."""
    stored, form = await edited_policy(call.context, call.json())
    call.match(stored.etag)
    updated = await policies.update_policy(call.context, client, stored, form)
    after = updated.stored
    names = await _names_of_groups(call, [after.value])
    return with_operation(ok(shown(call, after.value, names), etag=after.etag), updated.operation)


async def _reachable(call: Call) -> Reachable:
    connections = tuple([stored.value async for stored in call.deps.connections.each(call.tenant.id)])
    return Reachable(connections, tuple([stored.value async for stored in call.deps.sites.each(call.tenant.id)]))


async def _names(call: Call, found: Iterable[Policy]) -> Mapping[str, str]:
    """Return the names of the groups in the answer, or no names unless the query selects the assignments."""
    if "assignments" not in query_of(call, POLICIES).shown:
        return {}
    return await _names_of_groups(call, found)


async def _names_of_groups(call: Call, found: Iterable[Policy]) -> Mapping[str, str]:
    return await group_names(call.context, (a.group_id for policy in found for a in policy.assignments))


def shown(call: Call, policy: Policy, groups: Mapping[str, str] = MappingProxyType({})) -> Json:
    """Return a policy as Graph's. *groups*: the names of groups by id."""
    return policy_view(policy, call.tenant.settings, groups)


@bp.route(route="tenants/{tenant}/explain", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/explanations/read", returns=Explanation, query=("user",))
async def explain_user(call: Call) -> Response:
    """Explain the user named by ``user``: principal name or id."""
    named = call.query("user")
    if not named:
        raise InvalidError(Problem("user", "required: a user principal name or an id"))
    return ok((await policies.explain_user(call.context, named)).to_json())


class PauseForm(Value):
    """Why it is paused; Cloud PCs that wait for it show the reason."""

    reason: Annotated[str, Field(max_length=500), AfterValidator(one_line)] = ""


@bp.route(route="tenants/{tenant}/provisioningPolicies/{id}/pause", methods=["POST"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/provisioningPolicies/pause",
    accepts=PauseForm,
    optional=True,
    returns=POLICY,
    reach=scopes.POLICY,
)
async def pause_policy(call: Call) -> Response:
    """Let a policy begin no build and no removal."""
    reason = _reason(call)
    return ok(shown(call, await pausing.pause_policy(call.context, await _policy(call), reason)))


@bp.route(route="tenants/{tenant}/provisioningPolicies/{id}/resume", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/provisioningPolicies/resume", returns=POLICY, reach=scopes.POLICY)
async def resume_policy(call: Call, client: DurableClient) -> Response:
    """Let a policy act again; waiting work begins."""
    policy, operation = await pausing.resume_policy(call.context, client, await _policy(call))
    return with_operation(ok(shown(call, policy)), operation)


@bp.route(route="tenants/{tenant}/pause", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/tenants/pause", accepts=PauseForm, optional=True, returns=Tenant)
async def pause_tenant(call: Call) -> Response:
    """Let a whole tenant begin no build and no removal."""
    reason = _reason(call)
    call.match(call.stored_tenant.etag)
    return ok((await pausing.pause_tenant(call.context, reason)).to_json())


@bp.route(route="tenants/{tenant}/resume", methods=["POST"], auth_level=_OPEN)
@bp.durable_client_input(client_name="client")
@endpoint("Microsoft.CloudPC/tenants/resume", returns=Tenant)
async def resume_tenant(call: Call, client: DurableClient) -> Response:
    """Let a tenant act again; waiting work begins."""
    call.match(call.stored_tenant.etag)
    tenant, operation = await pausing.resume_tenant(call.context, client)
    return with_operation(ok(tenant.to_json()), operation)


@bp.route(route="pause", methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/service/read", returns=ServiceStateView)
async def get_pause(call: Call) -> Response:
    """Show whether the service is paused for all tenants."""
    return ok(service_state_view(await call.deps.service_state.get()))


@bp.route(route="pause", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/service/pause", accepts=PauseForm, optional=True, returns=ServiceStateView)
async def pause_service(call: Call) -> Response:
    """Let the service begin no build and no removal, in no tenant."""
    reason = _reason(call)
    return ok(service_state_view(await pausing.pause_service(call.context, reason)))


@bp.route(route="resume", methods=["POST"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/service/resume", returns=ServiceStateView)
async def resume_service(call: Call) -> Response:
    """Let the service act again; the sweep begins waiting work, tenant by tenant."""
    return ok(service_state_view(await pausing.resume_service(call.context)))


def _reason(call: Call) -> str:
    return call.read(PauseForm, call.json_if_any()).reason


async def _policy(call: Call) -> Stored[Policy]:
    stored = await call.deps.policies.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    return stored
