"""The directory's recycle bin: deleted users and Microsoft 365 groups come back within 30 days.

Other groups are gone at once. A deleted user's licences are free; they come back with him while
there are units. Source: learn.microsoft.com/graph/api/directory-deleteditems-{list,get,restore,delete}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer
from azure_simulator.core.times import SECOND, iso_z
from azure_simulator.graph import plane, queries, shapes
from azure_simulator.graph.directory import BIN
from azure_simulator.graph.licences import Licences, OutOfUnitsError
from azure_simulator.graph.plane import operation

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.core.world import World
    from azure_simulator.graph.directory import Doc

_RETENTION_US = 30 * 86_400 * SECOND
_READ = "User.Read.All Group.Read.All Directory.Read.All Directory.ReadWrite.All User.ReadWrite.All Group.ReadWrite.All"
_RESTORE = "User.DeleteRestore.All User.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All"
_ITEM = "/directory/deletedItems/{id}"
_CASTS = {"microsoft.graph.user": "user", "microsoft.graph.group": "group"}


def discard(world: World, tenant: str, kind: str, key: str) -> None:
    """Delete a user or a group: into the bin when it can come back, else for good."""
    directory = plane.directory(world)
    doc = directory.get(kind, tenant, key)
    if doc is None:
        return
    edges = directory.memberships[tenant]
    groups, members = edges.groups_of(key, world.now_us), edges.members(key, world.now_us)
    for group in groups:
        directory.set_member(tenant, group, key, present=False, at_us=world.now_us)
    for member in members:
        directory.set_member(tenant, key, member, present=False, at_us=world.now_us)
    restorable = kind == "user" or "Unified" in doc.get("groupTypes", ())
    if restorable:
        left = {"deletedDateTime": iso_z(world.now_us), "_groups": groups, "_members": members}
        directory.put(BIN[kind], tenant, key, {**doc, **left, "_deleted_us": world.now_us})
        deleted_us = world.now_us
        world.at(deleted_us + _RETENTION_US, lambda: _forget(world, tenant, kind, key, deleted_us))
    directory.remove(kind, tenant, key, restorable=restorable)


def _forget(world: World, tenant: str, kind: str, key: str, deleted_us: int) -> None:
    doc = plane.directory(world).get(BIN[kind], tenant, key)
    if doc is not None and doc["_deleted_us"] == deleted_us:
        purge(world, tenant, kind, key)


def purge(world: World, tenant: str, kind: str, key: str) -> None:
    """Delete for good what is in the bin."""
    directory = plane.directory(world)
    directory.remove(BIN[kind], tenant, key)
    directory.bury(kind, tenant, key, restorable=False)


def restore(world: World, tenant: str, kind: str, key: str) -> Doc:
    """Bring a user or group back from the bin, with memberships, and with licences that have a unit."""
    directory = plane.directory(world)
    doc = directory.get(BIN[kind], tenant, key) or {}
    directory.remove(BIN[kind], tenant, key)
    wanted = list(doc["_licences"])
    kept = {name: value for name, value in doc.items() if name not in {"_groups", "_members", "_deleted_us"}}
    back = {**kept, "deletedDateTime": None, "_licences": wanted if kind == "group" else []}
    directory.put(kind, tenant, key, {**back, "_sequence": directory.next_sequence()})
    for group in doc["_groups"]:
        if directory.get("group", tenant, group) is not None:
            directory.set_member(tenant, group, key, present=True, at_us=world.now_us)
    for member in doc["_members"]:
        if directory.find(tenant, member) is not None:
            directory.set_member(tenant, key, member, present=True, at_us=world.now_us)
    for sku in wanted if kind == "user" else ():
        _give_back(world, tenant, key, sku)
    return directory.get(kind, tenant, key) or back


def _give_back(world: World, tenant: str, key: str, sku: str) -> None:
    directory = plane.directory(world)
    user = directory.get("user", tenant, key)
    try:
        Licences(directory, tenant, world.now_us).give(user or {}, sku)
    except OutOfUnitsError:
        return  # somebody else has it now


def _binned(call: Call) -> tuple[str, Doc]:
    directory, tenant = plane.directory(call.world), plane.tenant_of(call)
    key = plane.check_id(call.param("id"))
    for kind, bin_kind in BIN.items():
        doc = directory.get(bin_kind, tenant, key)
        if doc is not None:
            return kind, doc
    raise plane.not_found(key)


@operation("deletedItem.list", "GET", "/directory/deletedItems/{cast}", roles=_READ, units=2)
def list_deleted(call: Call) -> Answer:
    """Answer with the deleted users or groups; an id in place of a cast answers one item."""
    kind = _CASTS.get(call.param("cast").lower())
    if kind is None:
        call.params["id"] = call.params["cast"]
        kind, doc = _binned(call)
        body = shapes.select(kind, doc, queries.read_select(call, kind), typed=True)
        return Answer({"@odata.context": queries.context(call, "directoryObjects/$entity"), **body})
    options = queries.read_options(call, kind)
    found = plane.directory(call.world).all(BIN[kind], plane.tenant_of(call))
    return queries.page(call, found, options, lambda doc: shapes.select(kind, doc, options.select), f"{kind}s")


@operation("deletedItem.restore", "POST", f"{_ITEM}/restore", roles=_RESTORE)
def restore_item(call: Call) -> Answer:
    """Bring one back; a name that somebody else has taken meanwhile is refused."""
    kind, doc = _binned(call)
    directory, tenant = plane.directory(call.world), plane.tenant_of(call)
    upn = doc.get("userPrincipalName", "")
    if kind == "user" and directory.by("user", tenant, "userPrincipalName", upn):
        raise queries.bad_request("Another object with the same value for property userPrincipalName already exists.")
    body = shapes.select(kind, restore(call.world, tenant, kind, doc["id"]), (), typed=True)
    return Answer({"@odata.context": queries.context(call, "directoryObjects/$entity"), **body})


@operation("deletedItem.delete", "DELETE", _ITEM, roles=_RESTORE)
def purge_item(call: Call) -> Answer:
    """Delete one for good."""
    kind, doc = _binned(call)
    purge(call.world, plane.tenant_of(call), kind, doc["id"])
    return Answer(status=204)
