"""Resources that can be subscribed to, and the role that an app needs for each.

Source: learn.microsoft.com/graph/change-notifications-overview#supported-resources and the
permissions of /graph/api/subscription-post-subscriptions (read roles only).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Problem
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.protocol import checks, operations

if TYPE_CHECKING:
    from azure_simulator.core.calls import Call

_RESOURCE = re.compile(r"/?(users|groups)(?:/([^/]+))?(/members)?/?", re.IGNORECASE)
_ROLES = {"users": "User.Read.All", "groups": "Group.Read.All"}


def read(call: Call, resource: str) -> str:
    """Return the resource in lower case and by id: `users`, `groups/{id}/members` ...

    Raises:
        Problem: 400 for what cannot be subscribed to, 403 without the role, 404 for an unknown object.
    """
    found = _RESOURCE.fullmatch(resource)
    kind, name, members = found.groups() if found else ("", None, None)
    kind = kind.lower()
    if not found or (members and (kind != "groups" or name is None)):
        text = f"The resource '{resource}' is not supported for subscriptions."
        raise Problem(400, "InvalidRequest", text)
    check_role(call, kind)
    if name is None:
        return kind
    directory, tenant = directory_of(call.world), operations.tenant_of(call)
    known = directory.get(kind.removesuffix("s"), tenant, name)
    if known is None and kind == "users":
        known = next(iter(directory.by("user", tenant, "userPrincipalName", name)), None)
    if known is None:
        raise checks.not_found(name)
    return f"{kind}/{known['id']}{members or ''}".lower()


def check_role(call: Call, watched: str) -> None:
    """Refuse an app that may not read the resource of its subscription."""
    role = _ROLES[watched.partition("/")[0]]
    if not call.principal.may(role, call.path):
        text = f"Insufficient privileges to complete the operation. Subscribing to it needs {role}."
        raise Problem(403, "Authorization_RequestDenied", text)


def containing(kind: str, key: str, *, members: bool) -> list[str]:
    """List the resources of subscriptions that a change of a user or a group belongs to."""
    plural = f"{kind}s"
    return [plural, f"{plural}/{key}", *([f"{plural}/{key}/members"] if members else [])]
