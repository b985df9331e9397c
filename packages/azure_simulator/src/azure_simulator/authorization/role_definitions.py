"""Role definitions: the built-in roles, and custom roles created at a scope.

`built_in_roles.json` has name, description and permissions of the built-in roles that a client of Cloud PCs meets, as
Azure lists them (learn.microsoft.com/azure/role-based-access-control/built-in-roles). The answers to custom ones are
recorded (Azure/azure-cli, role/test_role_definition_scenario); `RoleDefinitionWithSameNameExists` and
`InvalidActionOrNotAction` are quoted in public issue trackers, `RoleDefinitionHasAssignments` in
/azure/role-based-access-control/troubleshooting.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from azure_simulator.arm.body_models import BodyModels
from azure_simulator.arm.operations import Operations
from azure_simulator.arm.providers import AUTHORIZATION
from azure_simulator.arm.reading import invalid, read
from azure_simulator.arm.resource_types import ResourceType
from azure_simulator.arm.value_rules import GUID
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.resources import Index, Resource
from azure_simulator.core.times import iso_z

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World

TYPE = "Microsoft.Authorization/roleDefinitions"
SDK = "azure.mgmt.authorization.v2022_04_01"
PERMISSIONS = ("actions", "notActions", "dataActions", "notDataActions")
BUILT_IN: dict[str, Json] = json.loads(Path(__file__).with_name("built_in_roles.json").read_text())
_FILTER = re.compile(r"(?:(roleName)|(type)) eq '([^']+)'", re.IGNORECASE)
_AT_SCOPE = re.compile(r"atScope(AndBelow)?\(\)", re.IGNORECASE)
_ACTION = re.compile(r"\*|[\w.*-]+(/[\w.*-]+)+")

ROLE_DEFINITIONS = ResourceType(
    name=TYPE,
    provider=AUTHORIZATION,
    params=("name",),
    address=f"/{{scope...}}/providers/{TYPE}",
    api_versions=f"{AUTHORIZATION.api_versions} 2022-05-01-preview",
    models=BodyModels(SDK, "RoleDefinition"),
    located=False,
)
OPERATIONS = Operations(ROLE_DEFINITIONS)
_WHEN = "2015-02-02T21:55:09.8806423Z"
_MADE_BY_AZURE: Json = {"createdOn": _WHEN, "updatedOn": _WHEN, "createdBy": None, "updatedBy": None}
"""Properties shown by every built-in role; the time is Reader's (recorded: github.com/Azure/azure-cli, role)."""
BY_NAME = Index(TYPE, lambda found: found.name.lower())
BY_TITLE = Index(TYPE, lambda found: found.properties["roleName"].lower())
BY_ROLE = Index("Microsoft.Authorization/roleAssignments", lambda found: guid_of(found.properties["roleDefinitionId"]))


def guid_of(role_id: str) -> str:
    """Return the GUID in the id of a role, which is the same at every scope."""
    return role_id.lower().rpartition("/")[2]


def permissions(world: World, role_id: str) -> list[Json] | None:
    """Return the permissions of a role by its id or GUID; `None` when there is no such role."""
    guid = guid_of(role_id)
    if guid in BUILT_IN:
        return [BUILT_IN[guid]]
    found = world.resources.find(BY_NAME, guid)
    return list(found[0].properties["permissions"]) if found else None


@OPERATIONS.list_group("roledefinitions.list")
def list_definitions(call: Call) -> Answer:
    """List the roles that can be assigned at a scope; `roleName eq` and `type eq` filter."""
    scope, rows = _scope(call), list(_shown(call))
    text = _AT_SCOPE.sub("", call.query.get("$filter", ""))
    for by_name, _, wanted in _FILTER.findall(text):
        member = "roleName" if by_name else "type"
        rows = [each for each in rows if each["properties"][member].lower() == wanted.lower()]
    return Answer({"value": [each for each in rows if _covers(each["properties"]["assignableScopes"], scope)]})


@OPERATIONS.get("roledefinition.get")
def get_definition(call: Call) -> Answer:
    """Show a role, at any scope."""
    wanted = call.param("name").lower()
    found = next((each for each in _shown(call) if each["name"].lower() == wanted), None)
    if found is None:
        raise _unknown(call.param("name"))
    return Answer(found)


@OPERATIONS.put("roledefinition.put")
def put_definition(call: Call) -> Answer:
    """Make a custom role, or change one; the answer is 201 to both, without who made it (recorded)."""
    name, properties = call.param("name").lower(), _properties(call)
    if not re.fullmatch(GUID, name):
        raise Problem(400, "InvalidRoleDefinitionId", "The role definition ID must be a GUID.")
    if name in BUILT_IN:
        raise _built_in()
    found = next(iter(call.world.resources.find(BY_NAME, name)), None)
    same = call.world.resources.find(BY_TITLE, properties["roleName"].lower())
    titles = {each["roleName"].lower() for each in BUILT_IN.values()}
    if properties["roleName"].lower() in titles or any(each is not found for each in same):
        text = "A role definition cannot be updated with a name that already exists."
        raise Problem(409, "RoleDefinitionWithSameNameExists", text)
    now, who = iso_z(call.now_us), call.principal.object_id
    kept = found.properties if found else {"createdOn": now, "createdBy": who}
    made = {"createdOn": kept["createdOn"], "updatedOn": now, "createdBy": kept["createdBy"], "updatedBy": who}
    shown = {**properties, **made}
    body = {"id": call.path, "type": TYPE, "name": name, "properties": shown}
    if found is None:
        call.world.resources.add(Resource(call.path, TYPE, body, call.now_us))
    else:
        found.replace({**body, "id": found.id}, call.now_us)
        call.world.resources.refile(found)
    return Answer({**body, "properties": {**shown, "createdBy": None}}, 201)


@OPERATIONS.delete("roledefinition.delete")
def delete_definition(call: Call) -> Answer:
    """Delete a custom role that nobody has."""
    name = call.param("name").lower()
    if name in BUILT_IN:
        raise _built_in()
    found = next(iter(call.world.resources.find(BY_NAME, name)), None)
    if found is None:
        return Answer(status=204)
    if call.world.resources.number(BY_ROLE, name):
        text = "There are existing role assignments referencing role (code: RoleDefinitionHasAssignments)."
        raise Problem(400, "RoleDefinitionHasAssignments", text)
    call.world.resources.remove(found.id)
    return Answer(found.body)


def _shown(call: Call) -> Iterator[Json]:
    """Yield every role, with an id at the scope of the request."""
    at = "" if _scope(call) == "/" else _scope(call)
    for guid, role in BUILT_IN.items():
        properties = {
            "roleName": role["roleName"],
            "type": "BuiltInRole",
            "description": role["description"],
            "assignableScopes": ["/"],
            "permissions": [{name: role[name] for name in PERMISSIONS}],
            **_MADE_BY_AZURE,
        }
        yield {"id": f"{at}/providers/{TYPE}/{guid}", "type": TYPE, "name": guid, "properties": properties}
    for found in call.world.resources.of_type(TYPE):
        yield {**found.body, "id": f"{at}/providers/{TYPE}/{found.name}"}


def _properties(call: Call) -> Json:
    body = call.object()
    scopes = [_rooted(each) for each in read(body, "properties.assignableScopes", "array", [])]
    given = read(body, "properties.permissions", "array", [])
    if not read(body, "properties.roleName", "string", ""):
        raise invalid("roleName", "A role definition needs a role name.")
    if not scopes or any(not _is_assignable(each) for each in scopes):
        text = "A custom role needs assignable scopes: management groups, subscriptions or resource groups."
        raise invalid("assignableScopes", text)
    if len(given) > 1:
        raise invalid("permissions", "A custom role has one entry of permissions.")
    rights = [{name: read(each, name, "array", []) for name in PERMISSIONS} for each in given]
    for action in (action for each in rights for name in PERMISSIONS for action in each[name]):
        if not _ACTION.fullmatch(str(action)):
            text = f"'{action}' does not match any of the actions supported by the providers."
            raise Problem(400, "InvalidActionOrNotAction", text)
    properties: Json = {name: body["properties"].get(name) for name in ("roleName", "description")}
    return {**properties, "type": "CustomRole", "assignableScopes": scopes, "permissions": rights}


def _rooted(scope: object) -> object:
    """Return a scope with its first slash, which a body may leave out."""
    return f"/{scope}" if isinstance(scope, str) and not scope.startswith("/") else scope


def _is_assignable(scope: object) -> bool:
    return isinstance(scope, str) and re.match(r"/(subscriptions|providers)/[^/]", scope, re.IGNORECASE) is not None


def _covers(assignable: list[str], scope: str) -> bool:
    """Return whether a role can be assigned at a scope, or below it."""
    wanted = f"{scope.lower().rstrip('/')}/"
    return any(f"{wanted}".startswith(f"{each.lower().rstrip('/')}/") for each in assignable)


def _scope(call: Call) -> str:
    return "/" + call.param("scope").strip("/")


def _unknown(name: str) -> Problem:
    text = f"The specified role definition with ID '{name}' does not exist."
    return Problem(404, "RoleDefinitionDoesNotExist", text)


def _built_in() -> Problem:
    """Refuse to change a built-in role; the code is unchecked."""
    return Problem(403, "RoleDefinitionUpdateNotPermitted", "Built-in roles cannot be changed or deleted.")
