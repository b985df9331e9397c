"""Application permissions of Microsoft Graph: which there are, and giving them to an identity.

Source: https://learn.microsoft.com/graph/permissions-grant-via-msgraph; who does this has to be a Privileged Role
Administrator.
"""

import json
from functools import partial

from deployment.clients import Client, DeploymentError, Json
from deployment.registrations import INFRA, MICROSOFT_GRAPH
from deployment.report import Report


def wanted() -> list[str]:
    """Return the permissions that the service needs (docs/permissions.md)."""
    names: list[str] = json.loads((INFRA / "graph-roles.json").read_text("utf-8"))
    return names


def ids(graph: Client) -> tuple[str, dict[str, str]]:
    """Return the id of Graph's service principal in this directory, and of each permission that is wanted.

    Raises:
        DeploymentError: Graph has no permission of a name.
    """
    found: Json = graph.get(f"/v1.0/servicePrincipals(appId='{MICROSOFT_GRAPH}')?$select=id,appRoles")
    by_value = {each["value"]: each["id"] for each in found["appRoles"]}
    missing = [name for name in wanted() if name not in by_value]
    if missing:
        raise DeploymentError(f"Microsoft Graph has no application permission {', '.join(missing)}.")
    return found["id"], {name: by_value[name] for name in wanted()}


def missing(graph: Client, principal: str) -> list[str]:
    """Return the permissions that a service principal has not been given."""
    resource, by_name = ids(graph)
    rows = graph.rows(f"/v1.0/servicePrincipals/{principal}/appRoleAssignments")
    given = {each["appRoleId"] for each in rows if each["resourceId"] == resource}
    return [name for name, role in by_name.items() if role not in given]


def ensure(graph: Client, principal: str, report: Report) -> None:
    """Give a service principal the permissions that it lacks; its others stay."""
    resource, by_name = ids(graph)
    graph.awaited(f"/v1.0/servicePrincipals/{principal}?$select=id")
    path = f"/v1.0/servicePrincipals/{principal}/appRoleAssignments"
    for name in missing(graph, principal):
        body = {"principalId": principal, "resourceId": resource, "appRoleId": by_name[name]}
        report.change(f"give {principal} {name} of Microsoft Graph", partial(graph.send, "POST", path, body))
