"""Roles that a tenant defines, and their assignments: Graph's roleManagement/cloudPC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import azure.functions as func

from shared.domain.tenants.access import (
    AccessGrant,
    RoleAssignmentForm,
    RoleDefinition,
    RoleDefinitionEdit,
    RoleDefinitionForm,
    RolePermission,
)
from shared.errors import ConflictError, NotFoundError
from shared.services.directory.names import principal_names
from shared.services.tenants.access import assign_role, change_role, define_role, delete_role, take_back
from shared.storage.repository import Stored
from shared.workflow import Blueprint
from triggers.http.bodies.cloud_pcs import GraphBody
from triggers.http.call import Call, Response
from triggers.http.endpoints import endpoint
from triggers.http.graph import graph_changed, graph_created, graph_item, graph_whole_list, query_of
from triggers.http.idempotency import once
from triggers.http.openapi_metadata import ONE, Page
from triggers.http.permissions import BUILT_IN, Role, permissions_of_role
from triggers.http.views.access import (
    ACCESS_GRANT,
    ACCESS_GRANTS,
    ROLE_DEFINITION,
    ROLE_DEFINITIONS,
    WITHIN,
    RoleDefinitionView,
    access_grant_view,
    role_definition_view,
)

bp = Blueprint()
_OPEN = func.AuthLevel.ANONYMOUS  # the token decides, not a function key
_ROLES = f"tenants/{{tenant}}/{{version}}/{WITHIN}/roleDefinitions"
_ROLE = f"{_ROLES}/{{id}}"
_ASSIGNMENTS = f"tenants/{{tenant}}/{{version}}/{WITHIN}/roleAssignments"
_ASSIGNMENT = f"{_ASSIGNMENTS}/{{id}}"


@bp.route(route=_ROLES, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/roleDefinitions/read", graph=True, returns=Page(ROLE_DEFINITION), query=ROLE_DEFINITIONS)
async def list_role_definitions(call: Call) -> Response:
    """List the roles: those that every tenant has, and those that this tenant has defined."""
    own = [_view(stored.value) async for stored in call.deps.role_definitions.each(call.tenant.id)]
    return await graph_whole_list(call, ROLE_DEFINITIONS, [*map(_built_in_view, BUILT_IN), *own])


@bp.route(route=_ROLE, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/roleDefinitions/read", graph=True, returns=ROLE_DEFINITION, query=ONE)
async def get_role_definition(call: Call) -> Response:
    """Show one role with its permissions."""
    if call.param("id") in BUILT_IN:
        return graph_item(call, ROLE_DEFINITIONS, _built_in_view(call.param("id")))
    stored = await call.deps.role_definitions.get(call.tenant.id, call.param("id"))
    return graph_item(call, ROLE_DEFINITIONS, _view(stored.value), stored.etag)


@bp.route(route=_ROLES, methods=["POST"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/roleDefinitions/create",
    graph=True,
    accepts=GraphBody(RoleDefinitionForm),
    returns={201: ROLE_DEFINITION},
)
async def create_role_definition(call: Call) -> Response:
    """Define a role, with permissions that the caller has; nobody has it until it is assigned."""

    async def create() -> Response:
        stored = await define_role(call.context, call.read(RoleDefinitionForm, _settable(call)), call.granter)
        return graph_created(call, ROLE_DEFINITIONS, _view(stored.value), stored.etag)

    return await once(call, create)


@bp.route(route=_ROLE, methods=["PATCH"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/roleDefinitions/update",
    graph=True,
    accepts=GraphBody(RoleDefinitionEdit),
    returns={200: ROLE_DEFINITION, 204: None},
)
async def update_role_definition(call: Call) -> Response:
    """Change a role that the tenant has defined, for everybody who has it."""
    stored = await _defined(call)
    after = await change_role(call.context, stored, call.read(RoleDefinitionEdit, _settable(call)), call.granter)
    return graph_changed(call, ROLE_DEFINITIONS, _view(after.value), after.etag)


@bp.route(route=_ROLE, methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/roleDefinitions/delete", graph=True, returns={204: None})
async def delete_role_definition(call: Call) -> Response:
    """Delete a role that nobody has."""
    await delete_role(call.context, await _defined(call))
    return Response(204)


def _view(role: RoleDefinition) -> RoleDefinitionView:
    return role_definition_view(role.id, role, built_in=False)


def _built_in_view(role_id: str) -> RoleDefinitionView:
    actions = tuple(sorted(permissions_of_role(role_id, None)))
    permissions = RolePermission.model_construct(allowed_resource_actions=actions)
    form = RoleDefinitionForm.model_construct(
        display_name=Role(role_id).display_name, description=BUILT_IN[role_id], role_permissions=(permissions,)
    )
    return role_definition_view(role_id, form, built_in=True)


def _settable(call: Call) -> Mapping[str, Any]:
    """Return the body without the properties that only the service sets (decision 121)."""
    return {name: value for name, value in call.json().items() if name not in {"isBuiltIn", "id"}}


async def _defined(call: Call) -> Stored[RoleDefinition]:
    if call.param("id") in BUILT_IN:
        raise ConflictError("every tenant has this role, and it does not change")
    stored = await call.deps.role_definitions.get(call.tenant.id, call.param("id"))
    call.match(stored.etag)
    return stored


@bp.route(route=_ASSIGNMENTS, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/roleAssignments/read", graph=True, returns=Page(ACCESS_GRANT), query=ACCESS_GRANTS)
async def list_access_grants(call: Call) -> Response:
    """List the assignments of roles that were made here; app roles are assigned in the directory."""
    found = [stored.value async for stored in call.deps.access_grants.each(call.tenant.id)]
    given = [each for each in found if not each.support]
    names = await _names(call, *given)
    return await graph_whole_list(call, ACCESS_GRANTS, [access_grant_view(each, names) for each in given])


@bp.route(route=_ASSIGNMENT, methods=["GET"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/roleAssignments/read", graph=True, returns=ACCESS_GRANT, query=(*ONE, "$expand"))
async def get_access_grant(call: Call) -> Response:
    """Show one assignment of a role."""
    stored = await _assignment(call)
    view = access_grant_view(stored.value, await _names(call, stored.value))
    return graph_item(call, ACCESS_GRANTS, view, stored.etag)


@bp.route(route=_ASSIGNMENTS, methods=["POST"], auth_level=_OPEN)
@endpoint(
    "Microsoft.CloudPC/roleAssignments/create",
    graph=True,
    accepts=GraphBody(RoleAssignmentForm),
    returns={201: ACCESS_GRANT},
)
async def create_access_grant(call: Call) -> Response:
    """Give a role to users, groups and applications of the directory, in the whole tenant or in scopes of it.

    It counts from their next request on.
    """

    async def create() -> Response:
        form = call.read(RoleAssignmentForm, {name: each for name, each in call.json().items() if name != "id"})
        stored = await assign_role(call.context, form, call.granter)
        return graph_created(call, ACCESS_GRANTS, access_grant_view(stored.value, {}), stored.etag)

    return await once(call, create)


@bp.route(route=_ASSIGNMENT, methods=["DELETE"], auth_level=_OPEN)
@endpoint("Microsoft.CloudPC/roleAssignments/delete", graph=True, returns={204: None})
async def delete_access_grant(call: Call) -> Response:
    """Take a role back: it counts for no later request."""
    await take_back(call.context, await _assignment(call))
    return Response(204)


async def _names(call: Call, *grants: AccessGrant) -> Mapping[str, str]:
    """Return the names of the principals in the answer, or no names unless the query asks for them."""
    if "principals" not in query_of(call, ACCESS_GRANTS).shown:
        return {}
    groups = frozenset(group for each in grants for group in each.group_ids)
    return await principal_names(call.context, (one for each in grants for one in each.principal_ids), groups)


async def _assignment(call: Call) -> Stored[AccessGrant]:
    stored = await call.deps.access_grants.get(call.tenant.id, call.param("id"))
    if stored.value.support:
        raise NotFoundError("there is no such assignment of a role")
    call.match(stored.etag)
    return stored
