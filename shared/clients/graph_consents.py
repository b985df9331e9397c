"""Which application permissions of Microsoft Graph a directory has given to a service principal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # azure-core's pipeline is loaded when first used: cold start
    from shared.clients.graph import Graph

_GRAPH = "00000003-0000-0000-c000-000000000000"


async def given_permissions(graph: Graph, principal_id: str) -> frozenset[str]:
    """Return the names of the permissions that a service principal (object id) has been given."""
    path = f"/v1.0/servicePrincipals(appId='{_GRAPH}')"
    resource = await graph.request("GET", path, query={"$select": "id,appRoles"})
    names = {str(each["id"]): str(each["value"]) for each in resource.get("appRoles") or ()}
    rows = graph.pages(f"/v1.0/servicePrincipals/{principal_id}/appRoleAssignments", {})
    given = [str(each["appRoleId"]) async for each in rows if each["resourceId"] == resource["id"]]
    return frozenset(names[role] for role in given if role in names)
