"""Users: get and list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.times import iso_z
from azure_simulator.graph.directory.licenses import Licenses
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.protocol import checks, operations, pages, projection, queries
from azure_simulator.graph.protocol.operations import operation

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Doc

READ_ROLES = "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"
SIGN_INS = "AuditLog.Read.All"
_LARGEST_WITH_SIGN_INS = 500
_ON_PREMISES = ("onPremisesSyncEnabled", "onPremisesUserPrincipalName", "onPremisesDomainName")


def find_user(call: Call, name: str) -> Doc:
    """Return a user by id or UPN; raise the directory's 404."""
    replica = operations.replica_of(call)
    found = replica.get("user", name) or next(iter(replica.by("user", "userPrincipalName", name)), None)
    if found is None:
        raise checks.not_found(name)
    return found


def full_user(call: Call, doc: Doc, licenses: Licenses | None = None) -> Doc:
    """Return a user with its computed properties; a user that has them already is returned unchanged."""
    if "assignedLicenses" in doc:
        return doc
    tenant = operations.tenant_of(call)
    licenses = licenses or Licenses(directory_of(call.world), tenant, call.now_us)
    return {
        **dict.fromkeys(_ON_PREMISES),
        "createdDateTime": iso_z(doc["_made_us"]),
        **projection.visible(doc),
        **licenses.shown(doc, iso_z(doc["_licensed_us"])),
    }


@operation("user.list", "GET", "/users", roles=READ_ROLES, units=2)
def list_users(call: Call) -> Answer:
    """Answer `GET /users`."""
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    options = queries.read_options(call, "user")
    if "signinactivity" in (call.query.get("$select", "") + call.query.get("$filter", "")).lower():
        _check_sign_ins(call)
    licenses = Licenses(directory, tenant, call.now_us)
    users = queries.candidates(call, "user")
    if "$filter" in call.query:
        users = [full_user(call, each, licenses) for each in users]
    return pages.page(
        call,
        users,
        options,
        lambda user: projection.select("user", full_user(call, user, licenses), options.select),
        "users",
    )


@operation("user.get", "GET", "/users/{id}", roles=f"{READ_ROLES} LicenseAssignment.Read.All")
def get_user(call: Call) -> Answer:
    """Answer `GET /users/{id or UPN}`."""
    wanted = queries.read_select(call, "user")
    if "signInActivity" in wanted:
        _check_sign_ins(call)
        if not checks.is_id(call.param("id")):
            raise checks.bad_request("Get By Key only supports UserId and the key has to be a valid Guid", "BadRequest")
    user = full_user(call, find_user(call, call.param("id")))
    body = projection.select("user", user, wanted)
    return Answer({"@odata.context": pages.context(call, "users/$entity"), **body})


def _check_sign_ins(call: Call) -> None:
    """Refuse `signInActivity` without its own role, and pages of more than 500 users with it."""
    if not call.principal.may(SIGN_INS, call.path):
        text = f"Calling principal does not have required MSGraph permissions {SIGN_INS}"
        raise Problem(403, "Authentication_MSGraphPermissionMissing", text)
    if queries.read_top(call) > _LARGEST_WITH_SIGN_INS:
        text = f"Invalid page size specified: '{call.query['$top']}'. Must be between 1 and 500 inclusive."
        raise checks.bad_request(text)
