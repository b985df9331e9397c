"""Owners of groups, applications and service principals; and the objects that a user or a service principal owns.

A group has at most 100 owners, users and service principals alike. Sources: learn.microsoft.com/graph/api/
{group,application,serviceprincipal}-{list,post,delete}-owners, /graph/api/user-list-ownedobjects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer
from azure_simulator.graph.directory.licenses import Licenses
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.protocol import checks, operations, pages, queries
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources import applications
from azure_simulator.graph.resources.complete import complete, typed
from azure_simulator.graph.resources.groups import READ_ROLES, find_group
from azure_simulator.graph.resources.service_principals import find_principal
from azure_simulator.graph.resources.users import find_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Call
    from azure_simulator.graph.directory.records import Doc

    Find = Callable[[Call], Doc]

_MOST = 100
_GROUP_WRITE = "Group.ReadWrite.All Directory.ReadWrite.All"
_OWNED: dict[str, tuple[Find, str, str]] = {
    "/groups/{id}": (find_group, READ_ROLES, _GROUP_WRITE),
    "/applications/{id}": (applications.find, applications.READ_ROLES, applications.WRITE_ROLES),
    "/applications(appId='{app_id}')": (applications.find, applications.READ_ROLES, applications.WRITE_ROLES),
    "/servicePrincipals/{id}": (find_principal, applications.READ_ROLES, applications.WRITE_ROLES),
    "/servicePrincipals(appId='{app_id}')": (find_principal, applications.READ_ROLES, applications.WRITE_ROLES),
}
_OWNERS: dict[str, Find] = {
    "/users/{id}": lambda call: find_user(call, call.param("id")),
    "/servicePrincipals/{id}": find_principal,
}


def _list(call: Call, keys: list[str]) -> Answer:
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    options, licenses = queries.read_options(call, "directoryObject"), Licenses(directory, tenant, call.now_us)
    found = [each for key in keys if (each := directory.find_object(tenant, key)) is not None]
    rows = [{**complete(call, kind, doc, licenses), "_kind": kind} for kind, doc in found]
    return pages.page(
        call, rows, options, lambda doc: typed(call, doc["_kind"], doc, options.select), "directoryObjects"
    )


def _declare(path: str, find: Find, read: str, write: str) -> None:
    @operation(f"owners.list{path}", "GET", f"{path}/owners", roles=read, units=2)
    def list_owners(call: Call) -> Answer:
        """Answer with the owners of an object."""
        owned = find(call)
        return _list(
            call, directory_of(call.world).owners[operations.tenant_of(call)].members(owned["id"], call.now_us)
        )

    @operation(f"owners.add{path}", "POST", f"{path}/owners/$ref", roles=write)
    def add_owner(call: Call) -> Answer:
        """Add one owner."""
        owned, reference = find(call), call.object().get("@odata.id")
        _check_writer(call, owned)
        owner = _referenced(call, reference)
        directory, tenant = directory_of(call.world), operations.tenant_of(call)
        owners = directory.owners[tenant]
        if owners.has(owned["id"], owner, call.now_us):
            text = "One or more added object references already exist for the following modified properties: 'owners'."
            raise checks.bad_request(text)
        if len(owners.members(owned["id"], call.now_us)) >= _MOST:
            raise checks.bad_request(f"The number of owners is limited to {_MOST}.")
        directory.set_owner(tenant, owned["id"], owner, present=True)
        return Answer(status=204)

    @operation(f"owners.remove{path}", "DELETE", f"{path}/owners/{{owner}}/$ref", roles=write)
    def remove_owner(call: Call) -> Answer:
        """Remove one owner; the last one of a group that has any stays."""
        owned, owner = find(call), checks.check_id(call.param("owner")).lower()
        _check_writer(call, owned)
        directory, tenant = directory_of(call.world), operations.tenant_of(call)
        owners = directory.owners[tenant]
        if not owners.has(owned["id"], owner, call.now_us):
            raise checks.not_found(owner)
        if "groupTypes" in owned and len(owners.members(owned["id"], call.now_us)) == 1:
            raise checks.bad_request("The group must have at least one owner, hence this owner cannot be removed.")
        directory.set_owner(tenant, owned["id"], owner, present=False)
        return Answer(status=204)


def _check_writer(call: Call, owned: Doc) -> None:
    if "groupTypes" not in owned:
        applications.check_owned(call, [owned["id"]])


def _referenced(call: Call, reference: object) -> str:
    """Return the id of the owner that a reference names: a user or a service principal."""
    if not isinstance(reference, str):
        raise checks.bad_request("The '@odata.id' of the new owner is missing.")
    head, _, key = reference.rpartition("/")
    if head.rpartition("/")[2].lower() not in {"directoryobjects", "users", "serviceprincipals"}:
        raise checks.bad_request(f"Invalid object reference '{reference}'.")
    found = directory_of(call.world).find_object(operations.tenant_of(call), checks.check_id(key))
    if found is None:
        raise checks.not_found(key)
    if found[0] not in {"user", "servicePrincipal"}:
        raise checks.bad_request("The owner must be a user or a service principal.")
    return key.lower()


def _declare_owned(path: str, find: Find) -> None:
    @operation(f"ownedObjects{path}", "GET", f"{path}/ownedObjects", roles=applications.READ_ROLES, units=2)
    def list_owned(call: Call) -> Answer:
        """List the objects that a user or a service principal owns."""
        owner = find(call)
        owners = directory_of(call.world).owners[operations.tenant_of(call)]
        return _list(call, owners.groups_of(owner["id"], call.now_us))


for _path, (_find, _read, _write) in _OWNED.items():
    _declare(_path, _find, _read, _write)
for _path, _find in _OWNERS.items():
    _declare_owned(_path, _find)
