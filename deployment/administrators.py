"""The people who administer the service from its first day: the app role that makes tenants.

Source: https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignedto.
"""

from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from deployment.clients import Client, DeploymentError, RefusedError
from deployment.report import Report

ROLE = "Provider.Administrator"
_NOT_FOUND = 404


def ensure(graph: Client, api_client_id: str, names: Sequence[str], report: Report) -> None:
    """Give people the role, by their user principal names; who has it besides keeps it.

    Raises:
        DeploymentError: the directory has nobody of a name; nobody was given anything then.
    """
    people = {name: _person(graph, name) for name in names}
    if not people:
        return
    api = graph.get(f"/v1.0/servicePrincipals(appId='{api_client_id}')?$select=id,appRoles")
    role = next(each["id"] for each in api["appRoles"] if each["value"] == ROLE)
    path = f"/v1.0/servicePrincipals/{api['id']}/appRoleAssignedTo"
    have = {each["principalId"] for each in graph.rows(path) if each["appRoleId"] == role}
    for name, person in people.items():
        if person not in have:
            body = {"principalId": person, "resourceId": api["id"], "appRoleId": role}
            report.change(f"give {name} the role {ROLE}", partial(graph.send, "POST", path, body))


def _person(graph: Client, name: str) -> str:
    try:
        return str(graph.get(f"/v1.0/users/{quote(name, safe='@')}?$select=id")["id"])
    except RefusedError as refused:
        if refused.status != _NOT_FOUND:
            raise
        raise DeploymentError(f"The directory has nobody of the name {name}: write a user principal name.") from refused
