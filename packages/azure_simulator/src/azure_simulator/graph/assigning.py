"""Licences given and taken through Graph: `assignLicense` of users and groups.

Source: learn.microsoft.com/graph/api/user-assignlicense, group-assignlicense; the texts of the 400s
are the directory's own, as its callers quote them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer
from azure_simulator.graph import plane, queries, shapes
from azure_simulator.graph.groups import find_group, full_group
from azure_simulator.graph.licences import Licences
from azure_simulator.graph.plane import operation
from azure_simulator.graph.users import find_user, full_user

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory import Doc

_USERS = "LicenseAssignment.ReadWrite.All User.ReadWrite.All Directory.ReadWrite.All"
_GROUPS = "LicenseAssignment.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All"


def _asked(call: Call) -> tuple[list[str], list[str]]:
    """Return the products to give and to take."""
    body = call.object()
    for name in ("addLicenses", "removeLicenses"):
        if not isinstance(body.get(name), list):
            raise queries.bad_request(f"The parameter '{name}' is required and must be a collection.", "BadRequest")
    give = []
    for each in body["addLicenses"]:
        if not isinstance(each, dict) or not isinstance(each.get("skuId"), str):
            raise queries.bad_request("Every added licence needs a skuId.", "BadRequest")
        give.append(_known(call, each["skuId"]))
    take = [_known(call, each) for each in queries.texts(body, "removeLicenses")]
    if set(give) & set(take):
        raise queries.bad_request("License assignments and removals cannot name the same license.")
    return give, take


def _known(call: Call, sku: str) -> str:
    found = plane.directory(call.world).get("sku", plane.tenant_of(call), sku)
    if found is None:
        raise queries.bad_request(f"License {sku} does not correspond to a valid company License.")
    return str(found["skuId"])


@operation("user.assignLicense", "POST", "/users/{id}/assignLicense", roles=_USERS)
def assign_to_user(call: Call) -> Answer:
    """Give and take products directly; those that come through a group are the group's."""
    user, (give, take) = find_user(call, call.param("id")), _asked(call)
    directory, tenant = plane.directory(call.world), plane.tenant_of(call)
    held, licences = set(user["_licences"]), Licences(directory, tenant, call.now_us)
    if set(take) - held:
        raise queries.bad_request("User does not have a corresponding license.")
    new = [sku for sku in give if sku not in held]
    if new and not user.get("usageLocation"):
        raise queries.bad_request("License assignment cannot be done for user with invalid usage location.")
    used = licences.consumed()
    for sku in new:
        if used[sku] >= licences.units(sku):
            raise queries.bad_request(f"Subscription with SKU {sku} does not have any available licenses.")
    for sku in take:
        licences.take(_again(call, user), sku)
    for sku in new:
        licences.give(_again(call, user), sku)
    shown = shapes.select("user", full_user(call, _again(call, user)), ())
    return Answer({"@odata.context": queries.context(call, "users/$entity"), **shown})


def _again(call: Call, user: Doc) -> Doc:
    return plane.directory(call.world).get("user", plane.tenant_of(call), user["id"]) or user


@operation("group.assignLicense", "POST", "/groups/{id}/assignLicense", roles=_GROUPS)
def assign_to_group(call: Call) -> Answer:
    """Give and take products through a group; members get them as far as there are units."""
    group, (give, take) = find_group(call), _asked(call)
    directory, tenant = plane.directory(call.world), plane.tenant_of(call)
    if not group["securityEnabled"]:
        raise queries.bad_request("Licenses can be assigned to security groups only.")
    if set(take) - set(group["_licences"]):
        raise queries.bad_request("Group does not have a corresponding license.")
    kept = [sku for sku in group["_licences"] if sku not in take]
    changed = directory.change("group", tenant, group["id"], _licences=[*dict.fromkeys([*kept, *give])])
    shown = full_group(changed)
    return Answer({"@odata.context": queries.context(call, "groups/$entity"), **shown}, 202)
