"""Users: get, list, their groups, their licences; the products of the tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.times import iso_z
from azure_simulator.graph import plane, queries, shapes
from azure_simulator.graph.licences import Licences
from azure_simulator.graph.plane import operation

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory import Doc

_USERS = "User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All"
_MEMBERS = "GroupMember.Read.All Group.Read.All Group.ReadWrite.All Directory.Read.All"
_LARGEST_CHECK = 20
_LARGEST_GET = 1000
_ON_PREMISES = ("onPremisesSyncEnabled", "onPremisesUserPrincipalName", "onPremisesDomainName")


def find_user(call: Call, name: str) -> Doc:
    """Return a user by id or UPN; raise the directory's 404."""
    seen = plane.seen(call)
    found = seen.get("user", name) or next(iter(seen.by("user", "userPrincipalName", name)), None)
    if found is None:
        raise plane.not_found(name)
    return found


def full_user(call: Call, doc: Doc, licences: Licences | None = None) -> Doc:
    """Return a user with everything that is worked out rather than kept; once is enough."""
    if "assignedLicenses" in doc:
        return doc
    tenant = plane.tenant_of(call)
    licences = licences or Licences(plane.directory(call.world), tenant, call.now_us)
    return {
        **dict.fromkeys(_ON_PREMISES),
        "createdDateTime": iso_z(doc["_made_us"]),
        **shapes.visible(doc),
        **licences.shown(doc, iso_z(doc["_licensed_us"])),
    }


@operation("user.list", "GET", "/users", roles=_USERS, units=2)
def list_users(call: Call) -> Answer:
    """Answer `GET /users`."""
    directory, tenant = plane.directory(call.world), plane.tenant_of(call)
    options = queries.read_options(call, "user")
    licences = Licences(directory, tenant, call.now_us)
    users = plane.seen(call).all("user", call.query.get("$filter"))
    if "$filter" in call.query:
        users = [full_user(call, each, licences) for each in users]
    return queries.page(
        call,
        users,
        options,
        lambda user: shapes.select("user", full_user(call, user, licences), options.select),
        "users",
    )


@operation("user.get", "GET", "/users/{id}", roles=f"{_USERS} LicenseAssignment.Read.All")
def get_user(call: Call) -> Answer:
    """Answer `GET /users/{id or UPN}`."""
    user = full_user(call, find_user(call, call.param("id")))
    body = shapes.select("user", user, queries.read_select(call, "user"))
    return Answer({"@odata.context": queries.context(call, "users/$entity"), **body})


@operation("user.memberOf", "GET", "/users/{id}/memberOf", roles=_MEMBERS, units=2)
def list_member_of(call: Call) -> Answer:
    """Answer with the groups that hold the user directly."""
    user = find_user(call, call.param("id"))
    return _groups(call, plane.seen(call).groups_of(user["id"]), typed=True)


@operation("user.transitiveMemberOf", "GET", "/users/{id}/transitiveMemberOf", roles=_MEMBERS, units=5)
def list_transitive(call: Call) -> Answer:
    """Answer with the groups that hold the user at any depth, as the index knows them."""
    return _groups(call, _above(call), typed=True)


@operation(
    "user.transitiveMemberOf.group",
    "GET",
    "/users/{id}/transitiveMemberOf/microsoft.graph.group",
    roles=_MEMBERS,
    units=5,
)
def list_transitive_groups(call: Call) -> Answer:
    """Answer the cast, which is an advanced query."""
    queries.require_eventual(call)
    return _groups(call, _above(call), typed=False)


def _above(call: Call) -> list[str]:
    user = find_user(call, call.param("id"))
    edges = plane.directory(call.world).memberships[plane.tenant_of(call)]
    return edges.above(user["id"], call.now_us - plane.lag_us(call.world))


def _groups(call: Call, ids: list[str], *, typed: bool) -> Answer:
    options, seen = queries.read_options(call, "group"), plane.seen(call)
    found = [seen.get("group", each) for each in ids]
    return queries.page(
        call,
        [each for each in found if each is not None],
        options,
        lambda group: shapes.select("group", group, options.select, typed=typed),
        "directoryObjects" if typed else "groups",
    )


@operation("user.checkMemberGroups", "POST", "/users/{id}/checkMemberGroups", roles=_MEMBERS, units=5, mutates=False)
def check_member_groups(call: Call) -> Answer:
    """Answer which of at most 20 groups hold the user at any depth; this is no index."""
    asked = queries.texts(call.object(), "groupIds")
    if not 0 < len(asked) <= _LARGEST_CHECK:
        raise queries.bad_request(f"The maximum number of group IDs that can be checked is {_LARGEST_CHECK}.")
    user = find_user(call, call.param("id"))
    edges = plane.directory(call.world).memberships[plane.tenant_of(call)]
    holding = {each.lower() for each in edges.above(user["id"], call.now_us)}
    value = [each for each in asked if each.lower() in holding]
    return Answer({"@odata.context": queries.context(call, "Collection(Edm.String)"), "value": value})


@operation("directoryObject.getByIds", "POST", "/directoryObjects/getByIds", roles=_USERS, mutates=False)
def get_by_ids(call: Call) -> Answer:
    """Answer the objects that exist among at most 1,000 ids."""
    body = call.object()
    ids, types = queries.texts(body, "ids"), [each.lower() for each in queries.texts(body, "types")]
    if not 0 < len(ids) <= _LARGEST_GET:
        raise queries.bad_request(f"Between 1 and {_LARGEST_GET} ids are needed.")
    directory, tenant = plane.directory(call.world), plane.tenant_of(call)
    value: list[Any] = []
    for each in ids:
        found = directory.find(tenant, each)
        if found is not None and (not types or found[0] in types):
            value.append(shapes.select(found[0], found[1], (), typed=True))
    return Answer({"@odata.context": queries.context(call, "directoryObjects"), "value": value})


@operation("user.licenseDetails", "GET", "/users/{id}/licenseDetails", roles=_USERS, units=2)
def list_licence_details(call: Call) -> Answer:
    """Refuse: the permissions table lists no application permission (azure.md 2)."""
    find_user(call, call.param("id"))
    raise Problem(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


@operation(
    "subscribedSku.list",
    "GET",
    "/subscribedSkus",
    roles="Organization.Read.All LicenseAssignment.Read.All Directory.Read.All Directory.ReadWrite.All",
    units=3,
)
def list_products(call: Call) -> Answer:
    """Answer with the products bought and their units."""
    unsupported = sorted(name for name in call.query if name.startswith("$") and name != "$select")
    if unsupported:
        raise queries.bad_request(f"The query parameter '{unsupported[0]}' is not supported on subscribedSkus.")
    directory, tenant = plane.directory(call.world), plane.tenant_of(call)
    used = Licences(directory, tenant, call.now_us).consumed()
    products = [_product(tenant, each, used[each["skuId"]]) for each in directory.all("sku", tenant)]
    wanted = [name.strip() for name in call.query.get("$select", "").split(",") if name.strip()]
    unknown = next((name for name in wanted for each in products[:1] if name not in each), None)
    if unknown:
        raise queries.bad_request(
            f"Could not find a property named '{unknown}' on type 'microsoft.graph.subscribedSku'."
        )
    shown = [{name: each[name] for name in wanted or each} for each in products]
    return Answer({"@odata.context": queries.context(call, "subscribedSkus"), "value": shown})


def _product(tenant: str, doc: Doc, consumed: int) -> Doc:
    units = {each: int(doc.get(each, 0)) for each in ("enabled", "suspended", "warning", "lockedOut")}
    status = "Enabled" if units["enabled"] else "Warning" if units["warning"] else "Suspended"
    return {
        "accountId": tenant,
        "appliesTo": "User",
        "capabilityStatus": status,
        "consumedUnits": consumed,
        "id": f"{tenant}_{doc['skuId']}",
        "prepaidUnits": units,
        "servicePlans": doc.get("servicePlans", []),
        "skuId": doc["skuId"],
        "skuPartNumber": doc["skuPartNumber"],
    }
