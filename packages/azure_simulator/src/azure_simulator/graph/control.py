"""`POST /_sim/graph/...`: change the directory while it runs.

users     {"userPrincipalName", ...}                      a new user (properties as in a seed)
          {"user": id or UPN, "accountEnabled": false}    changes; {"user", "delete": true} deletes,
          {"user", "restore": true} brings back, {"user", "purge": true} ends what was deleted
groups    {"displayName", "kind"}  {"group": id or name, ...}  {"group", "delete": true} and so on
members   {"group": id or name, "add": [...], "remove": [...]}   users, groups or devices
licences  {"user" or "group": ..., "give": [part numbers], "take": [...]}
          {"sku": part number, "enabled": 30}             units bought
devices   {"displayName", ...}                            a device that no machine of ours made

`tenantId` chooses the tenant; without it the first one is meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.routing import Routes
from azure_simulator.graph import plane, queries, recycling, shapes
from azure_simulator.graph.directory import BIN, derived_id
from azure_simulator.graph.groups import full_group
from azure_simulator.graph.licences import Licences, OutOfUnitsError
from azure_simulator.graph.planting import Planter

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory import Doc

ROUTES = Routes("sim")
_UNITS = ("enabled", "warning", "suspended", "lockedOut")


def _start(call: Call) -> tuple[Doc, str, Planter]:
    """Return body, tenant and what writes into it."""
    body, directory = dict(call.object()), plane.directory(call.world)
    name = body.pop("tenantId", None)
    tenants = directory.tenants()
    tenant = directory.tenant(str(name)) if name else next(iter(tenants), None)
    if tenant is None:
        raise Problem(404, "NotFound", f"there is no tenant {name or 'yet: seed one'}")
    seed = {"tenantId": tenant["tenantId"], "domain": tenant["domain"]}
    return body, tenant["tenantId"], Planter(directory, seed, call.world.protector.hash, call.now_us)


def _find(planter: Planter, name: object) -> str:
    try:
        return planter.find(str(name))
    except ValueError as error:
        raise Problem(404, "NotFound", str(error)) from error


def _need(body: Doc, name: str) -> None:
    if not isinstance(body.get(name), str) or not body[name]:
        raise Problem(400, "BadRequest", f"{name} is needed")


@ROUTES.operation("sim.graph.users", "POST", "/_sim/graph/users", anonymous=True)
def change_user(call: Call) -> Answer:
    """Make, change or delete a user."""
    body, tenant, planter = _start(call)
    directory = plane.directory(call.world)
    if "user" not in body:
        _need(body, "userPrincipalName")
        queries.texts(body, "licences")
        try:
            return Answer(shapes.visible(planter.user(body)), 201)
        except ValueError as error:
            raise Problem(400, "BadRequest", str(error)) from error
    if body.get("restore") or body.get("purge"):
        return _from_bin(call, tenant, "user", body)
    key = _find(planter, body.pop("user"))
    if body.pop("delete", False):
        recycling.discard(call.world, tenant, "user", key)
        return Answer(status=204)
    return Answer(shapes.visible(directory.change("user", tenant, key, **body)))


@ROUTES.operation("sim.graph.groups", "POST", "/_sim/graph/groups", anonymous=True)
def change_group(call: Call) -> Answer:
    """Make, change or delete a group."""
    body, tenant, planter = _start(call)
    directory = plane.directory(call.world)
    if "group" not in body:
        _need(body, "displayName")
        queries.texts(body, "licences")
        try:
            return Answer(full_group(planter.group(body)), 201)
        except (KeyError, ValueError) as error:
            raise Problem(400, "BadRequest", f"no such kind or licence: {error}") from error
    if body.get("restore") or body.get("purge"):
        return _from_bin(call, tenant, "group", body)
    key = _find(planter, body.pop("group"))
    if body.pop("delete", False):
        recycling.discard(call.world, tenant, "group", key)
        return Answer(status=204)
    return Answer(full_group(directory.change("group", tenant, key, **body)))


def _from_bin(call: Call, tenant: str, kind: str, body: Doc) -> Answer:
    """Restore or purge what was deleted, named by id, UPN or display name."""
    name = str(body.get(kind, "")).lower()
    binned = plane.directory(call.world).all(BIN[kind], tenant)
    named = [
        each
        for each in binned
        if name in {str(each.get(field, "")).lower() for field in ("id", "userPrincipalName", "displayName")}
    ]
    if not named:
        raise Problem(404, "NotFound", f"no deleted {kind} {name}")
    if body.get("purge"):
        recycling.purge(call.world, tenant, kind, named[0]["id"])
        return Answer(status=204)
    return Answer(shapes.visible(recycling.restore(call.world, tenant, kind, named[0]["id"])))


@ROUTES.operation("sim.graph.members", "POST", "/_sim/graph/members", anonymous=True)
def change_members(call: Call) -> Answer:
    """Let users, groups or devices join and leave a group."""
    body, tenant, planter = _start(call)
    directory, group = plane.directory(call.world), _find(planter, body.get("group"))
    joining = [_find(planter, each) for each in queries.texts(body, "add")]
    leaving = [_find(planter, each) for each in queries.texts(body, "remove")]
    for key in joining:
        directory.set_member(tenant, group, key, present=True, at_us=call.now_us)
    for key in leaving:
        directory.set_member(tenant, group, key, present=False, at_us=call.now_us)
    members = directory.memberships[tenant].members(group, call.now_us)
    return Answer({"group": group, "members": members})


@ROUTES.operation("sim.graph.licences", "POST", "/_sim/graph/licences", anonymous=True)
def change_licences(call: Call) -> Answer:
    """Give and take products, or change how many were bought."""
    body, tenant, planter = _start(call)
    directory = plane.directory(call.world)
    try:
        if "sku" in body:
            sku = planter.sku_id(str(body.pop("sku")))
            if not all(name in _UNITS and isinstance(number, int) for name, number in body.items()):
                raise Problem(400, "BadRequest", f"units are numbers: {', '.join(_UNITS)}")
            return Answer(shapes.visible(directory.change("sku", tenant, sku, **body)))
        give = [planter.sku_id(each) for each in queries.texts(body, "give")]
        take = [planter.sku_id(each) for each in queries.texts(body, "take")]
    except ValueError as error:
        raise Problem(404, "NotFound", str(error)) from error
    key = _find(planter, body.get("user") or body.get("group"))
    if "group" in body:
        group = directory.get("group", tenant, key) or {"_licences": []}
        kept = [each for each in group["_licences"] if each not in take]
        directory.change("group", tenant, key, _licences=[*dict.fromkeys([*kept, *give])])
        return Answer(status=204)
    _assign(call, tenant, key, give, take)
    return Answer(status=204)


def _assign(call: Call, tenant: str, key: str, give: list[str], take: list[str]) -> None:
    directory = plane.directory(call.world)
    licences = Licences(directory, tenant, call.now_us)
    try:
        for sku in take:
            licences.take(_user(call, tenant, key), sku)
        for sku in give:
            licences.give(_user(call, tenant, key), sku)
    except OutOfUnitsError as error:
        text = f"Subscription with SKU {error} does not have any available licenses."
        raise Problem(400, "Request_BadRequest", text) from error


def _user(call: Call, tenant: str, key: str) -> Doc:
    found = plane.directory(call.world).get("user", tenant, key)
    if found is None:
        raise Problem(404, "NotFound", f"{key} is no user")
    return found


@ROUTES.operation("sim.graph.devices", "POST", "/_sim/graph/devices", anonymous=True)
def make_device(call: Call) -> Answer:
    """Make a device that no machine of the simulated cloud stands behind."""
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
        **{key: value for key, value in body.items() if key in shapes.PROPERTIES["device"] and value is not None},
    }
    return Answer(shapes.visible(plane.directory(call.world).put("device", tenant, str(doc["id"]), doc)), 201)
