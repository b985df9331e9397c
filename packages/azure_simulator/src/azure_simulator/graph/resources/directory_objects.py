"""`/directoryObjects`, for an object of any kind: get, delete, several at once; and `/me`, which no application has.

Sources: learn.microsoft.com/graph/api/directoryobject-{get,delete,getbyids}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure_simulator.core.answers import Answer
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.protocol import checks, operations, pages, queries
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources.complete import typed
from azure_simulator.graph.resources.users import READ_ROLES

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Doc

_READ = f"{READ_ROLES} Group.Read.All Application.Read.All Device.Read.All"
_MOST = 1000


def find_object(call: Call) -> tuple[str, Doc]:
    """Return kind and document of the object of the path; raise the directory's 404."""
    key = checks.check_id(call.param("id"))
    found = directory_of(call.world).find_object(operations.tenant_of(call), key)
    if found is None:
        raise checks.not_found(key)
    return found


@operation("directoryObject.get", "GET", "/directoryObjects/{id}", roles=_READ)
def get_object(call: Call) -> Answer:
    """Answer one object of any kind."""
    kind, doc = find_object(call)
    body = typed(call, kind, doc, queries.read_select(call, kind))
    return Answer({"@odata.context": pages.context(call, "directoryObjects/$entity"), **body})


@operation("directoryObject.getByIds", "POST", "/directoryObjects/getByIds", roles=_READ, mutates=False)
def get_by_ids(call: Call) -> Answer:
    """Answer the objects that exist among at most 1,000 ids."""
    body = call.object()
    ids, types = checks.texts(body, "ids"), [each.lower() for each in checks.texts(body, "types")]
    if not 0 < len(ids) <= _MOST:
        raise checks.bad_request(f"Between 1 and {_MOST} ids are needed.")
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    value: list[Any] = []
    for each in ids:
        found = directory.find_object(tenant, checks.check_id(each))
        if found is not None and (not types or {found[0].lower(), "directoryobject"} & set(types)):
            value.append(typed(call, *found))
    return Answer({"@odata.context": pages.context(call, "directoryObjects"), "value": value})


@operation("me.get", "GET", "/me", roles="")
@operation("me.ownedObjects", "GET", "/me/ownedObjects", roles="")
def get_me(call: Call) -> Answer:
    """Refuse: this cloud issues only tokens of applications here."""
    del call
    raise checks.bad_request("/me request is only valid with delegated authentication flow.", "BadRequest")
