"""`POST /_sim/graph/...`: change the directory while it runs.

users     {"userPrincipalName", ...}                      a new user (properties as in a seed)
          {"user": id or UPN, "accountEnabled": false}    changes; {"user", "delete": true} deletes,
          {"user", "restore": true} restores, {"user", "purge": true} deletes permanently
groups    {"displayName", "kind"}  {"group": id or name, ...}  {"group", "delete": true} and so on
members   {"group": id or name, "add": [...], "remove": [...]}   users, groups or devices
licences  {"user" or "group": ..., "give": [part numbers], "take": [...]}
          {"user": ..., "give": [...], "disabledPlans": [ids or names of service plans]}   without these
          {"sku": part number, "enabled": 30}             units bought
devices   {"displayName", ...}                            a device without a machine of the simulated cloud

`tenantId` chooses the tenant; without it the first one is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.routing import Routes
from azure_simulator.graph.directory import recycle_bin
from azure_simulator.graph.directory.entities import DEVICE, entity
from azure_simulator.graph.directory.licenses import Licenses, OutOfUnitsError, service_plans
from azure_simulator.graph.directory.records import derived_id, directory_of
from azure_simulator.graph.directory.seeding import TenantSeeder
from azure_simulator.graph.protocol import checks, projection
from azure_simulator.graph.resources.groups import full_group

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Directory, Doc

ROUTES = Routes("sim")
_UNITS = ("enabled", "warning", "suspended", "lockedOut")


def _start(call: Call) -> tuple[Doc, str, TenantSeeder]:
    """Return the body, the tenant's id, and a seeder for it."""
    body, directory = dict(call.object()), directory_of(call.world)
    name = body.pop("tenantId", None)
    tenants = directory.tenants()
    tenant = directory.tenant(str(name)) if name else next(iter(tenants), None)
    if tenant is None:
        raise Problem(404, "NotFound", f"there is no tenant {name or 'yet: seed one'}")
    if not isinstance(body.get("id", ""), str):
        raise Problem(400, "BadRequest", "id must be a text")
    seed = {"tenantId": tenant["tenantId"], "domain": tenant["domain"]}
    return body, tenant["tenantId"], TenantSeeder(directory, seed, call.world.protector.hash, call.now_us)


def _find(seeder: TenantSeeder, name: object) -> str:
    try:
        return seeder.find(str(name))
    except ValueError as error:
        raise Problem(404, "NotFound", str(error)) from error


def _require(body: Doc, name: str) -> None:
    if not isinstance(body.get(name), str) or not body[name]:
        raise Problem(400, "BadRequest", f"{name} is needed")


@ROUTES.operation("sim.graph.users", "POST", "/_sim/graph/users", anonymous=True)
def change_user(call: Call) -> Answer:
    """Create, change or delete a user."""
    body, tenant, seeder = _start(call)
    directory = directory_of(call.world)
    if "user" not in body:
        _require(body, "userPrincipalName")
        checks.texts(body, "licences")
        try:
            return Answer(projection.visible(seeder.user(body)), 201)
        except ValueError as error:
            raise Problem(400, "BadRequest", str(error)) from error
    if body.get("restore") or body.get("purge"):
        return _deleted_item(call, tenant, "user", body)
    key = _find(seeder, body.pop("user"))
    if body.pop("delete", False):
        recycle_bin.delete(call.world, tenant, "user", key)
        return Answer(status=204)
    return Answer(projection.visible(directory.change("user", tenant, key, **body)))


@ROUTES.operation("sim.graph.groups", "POST", "/_sim/graph/groups", anonymous=True)
def change_group(call: Call) -> Answer:
    """Create, change or delete a group."""
    body, tenant, seeder = _start(call)
    directory = directory_of(call.world)
    if "group" not in body:
        _require(body, "displayName")
        checks.texts(body, "licences")
        try:
            return Answer(full_group(seeder.group(body)), 201)
        except (KeyError, ValueError) as error:
            raise Problem(400, "BadRequest", f"no such kind or licence: {error}") from error
    if body.get("restore") or body.get("purge"):
        return _deleted_item(call, tenant, "group", body)
    key = _find(seeder, body.pop("group"))
    if body.pop("delete", False):
        recycle_bin.delete(call.world, tenant, "group", key)
        return Answer(status=204)
    return Answer(full_group(directory.change("group", tenant, key, **body)))


def _deleted_item(call: Call, tenant: str, kind: str, body: Doc) -> Answer:
    """Restore or purge a deleted object, named by id, UPN or display name."""
    name = str(body.get(kind, "")).lower()
    deleted = directory_of(call.world).all(entity(kind).deleted_kind, tenant)
    named = [
        each
        for each in deleted
        if name in {str(each.get(field, "")).lower() for field in ("id", "userPrincipalName", "displayName")}
    ]
    if not named:
        raise Problem(404, "NotFound", f"no deleted {kind} {name}")
    if body.get("purge"):
        recycle_bin.purge(call.world, tenant, kind, named[0]["id"])
        return Answer(status=204)
    return Answer(projection.visible(recycle_bin.restore(call.world, tenant, kind, named[0]["id"])))


@ROUTES.operation("sim.graph.members", "POST", "/_sim/graph/members", anonymous=True)
def change_members(call: Call) -> Answer:
    """Add users, groups or devices to a group and remove them."""
    body, tenant, seeder = _start(call)
    directory, group = directory_of(call.world), _find(seeder, body.get("group"))
    added = [_find(seeder, each) for each in checks.texts(body, "add")]
    removed = [_find(seeder, each) for each in checks.texts(body, "remove")]
    for key in added:
        directory.set_member(tenant, group, key, present=True, at_us=call.now_us)
    for key in removed:
        directory.set_member(tenant, group, key, present=False, at_us=call.now_us)
    members = directory.memberships[tenant].members(group, call.now_us)
    return Answer({"group": group, "members": members})


@ROUTES.operation("sim.graph.licences", "POST", "/_sim/graph/licences", anonymous=True)
def change_licenses(call: Call) -> Answer:
    """Assign and remove products, or change how many units were bought."""
    body, tenant, seeder = _start(call)
    directory = directory_of(call.world)
    try:
        if "sku" in body:
            sku = seeder.sku_id(str(body.pop("sku")))
            if not all(name in _UNITS and isinstance(number, int) for name, number in body.items()):
                raise Problem(400, "BadRequest", f"units are numbers: {', '.join(_UNITS)}")
            return Answer(projection.visible(directory.change("sku", tenant, sku, **body)))
        give = [seeder.sku_id(each) for each in checks.texts(body, "give")]
        take = [seeder.sku_id(each) for each in checks.texts(body, "take")]
    except ValueError as error:
        raise Problem(404, "NotFound", str(error)) from error
    key = _find(seeder, body.get("user") or body.get("group"))
    if "group" in body:
        group = directory.get("group", tenant, key) or {"_licenses": []}
        kept = [each for each in group["_licenses"] if each not in take]
        directory.change("group", tenant, key, _licenses=[*dict.fromkeys([*kept, *give])])
        return Answer(status=204)
    _assign(call, tenant, key, (give, _plan_ids(directory, tenant, give, checks.texts(body, "disabledPlans"))), take)
    return Answer(status=204)


def _plan_ids(directory: Directory, tenant: str, skus: list[str], names: list[str]) -> list[str]:
    products = [directory.get("sku", tenant, sku) or {} for sku in skus]
    plans = [plan for product in products for plan in service_plans(product)]
    found = [plan["servicePlanId"] for plan in plans if {plan["servicePlanId"], plan["servicePlanName"]} & set(names)]
    if len(found) != len(names):
        raise Problem(404, "NotFound", "the products have no service plan of that name")
    return found


def _assign(call: Call, tenant: str, key: str, give: tuple[list[str], list[str]], take: list[str]) -> None:
    directory = directory_of(call.world)
    licenses = Licenses(directory, tenant, call.now_us)
    try:
        for sku in take:
            licenses.take(_user(call, tenant, key), sku)
        for sku in give[0]:
            licenses.give(_user(call, tenant, key), sku, give[1])
    except OutOfUnitsError as error:
        text = f"Subscription with SKU {error} does not have any available licenses."
        raise Problem(400, "Request_BadRequest", text) from error


def _user(call: Call, tenant: str, key: str) -> Doc:
    found = directory_of(call.world).get("user", tenant, key)
    if found is None:
        raise Problem(404, "NotFound", f"{key} is no user")
    return found


@ROUTES.operation("sim.graph.devices", "POST", "/_sim/graph/devices", anonymous=True)
def make_device(call: Call) -> Answer:
    """Create a device that has no machine in the simulated cloud."""
    body, tenant, _ = _start(call)
    name = str(body.get("displayName", ""))
    attempt = call.world.attempt("graph.sim.device", f"{tenant}/{name}")
    more = [str(attempt)] if attempt > 1 else []  # several of one name are normal
    doc = {
        "id": derived_id(tenant, "device", name, *more),
        "deviceId": derived_id(tenant, "deviceId", name, *more),
        "accountEnabled": True,
        "trustType": "AzureAd",
        "operatingSystem": "Windows",
        "extensionAttributes": {},
        **{key: value for key, value in body.items() if key in DEVICE.properties and value is not None},
    }
    return Answer(projection.visible(directory_of(call.world).put("device", tenant, str(doc["id"]), doc)), 201)
