"""Users: create, change, disable, delete.

Sources: learn.microsoft.com/graph/api/user-{post-users,update,delete}; the texts of the 400s are the
directory's own, as its callers quote them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer
from azure_simulator.graph.directory import recycle_bin
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.directory.seeding import TenantSeeder
from azure_simulator.graph.protocol import bodies, checks, operations, pages, projection
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources import directory_bodies
from azure_simulator.graph.resources.users import find_user, full_user

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Doc

_WRITE = "User.ReadWrite.All Directory.ReadWrite.All"
_DELETE = "User.ReadWrite.All User.DeleteRestore.All Directory.ReadWrite.All"
_CREATE = "User.ReadWrite.All Directory.ReadWrite.All User.Invite.All"
_NEEDED = ("accountEnabled", "displayName", "mailNickname", "passwordProfile", "userPrincipalName")
_MASTERED = frozenset(
    {"displayName", "givenName", "surname", "mail", "userPrincipalName", "accountEnabled", "jobTitle"}
)
_UPN = re.compile(r"[A-Za-z0-9'._!#$^~-]+@[A-Za-z0-9.-]+")


def _checked(call: Call, body: Doc, before: Doc | None = None) -> Doc:
    """Return the properties to write of a user (`before`: the existing user's); raise the directory's 400."""
    properties = bodies.read(body, directory_bodies.USER, before)
    if "userPrincipalName" in properties:
        _check_name(call, properties["userPrincipalName"], before["id"] if before else "")
    return {name: value for name, value in properties.items() if name != "passwordProfile"}


def _check_name(call: Call, name: str, own_id: str) -> None:
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    if not _UPN.fullmatch(name):
        raise checks.bad_request("Property userPrincipalName is invalid.")
    domain = (directory.get("tenant", tenant, "") or {}).get("domain", "")
    if name.partition("@")[2].lower() != str(domain).lower():
        raise checks.bad_request(
            "The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain "
            "names in your organization."
        )
    taken = directory.by("user", tenant, "userPrincipalName", name)
    if any(each["id"] != own_id for each in taken):
        raise checks.bad_request("Another object with the same value for property userPrincipalName already exists.")


@operation("user.create", "POST", "/users", roles=_CREATE)
def create_user(call: Call) -> Answer:
    """Create a user of the tenant's own domain."""
    body = call.object()
    for name in _NEEDED:
        if body.get(name) in (None, ""):
            raise checks.bad_request(f"A value is required for property '{name}' of resource 'User'.")
    if "password" not in checks.fields(body, "passwordProfile"):
        raise checks.bad_request("A value is required for property 'password' of resource 'User'.")
    properties, tenant = _checked(call, body), operations.tenant_of(call)
    directory = directory_of(call.world)
    attempt = call.world.attempt("graph.user", f"{tenant}/{body['userPrincipalName']}")
    key = call.world.guid("user", tenant, body["userPrincipalName"], attempt)
    domain = {"tenantId": tenant, "domain": ""}
    seeder = TenantSeeder(directory, domain, call.world.protector.hash, call.now_us)
    made = seeder.user({"usageLocation": None, **properties, "id": key})
    shown = projection.select("user", full_user(call, made), ())
    return Answer({"@odata.context": pages.context(call, "users/$entity"), **shown}, 201)


@operation("user.update", "PATCH", "/users/{id}", roles=f"{_WRITE} User.EnableDisableAccount.All")
def update_user(call: Call) -> Answer:
    """Change a user; properties that Active Directory masters are refused."""
    user, body = find_user(call, call.param("id")), call.object()
    if not body:
        raise checks.bad_request("Write requests (excluding DELETE) must contain the Content-Type header declaration.")
    properties = _checked(call, body, user)
    if user.get("onPremisesSyncEnabled") and set(properties) & _MASTERED:
        raise checks.bad_request(
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects "
            "currently undergoing migration."
        )
    directory_of(call.world).change("user", operations.tenant_of(call), user["id"], **properties)
    return Answer(status=204)


@operation("user.delete", "DELETE", "/users/{id}", roles=_DELETE)
def delete_user(call: Call) -> Answer:
    """Delete a user, who can be restored for 30 days."""
    recycle_bin.delete(call.world, operations.tenant_of(call), "user", find_user(call, call.param("id"))["id"])
    return Answer(status=204)
