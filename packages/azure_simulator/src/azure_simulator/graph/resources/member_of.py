"""The groups of a user, a group, a device or a service principal: listed, counted, checked.

Sources: learn.microsoft.com/graph/api/{user,group,device,serviceprincipal}-list-{memberof,transitivememberof},
/graph/api/directoryobject-{checkmembergroups,getmembergroups,checkmemberobjects,getmemberobjects}. There are no
directory roles or administrative units, so that the two pairs of actions answer alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.protocol import checks, operations, pages, projection, queries
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources.devices import find_device
from azure_simulator.graph.resources.directory_objects import find_object
from azure_simulator.graph.resources.groups import find_group, full_group
from azure_simulator.graph.resources.service_principals import find_principal
from azure_simulator.graph.resources.users import find_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.calls import Call, Handler
    from azure_simulator.graph.directory.records import Doc

ROLES = "GroupMember.Read.All Group.Read.All Group.ReadWrite.All Directory.Read.All"
_CAST = "microsoft.graph.group"
_MOST_CHECKED = 20
_MOST_ANSWERED = 11_000
MEMBERS: dict[str, tuple[str, Callable[[Call], Doc]]] = {
    "/users/{id}": ("user", lambda call: find_user(call, call.param("id"))),
    "/groups/{id}": ("group", find_group),
    "/devices/{id}": ("device", find_device),
    "/servicePrincipals/{id}": ("servicePrincipal", find_principal),
}
LISTS: dict[str, Handler] = {}
"""Path -> the handler that lists there, for `$count`."""


def _declare(path: str, name: str, find: Callable[[Call], Doc]) -> None:
    def direct(call: Call) -> list[str]:
        return operations.replica_of(call).groups_of(find(call)["id"])

    def above(call: Call) -> list[str]:
        edges = directory_of(call.world).memberships[operations.tenant_of(call)]
        return edges.above(find(call)["id"], call.now_us - operations.lag_us(call.world))

    for segment, read, units in (("memberOf", direct, 2), ("transitiveMemberOf", above, 5)):
        _declare_list(f"{path}/{segment}", f"{name}.{segment}", read, units)


def _declare_list(path: str, name: str, read: Callable[[Call], list[str]], units: int) -> None:
    @operation(name, "GET", path, roles=ROLES, units=units)
    def list_groups(call: Call) -> Answer:
        """Answer with the groups."""
        return _groups(call, read(call), typed=True)

    @operation(f"{name}.group", "GET", f"{path}/{_CAST}", roles=ROLES, units=units)
    def list_cast(call: Call) -> Answer:
        """Answer the cast, which is an advanced query."""
        queries.require_eventual(call)
        return _groups(call, read(call), typed=False)

    LISTS[path], LISTS[f"{path}/{_CAST}"] = list_groups, list_cast


def _groups(call: Call, ids: list[str], *, typed: bool) -> Answer:
    options, replica = queries.read_options(call, "group"), operations.replica_of(call)
    found = [replica.get("group", each) for each in ids]
    return pages.page(
        call,
        [full_group(each) for each in found if each is not None],
        options,
        lambda group: projection.select("group", group, options.select, typed=typed),
        "directoryObjects" if typed else "groups",
    )


def _declare_actions(path: str, name: str, find: Callable[[Call], Doc]) -> None:
    for what, field in (("Groups", "groupIds"), ("Objects", "ids")):

        @operation(
            f"{name}.checkMember{what}", "POST", f"{path}/checkMember{what}", roles=ROLES, units=5, mutates=False
        )
        def check(call: Call, field: str = field) -> Answer:
            """Return the groups, of at most 20, that contain the object at any depth; this does not lag."""
            ids = checks.texts(call.object(), field)
            if not 0 < len(ids) <= _MOST_CHECKED:
                text = f"The maximum number of group IDs that can be checked is {_MOST_CHECKED}."
                raise checks.bad_request(text)
            containing = set(_above(call, find(call)))
            return _texts(call, [each for each in ids if checks.check_id(each).lower() in containing])

        @operation(f"{name}.getMember{what}", "POST", f"{path}/getMember{what}", roles=ROLES, units=5, mutates=False)
        def get(call: Call) -> Answer:
            """Answer all groups that contain the object at any depth, or only security groups; this does not lag."""
            only = call.object().get("securityEnabledOnly")
            if not isinstance(only, bool):
                raise checks.bad_request("The parameter securityEnabledOnly is required.")
            directory, tenant = directory_of(call.world), operations.tenant_of(call)
            found = [directory.get("group", tenant, each) or {} for each in _above(call, find(call))]
            value = [each["id"] for each in found if each and (not only or each["securityEnabled"])]
            if len(value) > _MOST_ANSWERED:
                raise checks.bad_request("The result has too many groups.", "Directory_ResultSizeLimitExceeded")
            return _texts(call, value)


def _above(call: Call, doc: Doc) -> list[str]:
    edges = directory_of(call.world).memberships[operations.tenant_of(call)]
    return [each.lower() for each in edges.above(doc["id"], call.now_us)]


def _texts(call: Call, value: list[str]) -> Answer:
    return Answer({"@odata.context": pages.context(call, "Collection(Edm.String)"), "value": value})


for _path, (_name, _find) in MEMBERS.items():
    _declare(_path, _name, _find)
    _declare_actions(_path, _name, _find)
_declare_actions("/directoryObjects/{id}", "directoryObject", lambda call: find_object(call)[1])
