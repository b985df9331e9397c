"""App roles of an application in a directory, and their holders (`Application.Read.All`).

Source: learn.microsoft.com/graph/api/serviceprincipal-list-approleassignedto. To give one needs
`AppRoleAssignment.ReadWrite.All`, with which an application can give itself any permission: the service has it not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.contracts.refusals import MissingError

if TYPE_CHECKING:  # azure-core's pipeline is loaded when first used: cold start
    from shared.clients.graph import Graph


@dataclass(frozen=True, slots=True)
class AppRoles:
    """The roles of an application: id -> name; and the assignments of them as Graph has them."""

    principal_id: str
    names: Mapping[str, str]
    assignments: tuple[Mapping[str, Any], ...]


async def app_roles(graph: Graph, client_id: str) -> AppRoles | None:
    """Return the roles of an application and who has them, None where it is not in the directory."""
    path = f"/v1.0/servicePrincipals(appId='{client_id}')"
    try:
        principal = await graph.request("GET", path, query={"$select": "id,appRoles"})
    except MissingError:
        return None
    names = {str(each["id"]): str(each["value"]) for each in principal.get("appRoles") or () if each.get("value")}
    rows = graph.pages(f"/v1.0/servicePrincipals/{principal['id']}/appRoleAssignedTo", {})
    return AppRoles(str(principal["id"]), names, tuple([each async for each in rows]))
