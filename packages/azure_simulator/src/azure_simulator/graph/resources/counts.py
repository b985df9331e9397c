"""`$count` as the last segment of a path: how many objects there are, as text.

An advanced query: the header `ConsistencyLevel: eventual` is needed, `$filter` and `$search` narrow it.
Source: learn.microsoft.com/graph/aad-advanced-queries.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer
from azure_simulator.graph.protocol import checks
from azure_simulator.graph.protocol.operations import operation
from azure_simulator.graph.resources import applications, devices, groups, member_of, service_principals, users

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call, Handler

_LISTS: dict[str, tuple[Handler, str]] = {
    "/users": (users.list_users, users.READ_ROLES),
    **{path: (listing, member_of.ROLES) for path, listing in member_of.LISTS.items()},
    "/applications": (applications.list_applications, applications.READ_ROLES),
    "/servicePrincipals": (service_principals.list_service_principals, applications.READ_ROLES),
    "/groups": (groups.list_groups, groups.READ_ROLES),
    "/groups/{id}/members": (groups.list_members, groups.READ_ROLES),
    "/groups/{id}/members/{cast}": (groups.list_members_cast, groups.READ_ROLES),
    "/groups/{id}/transitiveMembers": (groups.list_transitive_members, groups.READ_ROLES),
    "/groups/{id}/transitiveMembers/{cast}": (groups.list_transitive_cast, groups.READ_ROLES),
    "/devices": (devices.list_devices, devices.READ_ROLES),
}


def _declare(path: str, listing: Handler, roles: str) -> None:
    @operation(f"count{path}", "GET", f"{path}/$count", roles=roles)
    def count(call: Call) -> Answer:
        """Count the rows of the list that the same request without `$count` returns."""
        if call.headers.get("consistencylevel", "").lower() != "eventual":
            raise checks.bad_request("$count is not currently supported.")
        kept = {name: value for name, value in call.query.items() if name in {"$filter", "$search"}}
        narrowed = replace(call, path=call.path.rpartition("/")[0], query={**kept, "$count": "true", "$top": "1"})
        found = listing(narrowed).body
        total = found["@odata.count"] if isinstance(found, dict) else 0
        return Answer(str(total).encode(), content_type="text/plain")


for _path, (_listing, _roles) in _LISTS.items():
    _declare(_path, _listing, _roles)
