"""Users: get, list, their groups; objects by their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
MEMBERS = "GroupMember.Read.All Group.Read.All Group.ReadWrite.All Directory.Read.All"
SIGN_INS = "AuditLog.Read.All"
_LARGEST_WITH_SIGN_INS = 500
_LARGEST_CHECK = 20
_LARGEST_GET = 1000
_LARGEST_ANSWER = 11_000
_ON_PREMISES = ("onPremisesSyncEnabled", "onPremisesUserPrincipalName", "onPremisesDomainName")


def find_user(call: Call, name: str) -> Doc:
    """Return a user by id or UPN; raise the directory's 404."""
    replica = operations.replica_of(call)
    found = replica.get("user", name) or next(iter(replica.by("user", "userPrincipalName", name)), None)
    if found is None:
        raise checks.not_found(name)
    return found


def full_user(call: Call, doc: Doc, licenses: Licenses | None = None) -> Doc:
    """Return a user with its computed properties; one that has them already is returned as it is."""
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


@operation("user.memberOf", "GET", "/users/{id}/memberOf", roles=MEMBERS, units=2)
def list_member_of(call: Call) -> Answer:
    """Answer with the groups that the user is a direct member of."""
    user = find_user(call, call.param("id"))
    return _groups(call, operations.replica_of(call).groups_of(user["id"]), typed=True)


@operation("user.transitiveMemberOf", "GET", "/users/{id}/transitiveMemberOf", roles=MEMBERS, units=5)
def list_transitive(call: Call) -> Answer:
    """Answer with the groups that contain the user at any depth, as the lagging index has them."""
    return _groups(call, _above(call), typed=True)


@operation(
    "user.transitiveMemberOf.group",
    "GET",
    "/users/{id}/transitiveMemberOf/microsoft.graph.group",
    roles=MEMBERS,
    units=5,
)
def list_transitive_groups(call: Call) -> Answer:
    """Answer the cast, which is an advanced query."""
    queries.require_eventual(call)
    return _groups(call, _above(call), typed=False)


def _above(call: Call) -> list[str]:
    user = find_user(call, call.param("id"))
    edges = directory_of(call.world).memberships[operations.tenant_of(call)]
    return edges.above(user["id"], call.now_us - operations.lag_us(call.world))


def _groups(call: Call, ids: list[str], *, typed: bool) -> Answer:
    options, replica = queries.read_options(call, "group"), operations.replica_of(call)
    found = [replica.get("group", each) for each in ids]
    return pages.page(
        call,
        [each for each in found if each is not None],
        options,
        lambda group: projection.select("group", group, options.select, typed=typed),
        "directoryObjects" if typed else "groups",
    )


@operation("user.checkMemberGroups", "POST", "/users/{id}/checkMemberGroups", roles=MEMBERS, units=5, mutates=False)
def check_member_groups(call: Call) -> Answer:
    """Answer which of at most 20 groups contain the user at any depth; this does not lag."""
    ids = checks.texts(call.object(), "groupIds")
    if not 0 < len(ids) <= _LARGEST_CHECK:
        raise checks.bad_request(f"The maximum number of group IDs that can be checked is {_LARGEST_CHECK}.")
    user = find_user(call, call.param("id"))
    edges = directory_of(call.world).memberships[operations.tenant_of(call)]
    containing = {each.lower() for each in edges.above(user["id"], call.now_us)}
    value = [each for each in ids if each.lower() in containing]
    return Answer({"@odata.context": pages.context(call, "Collection(Edm.String)"), "value": value})


@operation("user.getMemberGroups", "POST", "/users/{id}/getMemberGroups", roles=MEMBERS, units=5, mutates=False)
def get_member_groups(call: Call) -> Answer:
    """Answer all groups that contain the user at any depth, or only security groups; this does not lag."""
    only = call.object().get("securityEnabledOnly")
    if not isinstance(only, bool):
        raise checks.bad_request("The parameter securityEnabledOnly is required.")
    user = find_user(call, call.param("id"))
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    containing = directory.memberships[tenant].above(user["id"], call.now_us)
    value = [
        each
        for each in containing
        if not only or ((group := directory.find(tenant, each)) is not None and group[1]["securityEnabled"])
    ]
    if len(value) > _LARGEST_ANSWER:
        raise checks.bad_request("The result has too many groups.", "Directory_ResultSizeLimitExceeded")
    return Answer({"@odata.context": pages.context(call, "Collection(Edm.String)"), "value": value})


@operation("directoryObject.getByIds", "POST", "/directoryObjects/getByIds", roles=READ_ROLES, mutates=False)
def get_by_ids(call: Call) -> Answer:
    """Answer the objects that exist among at most 1,000 ids."""
    body = call.object()
    ids, types = checks.texts(body, "ids"), [each.lower() for each in checks.texts(body, "types")]
    if not 0 < len(ids) <= _LARGEST_GET:
        raise checks.bad_request(f"Between 1 and {_LARGEST_GET} ids are needed.")
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    value: list[Any] = []
    for each in ids:
        found = directory.find(tenant, each)
        if found is not None and (not types or found[0] in types):
            value.append(projection.select(found[0], found[1], (), typed=True))
    return Answer({"@odata.context": pages.context(call, "directoryObjects"), "value": value})
