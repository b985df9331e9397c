"""App roles: assigned to users, groups and service principals, and read from either side.

The same assignment is in `appRoleAssignments` of the principal and in `appRoleAssignedTo` of the resource.
Sources: learn.microsoft.com/graph/api/resources/approleassignment,
/graph/api/serviceprincipal-{list,post,delete}-{approleassignments,approleassignedto}, and the same of users and groups;
the refusals are quoted in public issue trackers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer
from azure_simulator.core.times import iso_z
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.protocol import bodies, checks, operations, pages, projection, queries
from azure_simulator.graph.protocol.bodies import Body, Text, names
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources.groups import find_group
from azure_simulator.graph.resources.service_principals import find_principal
from azure_simulator.graph.resources.users import find_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World
    from azure_simulator.graph.directory.records import Doc

_KIND = "appRoleAssignment"
_READ = "Application.Read.All Application.ReadWrite.All Directory.Read.All AppRoleAssignment.ReadWrite.All"
_WRITE = "AppRoleAssignment.ReadWrite.All Directory.ReadWrite.All"
DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"
"""The assignment to an application without a role of its own."""
_ID = Text(written="guid", nullable=False)
_BODY = Body(
    _KIND,
    {"appRoleId": _ID, "principalId": _ID, "resourceId": _ID},
    read_only=names("id createdDateTime deletedDateTime principalDisplayName principalType resourceDisplayName"),
)
_TYPES = {"user": "User", "group": "Group", "servicePrincipal": "ServicePrincipal"}
_MEMBERS = {"user": "User", "group": "User", "servicePrincipal": "Application"}
"""The `allowedMemberTypes` of a role that allow a principal."""


def _user(call: Call) -> Doc:
    return find_user(call, call.param("id"))


_SIDES: dict[str, tuple[Callable[[Call], Doc], str]] = {
    "/users/{id}/appRoleAssignments": (_user, "principalId"),
    "/groups/{id}/appRoleAssignments": (find_group, "principalId"),
    "/servicePrincipals/{id}/appRoleAssignments": (find_principal, "principalId"),
    "/servicePrincipals(appId='{app_id}')/appRoleAssignments": (find_principal, "principalId"),
    "/servicePrincipals/{id}/appRoleAssignedTo": (find_principal, "resourceId"),
    "/servicePrincipals(appId='{app_id}')/appRoleAssignedTo": (find_principal, "resourceId"),
}
"""Path -> whose assignments they are, and by which of its members an assignment is known there."""


def _declare(path: str, whose: Callable[[Call], Doc], side: str) -> None:
    @operation(f"appRoles.list{path}", "GET", path, roles=_READ)
    def list_assignments(call: Call) -> Answer:
        """Answer with the assignments of one side."""
        own, options = whose(call), queries.read_options(call, _KIND)
        found = directory_of(call.world).by(_KIND, operations.tenant_of(call), side, own["id"])
        return pages.page(call, found, options, lambda doc: projection.select(_KIND, doc, options.select), _what(path))

    @operation(f"appRoles.assign{path}", "POST", path, roles=_WRITE)
    def assign(call: Call) -> Answer:
        """Assign a role."""
        made = _assign(call, whose(call), side)
        return Answer({"@odata.context": pages.context(call, f"{_what(path)}/$entity"), **made}, 201)

    @operation(f"appRoles.get{path}", "GET", f"{path}/{{assignment}}", roles=_READ)
    def get(call: Call) -> Answer:
        """Answer one assignment."""
        wanted = queries.read_select(call, _KIND)
        shown = projection.select(_KIND, _find(call, whose(call), side), wanted)
        return Answer({"@odata.context": pages.context(call, f"{_what(path)}/$entity"), **shown})

    @operation(f"appRoles.remove{path}", "DELETE", f"{path}/{{assignment}}", roles=_WRITE)
    def remove(call: Call) -> Answer:
        """Take a role away."""
        gone = _find(call, whose(call), side)
        directory_of(call.world).remove(_KIND, operations.tenant_of(call), gone["id"])
        return Answer(status=204)


def _what(path: str) -> str:
    return path.rpartition("/")[2]


def _find(call: Call, own: Doc, side: str) -> Doc:
    found = directory_of(call.world).get(_KIND, operations.tenant_of(call), call.param("assignment"))
    if found is None or found[side] != own["id"]:
        raise checks.not_found(call.param("assignment"))
    return found


def _assign(call: Call, own: Doc, side: str) -> Doc:
    body, directory, tenant = bodies.read(call.object(), _BODY), directory_of(call.world), operations.tenant_of(call)
    for name in _BODY.members:
        if name not in body:
            raise checks.bad_request(f"A value is required for property '{name}' of resource 'AppRoleAssignment'.")
    ids = {name: value.lower() for name, value in body.items()}
    if ids[side] != own["id"]:
        raise checks.bad_request(f"Invalid value specified for property '{side}': it is not the object of the path.")
    found = directory.find_object(tenant, ids["principalId"])
    resource = directory.get("servicePrincipal", tenant, ids["resourceId"])
    if found is None or found[0] not in _TYPES or resource is None:
        raise checks.not_found(ids["resourceId"] if resource is None else ids["principalId"])
    kind, principal = found
    _check_role(resource, ids["appRoleId"], _MEMBERS[kind])
    known = directory.by(_KIND, tenant, "principalId", principal["id"])
    if any((each["resourceId"], each["appRoleId"]) == (ids["resourceId"], ids["appRoleId"]) for each in known):
        raise checks.bad_request("Permission being assigned already exists on the object")
    return _keep(call.world, tenant, ids, _TYPES[kind], principal, resource)


def ensure(world: World, tenant: str, principal: Doc, resource: Doc, role_id: str) -> None:
    """Assign a role to a service principal that does not have it yet."""
    ids = {"appRoleId": role_id, "principalId": principal["id"], "resourceId": resource["id"]}
    known = directory_of(world).by(_KIND, tenant, "principalId", principal["id"])
    if not any((each["resourceId"], each["appRoleId"]) == (resource["id"], role_id) for each in known):
        _keep(world, tenant, ids, "ServicePrincipal", principal, resource)


def _keep(world: World, tenant: str, ids: dict[str, str], kind: str, principal: Doc, resource: Doc) -> Doc:
    order = [ids[name] for name in ("appRoleId", "principalId", "resourceId")]
    number = world.attempt("graph.appRole", f"{tenant}/{'/'.join(order)}")
    made = {
        "id": world.guid("app role", *order, number).replace("-", ""),
        "deletedDateTime": None,
        **ids,
        "createdDateTime": iso_z(world.now_us),
        "principalDisplayName": principal["displayName"],
        "principalType": kind,
        "resourceDisplayName": resource["displayName"],
    }
    return directory_of(world).put(_KIND, tenant, made["id"], made)


def _check_role(resource: Doc, role_id: str, member: str) -> None:
    roles = resource["appRoles"]
    usable = any(
        each["id"].lower() == role_id and each.get("isEnabled") and member in each["allowedMemberTypes"]
        for each in roles
    )
    without = role_id == DEFAULT_ROLE and not any(member in each["allowedMemberTypes"] for each in roles)
    if not usable and not without:
        raise checks.bad_request(f"Permission being assigned was not found on application '{resource['appId']}'")


for _path, (_whose, _side) in _SIDES.items():
    _declare(_path, _whose, _side)
