"""Role assignments at any scope.

A new one counts late: within ten minutes, says learn.microsoft.com/azure/role-based-access-control/troubleshooting.
Reads and lists show it at once, and no request tells whether it counts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.arm import managed_identities
from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.paging import page
from azure_simulator.arm.providers import AUTHORIZATION
from azure_simulator.arm.reading import read
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.arm.value_rules import GUID, matching, one_of
from azure_simulator.authorization import conditions
from azure_simulator.authorization.role_definitions import guid_of, permissions
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.latency import about
from azure_simulator.core.resources import Index, Resource
from azure_simulator.core.settings import NUMBER
from azure_simulator.core.times import SECOND, iso

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World

TYPE = "Microsoft.Authorization/roleAssignments"
SDK = "azure.mgmt.authorization.v2022_04_01"
LIMIT = 4000
EFFECT = "role.effect"
"""Time before a new assignment takes effect. Median and 95 % are guesses."""
GUARDED = frozenset(f"{TYPE}/{verb}".lower() for verb in ("write", "delete"))
"""The actions whose conditions are about the assignment that is written or deleted."""
_INVALID = "The given role assignment condition is invalid."
_CHANGEABLE = ("description", "condition", "conditionVersion")
_FILTER = re.compile(r"(?:principalId eq\s*|assignedTo\()\s*'([^']+)'\)?", re.IGNORECASE)


def _grant(found: Resource) -> tuple[str, str, str]:
    """Return the scope, principal and role of an assignment: no two have all three in common."""
    properties = found.properties
    return properties["scope"].lower(), properties["principalId"].lower(), guid_of(properties["roleDefinitionId"])


ROLE_ASSIGNMENTS = ResourceType(
    name=TYPE,
    provider=AUTHORIZATION,
    params=("name",),
    address=f"/{{scope...}}/providers/{TYPE}",
    models=BodyModels(SDK, "RoleAssignmentCreateParameters", shown="RoleAssignment"),
    values={
        "properties.principalId": matching(
            GUID, "The Principal ID '{value}' is not valid. Principal ID must be a GUID.", "InvalidPrincipalId"
        ),
        "properties.conditionVersion": one_of(("1.0", "2.0")),
    },
    settings={
        "roleAssignmentLimit": (int, "role assignments in a subscription (4,000)"),
        "principalLagSeconds": (NUMBER, "how long role assignments do not know a new principal (0)"),
        "anyPrincipalExists": (bool, "role assignments do not ask the directory for their principal"),
    },
    latencies={EFFECT: {**about(60, 240, 5), "most": 600}},
    located=False,
)
OPERATIONS = Operations(ROLE_ASSIGNMENTS)
BY_GRANT = Index(TYPE, _grant)
BY_PRINCIPAL = Index(TYPE, lambda found: found.properties["principalId"].lower())
BY_SCOPE = Index(TYPE, lambda found: found.properties["scope"].lower())
BY_SUBSCRIPTION = Index(TYPE, lambda found: found.key.split("/")[2])


@OPERATIONS.put("role.put")
def put_assignment(call: Call) -> Answer:
    """Give a role to a principal at a scope."""
    world, body = call.world, call.object()
    if not re.fullmatch(GUID, call.param("name")):
        raise Problem(400, "InvalidRoleAssignmentId", "The role assignment ID must be a GUID.")
    role_id = read(body, "properties.roleDefinitionId", "string")
    principal = read(body, "properties.principalId", "string")
    if not principal:
        raise Problem(400, "InvalidPrincipalId", "A valid principal ID must be provided for role assignment.")
    _check_condition(body)
    if permissions(world, role_id) is None:
        raise Problem(
            404,
            "RoleDefinitionDoesNotExist",
            f"The specified role definition with ID '{role_id.rpartition('/')[2]}' does not exist.",
        )
    found = world.resources.get(call.path)
    _check_caller(call, body["properties"], found)
    if found is not None:
        same = (found.properties["principalId"], found.properties["roleDefinitionId"].lower())
        if same == (principal, role_id.lower()):
            return _update(call, found)
        raise Problem(
            400,
            "RoleAssignmentUpdateNotPermitted",
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
        )
    scope = _scope(call)
    _check_scope(call, scope)
    _check_new(call, scope, role_id, principal)
    return _make(call, scope, role_id, principal)


@OPERATIONS.get("role.get")
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


@OPERATIONS.delete("role.delete")
def delete_assignment(call: Call) -> Answer:
    """Take a role away."""
    found = call.world.resources.get(call.path)
    if found is None:
        return Answer(status=204)
    _check_caller(call, None, found)
    call.world.resources.remove(found.id)
    return Answer(found.body)


@OPERATIONS.list_group("roles.list")
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
    """Return whether an assignment shows in a list: at the scope, above, and below unless `at_scope`."""
    return f"{scope}/".startswith(f"{theirs}/") or (not at_scope and theirs.startswith(f"{scope}/"))


def _candidates(world: World, scope: str, principal: str) -> list[Resource]:
    """Return the assignments that a list may contain, without reading all of them if that can be avoided."""
    store = world.resources
    if principal:
        return store.find(BY_PRINCIPAL, principal)
    if "/providers/" not in scope:
        return store.of_type(TYPE)
    segments = scope.split("/")
    above = [each for end in range(3, len(segments) + 1) for each in store.find(BY_SCOPE, "/".join(segments[:end]))]
    keys = {each.key for each in above}
    return [*above, *(each for each in store.under(scope) if each.type == TYPE and each.key not in keys)]


def _check_condition(body: Json) -> None:
    text = read(body, "properties.condition", "string", "")
    if not text:
        return
    if read(body, "properties.conditionVersion", "string", "") != "2.0":
        raise Problem(400, "InvalidCondition", f"{_INVALID} Its version has to be 2.0.")
    try:
        conditions.read(text)
    except conditions.InvalidConditionError as wrong:
        raise Problem(400, "InvalidCondition", f"{_INVALID} {wrong}") from wrong


def _check_caller(call: Call, asked: Json | None, found: Resource | None) -> None:
    """Refuse assignments that the conditions of the caller's own assignments do not allow."""
    known = _attributes("request", asked) | _attributes("resource", found.properties if found else None)
    if call.principal.may_with(call.action, call.path, known):
        return
    who = call.principal
    raise Problem(
        403,
        "AuthorizationFailed",
        f"The client '{who.client_id or who.object_id}' with object id '{who.object_id}' has an authorization with "
        f"ABAC condition that is not fulfilled to perform action '{call.action}' over scope '{call.path}' or the scope "
        "is invalid. If access was recently granted, please refresh your credentials.",
    )


def _attributes(source: str, properties: Json | None) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return the attributes of an assignment as conditions name them; those that nobody gave have no value."""
    given = properties or {}
    values = {
        "roledefinitionid": guid_of(str(given.get("roleDefinitionId", ""))),
        "principalid": given.get("principalId", ""),
        "principaltype": given.get("principalType", ""),
    }
    return {(source, f"{TYPE.lower()}:{name}"): (str(each),) if each else () for name, each in values.items()}


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
    same = world.resources.find(BY_GRANT, (scope.lower(), principal.lower(), guid_of(role_id)))
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
    """Return whether ARM's copy of the directory knows a principal; it may lag behind.

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


def _update(call: Call, found: Resource) -> Answer:
    """Change description and condition; the answer is 201 as for a new one (recorded)."""
    properties = call.object()["properties"]
    changes = {name: properties.get(name) for name in _CHANGEABLE if properties.get(name) != found.properties.get(name)}
    if changes:
        who = {"updatedOn": _moment(call), "updatedBy": call.principal.object_id}
        found.set(call.now_us, **changes, **who)
    return Answer(found.body, 201)


def _moment(call: Call) -> str:
    return iso(call.now_us).replace("+00:00", "Z")


def _make(call: Call, scope: str, role_id: str, principal: str) -> Answer:
    given = call.object()["properties"]
    when = _moment(call)
    properties: Json = {
        **dict.fromkeys(("condition", "conditionVersion", "delegatedManagedIdentityResourceId", "description")),
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
    world = call.world
    late_us = world.duration_us(EFFECT, call.path, world.attempt(EFFECT, call.path))
    world.resources.add(Resource(call.path, TYPE, body, call.now_us, {"countsFromUs": call.now_us + late_us}))
    return Answer({**body, "properties": {**properties, "createdBy": None}}, 201)


def counts(world: World, assignment: Resource) -> bool:
    """Return whether an assignment counts already."""
    return bool(assignment.facts.get("countsFromUs", 0) <= world.now_us)
