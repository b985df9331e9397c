"""`/directory/deletedItems`: list, restore and purge deleted objects.

Source: learn.microsoft.com/graph/api/directory-deleteditems-{list,get,restore,delete}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.graph.directory import recycle_bin, registrations
from azure_simulator.graph.directory.entities import RESTORABLE, by_cast
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.protocol import checks, operations, pages, projection, queries
from azure_simulator.graph.protocol.operations import operation

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Doc

_READ = (
    "Application.Read.All Application.ReadWrite.All User.Read.All Group.Read.All Directory.Read.All "
    "Directory.ReadWrite.All User.ReadWrite.All Group.ReadWrite.All"
)
_RESTORE = (
    "Application.ReadWrite.All User.DeleteRestore.All User.ReadWrite.All Group.ReadWrite.All Directory.ReadWrite.All"
)
_ITEM = "/directory/deletedItems/{id}"


def _deleted(call: Call) -> tuple[str, Doc]:
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    key = checks.check_id(call.param("id"))
    for each in RESTORABLE:
        doc = directory.get(each.deleted_kind, tenant, key)
        if doc is not None:
            return each.name, doc
    raise checks.not_found(key)


@operation("deletedItem.list", "GET", "/directory/deletedItems/{cast}", roles=_READ, units=2)
def list_deleted(call: Call) -> Answer:
    """Answer with the deleted objects of a kind; an id in place of a cast answers one item."""
    entity = by_cast(call.param("cast"), RESTORABLE)
    if entity is None:
        call.params["id"] = call.params["cast"]
        kind, doc = _deleted(call)
        body = projection.select(kind, doc, queries.read_select(call, kind), typed=True)
        return Answer({"@odata.context": pages.context(call, "directoryObjects/$entity"), **body})
    name, options = entity.name, queries.read_options(call, entity.name)
    found = directory_of(call.world).all(entity.deleted_kind, operations.tenant_of(call))
    return pages.page(call, found, options, lambda doc: projection.select(name, doc, options.select), f"{name}s")


@operation("deletedItem.restore", "POST", f"{_ITEM}/restore", roles=_RESTORE)
def restore_item(call: Call) -> Answer:
    """Restore one; a name that another object has taken meanwhile is refused."""
    kind, doc = _deleted(call)
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    upn = doc.get("userPrincipalName", "")
    if kind == "user" and directory.by("user", tenant, "userPrincipalName", upn):
        raise checks.bad_request("Another object with the same value for property userPrincipalName already exists.")
    if kind == "servicePrincipal" and registrations.principal_of(directory, tenant, doc["appId"]) is not None:
        raise Problem(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            "The service principal cannot be created, updated, or restored because the service principal name "
            f"{doc['appId']} is already in use.",
        )
    body = projection.select(kind, recycle_bin.restore(call.world, tenant, kind, doc["id"]), (), typed=True)
    return Answer({"@odata.context": pages.context(call, "directoryObjects/$entity"), **body})


@operation("deletedItem.delete", "DELETE", _ITEM, roles=_RESTORE)
def purge_item(call: Call) -> Answer:
    """Delete one permanently."""
    kind, doc = _deleted(call)
    recycle_bin.purge(call.world, operations.tenant_of(call), kind, doc["id"])
    return Answer(status=204)
