"""Role assignments and role definitions at any scope."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.arm import managed_identities
from azure_simulator.arm.paging import page
from azure_simulator.arm.reading import read
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.resources import Index, Resource
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import SECOND, iso

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World

ROUTES = Routes("arm")
TYPE = "Microsoft.Authorization/roleAssignments"
DEFINITION_TYPE = "Microsoft.Authorization/roleDefinitions"
ALL = f"/{{scope...}}/providers/{TYPE}"
ONE = f"{ALL}/{{name}}"
DEFINITIONS = f"/{{scope...}}/providers/{DEFINITION_TYPE}"
LIMIT = 4000
_FILTER = re.compile(r"(?:principalId eq\s*|assignedTo\()\s*'([^']+)'\)?", re.IGNORECASE)


def _grant(found: Resource) -> tuple[str, str, str]:
    """Give what no two assignments share: scope, principal, role."""
    properties = found.properties
    return properties["scope"].lower(), properties["principalId"].lower(), _role(properties["roleDefinitionId"])


BY_GRANT = Index(TYPE, _grant)
BY_PRINCIPAL = Index(TYPE, lambda found: found.properties["principalId"].lower())
BY_SCOPE = Index(TYPE, lambda found: found.properties["scope"].lower())
BY_SUBSCRIPTION = Index(TYPE, lambda found: found.key.split("/")[2])

ROLES = {
    "fb879df8-f326-4884-b1cf-06f3ad86be52": "Virtual Machine User Login",
    "1c0163c0-47e6-4577-8991-ea5c82e286e4": "Virtual Machine Administrator Login",
    "1d18fff3-a72a-46b5-b4a9-0b38a3cd7e63": "Desktop Virtualization User",
    "082f0a83-3be5-4ba1-904c-961cca79b387": "Desktop Virtualization Contributor",
    "40c5ff49-9181-41f8-ae61-143b0e78555e": "Desktop Virtualization Power On Off Contributor",
    "a959dbd1-f747-45e3-8ba6-dd80f235f97c": "Desktop Virtualization Virtual Machine Contributor",
    "9980e02c-c2be-4d73-94e8-173b1dc7cf3c": "Virtual Machine Contributor",
    "4d97b98b-1d4f-4787-a291-c67834d212e7": "Network Contributor",
    "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
    "acdd72a7-3385-48ef-bd42-f606fba81ae7": "Reader",
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
}


@ROUTES.operation("role.put", "PUT", ONE, action=f"{TYPE}/write")
def put_assignment(call: Call) -> Answer:
    """Give a role to a principal at a scope."""
    world, body = call.world, call.object()
    if not re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", call.param("name")):
        raise Problem(400, "InvalidRoleAssignmentId", "The role assignment ID must be a GUID.")
    role_id = read(body, "properties.roleDefinitionId", "string")
    principal = read(body, "properties.principalId", "string")
    if role_id.rpartition("/")[2].lower() not in ROLES:
        raise Problem(
            404,
            "RoleDefinitionDoesNotExist",
            f"The specified role definition with ID '{role_id.rpartition('/')[2]}' does not exist.",
        )
    found = world.resources.get(call.path)
    if found is not None:
        same = (found.properties["principalId"], found.properties["roleDefinitionId"].lower())
        if same == (principal, role_id.lower()):
            return Answer(found.body)
        raise Problem(
            400,
            "RoleAssignmentUpdateNotPermitted",
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
        )
    scope = _scope(call)
    _check_scope(call, scope)
    _check_new(call, scope, role_id, principal)
    return _make(call, scope, role_id, principal)


@ROUTES.operation("role.get", "GET", ONE, action=f"{TYPE}/read")
def get_assignment(call: Call) -> Answer:
    """Show an assignment."""
    found = call.world.resources.get(call.path)
    if found is None:
        raise Problem(
            404,
            "RoleAssignmentNotFound",
            f"The role assignment '{call.param('name')}' is not found.",
        )
    return Answer(found.body)


@ROUTES.operation("role.delete", "DELETE", ONE, action=f"{TYPE}/delete")
def delete_assignment(call: Call) -> Answer:
    """Take a role away."""
    found = call.world.resources.get(call.path)
    if found is None:
        return Answer(status=204)
    call.world.resources.remove(found.id)
    return Answer(found.body)


@ROUTES.operation("roles.list", "GET", ALL, action=f"{TYPE}/read")
def list_assignments(call: Call) -> Answer:
    """List assignments at, above and below a scope; `atScope()`, `principalId eq` and `assignedTo()` filter."""
    scope, text = _scope(call).lower(), call.query.get("$filter", "")
    at_scope, principal = "atscope()" in text.lower(), _FILTER.search(text)
    if text and not at_scope and principal is None:
        raise Problem(
            400,
            "UnsupportedQuery",
            f"The filter '{text}' is not supported. Supported filters are either 'atScope()' or filters with "
            "'principalId eq {value}' or 'assignedTo({value})'.",
        )
    found = _candidates(call.world, scope, principal.group(1).lower() if principal else "")
    return page(call, [each for each in found if _seen(each.properties["scope"].lower(), scope, at_scope=at_scope)])


def _seen(theirs: str, scope: str, *, at_scope: bool) -> bool:
    """Tell whether an assignment shows in a list: at the scope, above, and below unless `at_scope`."""
    return f"{scope}/".startswith(f"{theirs}/") or (not at_scope and theirs.startswith(f"{scope}/"))


def _candidates(world: World, scope: str, principal: str) -> list[Resource]:
    """Give what may be listed without looking at all there are, where that can be avoided."""
    store = world.resources
    if principal:
        return store.find(BY_PRINCIPAL, principal)
    if "/providers/" not in scope:
        return store.of_type(TYPE)
    segments = scope.split("/")
    above = [each for end in range(3, len(segments) + 1) for each in store.find(BY_SCOPE, "/".join(segments[:end]))]
    keys = {each.key for each in above}
    return [*above, *(each for each in store.under(scope) if each.type == TYPE and each.key not in keys)]


@ROUTES.operation("roledefinitions.list", "GET", DEFINITIONS, action=f"{DEFINITION_TYPE}/read")
def list_definitions(call: Call) -> Answer:
    """List the built-in roles; `roleName eq` filters."""
    wanted = re.search(r"roleName eq '([^']+)'", call.query.get("$filter", ""))
    rows = [
        _definition(call, role_id, name)
        for role_id, name in ROLES.items()
        if wanted is None or wanted.group(1).lower() == name.lower()
    ]
    return Answer({"value": rows})


@ROUTES.operation("roledefinition.get", "GET", f"{DEFINITIONS}/{{name}}", action=f"{DEFINITION_TYPE}/read")
def get_definition(call: Call) -> Answer:
    """Show a built-in role."""
    role_id = call.param("name").lower()
    if role_id not in ROLES:
        raise Problem(404, "RoleDefinitionDoesNotExist", f"There is no role '{role_id}'.")
    return Answer(_definition(call, role_id, ROLES[role_id]))


def has_role(world: World, principal: str, role_id: str, scope: str) -> bool:
    """Tell whether a principal has a role at a scope, directly or from above."""
    wanted = scope.lower()
    found = world.resources.find(BY_PRINCIPAL, principal.lower())
    here = (each for each in found if _seen(each.properties["scope"].lower(), wanted, at_scope=True))
    return any(_role(each.properties["roleDefinitionId"]) == _role(role_id) for each in here)


def _role(role_id: str) -> str:
    return role_id.lower().rpartition("/")[2]


def _scope(call: Call) -> str:
    return "/" + call.param("scope").strip("/")


def _check_scope(call: Call, scope: str) -> None:
    parts = scope.strip("/").split("/")
    if len(parts) > 2 and call.world.resources.get(scope) is None:  # noqa: PLR2004 - below a subscription
        call.need(scope)


def _check_new(call: Call, scope: str, role_id: str, principal: str) -> None:
    world = call.world
    if not _known(call, principal):
        raise Problem(
            400,
            "PrincipalNotFound",
            f"Principal {principal.replace('-', '')} does not exist in the directory. Check that "
            "you have the correct principal ID. If you are creating this principal and then "
            "immediately assigning a role, this error might be related to a replication delay. In this case, set "
            "the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.",
        )
    same = world.resources.find(BY_GRANT, (scope.lower(), principal.lower(), _role(role_id)))
    if same:
        raise Problem(
            409,
            "RoleAssignmentExists",
            f"The role assignment already exists. The ID of the conflicting role assignment "
            f"is {same[0].name.replace('-', '')}.",
        )
    sub = scope.lower().split("/")[2] if scope.count("/") > 1 else ""
    if world.resources.number(BY_SUBSCRIPTION, sub) >= world.config.get("roleAssignmentLimit", LIMIT):
        raise Problem(
            400,
            "RoleAssignmentLimitExceeded",
            "The number of role assignments for this subscription has been exceeded.",
        )


def _known(call: Call, principal: str) -> bool:
    """Tell whether ARM's copy of the directory knows a principal; it may lag behind.

    Who says what a principal is (`principalType`) is believed while the copy lags.
    """
    world, answers = call.world, list[bool]()
    if world.config.get("anyPrincipalExists", False) or managed_identities.known(world, principal):
        return True
    lag_us = int(world.config.get("principalLagSeconds", 0) * SECOND)
    if read(call.object(), "properties.principalType", "string", ""):
        lag_us = 0
    world.publish("ask_principal", principal_id=principal, answers=answers, as_of_us=world.now_us - lag_us)
    return any(answers)


def _make(call: Call, scope: str, role_id: str, principal: str) -> Answer:
    given = call.object()["properties"]
    when = iso(call.now_us)
    properties: Json = {
        **given,
        "roleDefinitionId": role_id,
        "principalId": principal,
        "principalType": given.get("principalType", "User"),
        "scope": scope,
        "createdOn": when,
        "updatedOn": when,
        "createdBy": call.principal.object_id,
        "updatedBy": call.principal.object_id,
    }
    name = call.param("name")
    body = {"id": call.path, "name": name, "type": TYPE, "properties": properties}
    call.world.resources.add(Resource(call.path, TYPE, body, call.now_us))
    return Answer(body, 201)


def _definition(call: Call, role_id: str, name: str) -> Json:
    del call
    permissions = [{"actions": ["*/read"], "notActions": [], "dataActions": []}]
    return {
        "id": f"/providers/{DEFINITION_TYPE}/{role_id}",
        "type": DEFINITION_TYPE,
        "name": role_id,
        "properties": {
            "roleName": name,
            "type": "BuiltInRole",
            "description": name,
            "assignableScopes": ["/"],
            "permissions": permissions,
        },
    }
