"""Licences: `assignLicense` of users and groups, and the products that the tenant has bought.

Source: learn.microsoft.com/graph/api/{user-assignlicense,group-assignlicense,subscribedsku-list,subscribedsku-get};
the texts of the 400s are the directory's own, as its callers quote them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.graph.directory.licenses import Licenses, service_plans, without
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.protocol import checks, operations, pages, projection, queries
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources.groups import find_group, full_group
from azure_simulator.graph.resources.users import READ_ROLES, find_user, full_user

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Doc

_READ_PRODUCTS = "Organization.Read.All LicenseAssignment.Read.All Directory.Read.All Directory.ReadWrite.All"
_ASSIGN_TO_USERS = "LicenseAssignment.ReadWrite.All User.ReadWrite.All Directory.ReadWrite.All"
_ASSIGN_TO_GROUPS = "LicenseAssignment.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All"


def _changes(call: Call) -> tuple[dict[str, list[str]], list[str]]:
    """Return the products to assign, each with its disabled service plans, and those to remove."""
    body = call.object()
    for name in ("addLicenses", "removeLicenses"):
        if not isinstance(body.get(name), list):
            raise checks.bad_request(f"The parameter '{name}' is required and must be a collection.", "BadRequest")
    give: dict[str, list[str]] = {}
    for each in body["addLicenses"]:
        if not isinstance(each, dict) or not isinstance(each.get("skuId"), str):
            raise checks.bad_request("Every added licence needs a skuId.", "BadRequest")
        sku = _known(call, each["skuId"])
        give[sku] = _disabled(call, sku, checks.texts(each, "disabledPlans"))
    take = [_known(call, each) for each in checks.texts(body, "removeLicenses")]
    if set(give) & set(take):
        raise checks.bad_request("License assignments and removals cannot name the same license.")
    return give, take


def _known(call: Call, sku: str) -> str:
    found = directory_of(call.world).get("sku", operations.tenant_of(call), sku)
    if found is None:
        raise checks.bad_request(f"License {sku} does not correspond to a valid company License.")
    return str(found["skuId"])


def _disabled(call: Call, sku: str, plans: list[str]) -> list[str]:
    """Return the service plans to leave out; raise the 400 for a plan that the product does not have."""
    product = directory_of(call.world).get("sku", operations.tenant_of(call), sku) or {}
    known = {each["servicePlanId"]: each for each in service_plans(product)}
    for plan in plans:
        if plan.lower() not in known:
            raise checks.bad_request(f"Service plan {plan} is not part of the license {sku}.")
    return [*dict.fromkeys(plan.lower() for plan in plans)]


@operation("user.assignLicense", "POST", "/users/{id}/assignLicense", roles=_ASSIGN_TO_USERS)
def assign_to_user(call: Call) -> Answer:
    """Assign and remove products directly; those assigned through a group are changed on the group."""
    user, (give, take) = find_user(call, call.param("id")), _changes(call)
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    held, licenses = set(user["_licenses"]), Licenses(directory, tenant, call.now_us)
    if set(take) - held:
        raise checks.bad_request("User does not have a corresponding license.")
    new = [sku for sku in give if sku not in held]
    if new and not user.get("usageLocation"):
        raise checks.bad_request("License assignment cannot be done for user with invalid usage location.")
    used = licenses.consumed()
    for sku in new:
        if used[sku] >= licenses.units(sku):
            raise checks.bad_request(f"Subscription with SKU {sku} does not have any available licenses.")
    for sku in take:
        licenses.take(_reloaded(call, user), sku)
    for sku, disabled in give.items():
        licenses.give(_reloaded(call, user), sku, disabled)
    shown = projection.select("user", full_user(call, _reloaded(call, user)), ())
    return Answer({"@odata.context": pages.context(call, "users/$entity"), **shown})


def _reloaded(call: Call, user: Doc) -> Doc:
    return directory_of(call.world).get("user", operations.tenant_of(call), user["id"]) or user


@operation("group.assignLicense", "POST", "/groups/{id}/assignLicense", roles=_ASSIGN_TO_GROUPS)
def assign_to_group(call: Call) -> Answer:
    """Assign and remove products through a group; members get them while there are units."""
    group, (give, take) = find_group(call), _changes(call)
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    if not group["securityEnabled"]:
        raise checks.bad_request("Licenses can be assigned to security groups only.")
    if set(take) - set(group["_licenses"]):
        raise checks.bad_request("Group does not have a corresponding license.")
    kept = [sku for sku in group["_licenses"] if sku not in take]
    held = {"_licenses": [*dict.fromkeys([*kept, *give])], "_disabled_plans": group.get("_disabled_plans", {})}
    for sku in [*take, *give]:
        held["_disabled_plans"] = without(held, sku, give.get(sku, []))
    changed = directory.change("group", tenant, group["id"], **held)
    shown = full_group(changed)
    return Answer({"@odata.context": pages.context(call, "groups/$entity"), **shown}, 202)


@operation("user.licenseDetails", "GET", "/users/{id}/licenseDetails", roles=READ_ROLES, units=2)
def list_license_details(call: Call) -> Answer:
    """Refuse: there is no application permission for it (docs/notes.md 2)."""
    find_user(call, call.param("id"))
    raise Problem(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


@operation("subscribedSku.list", "GET", "/subscribedSkus", roles=_READ_PRODUCTS, units=3)
def list_subscribed_skus(call: Call) -> Answer:
    """Answer with the products that were bought and their units."""
    unsupported = sorted(name for name in call.query if name.startswith("$") and name != "$select")
    if unsupported:
        raise checks.bad_request(f"The query parameter '{unsupported[0]}' is not supported on subscribedSkus.")
    shown = [queries.select_of(call, "subscribedSku", each) for each in _products(call)]
    return Answer({"@odata.context": pages.context(call, "subscribedSkus"), "value": shown})


@operation("subscribedSku.get", "GET", "/subscribedSkus/{id}", roles=_READ_PRODUCTS, units=3)
def get_subscribed_sku(call: Call) -> Answer:
    """Answer one product by its `id`, which has the ids of directory and product."""
    wanted = call.param("id")
    found = next((each for each in _products(call) if each["id"] == wanted.lower()), None)
    if found is None:
        raise checks.not_found(wanted)
    shown = queries.select_of(call, "subscribedSku", found)
    return Answer({"@odata.context": pages.context(call, "subscribedSkus/$entity"), **shown})


def _products(call: Call) -> list[Doc]:
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    used = Licenses(directory, tenant, call.now_us).consumed()
    return [_product(tenant, each, used[each["skuId"]]) for each in directory.all("sku", tenant)]


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
        "servicePlans": service_plans(doc),
        "skuId": doc["skuId"],
        "skuPartNumber": doc["skuPartNumber"],
    }
