"""Consent for everybody of a directory to the scopes with which people sign in.

Where users may not consent for themselves, which many directories say, Entra ID shows them a page that they cannot pass
(AADSTS90094). Source: https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant
"""

from collections.abc import Callable, Iterator

from deployment.clients import Client, Json, RefusedError
from deployment.registrations import MICROSOFT_GRAPH, SCOPE
from deployment.report import Report
from shared.domain.tenants.needs import SIGN_IN_SCOPES

BASICS = (*SIGN_IN_SCOPES, "User.Read")
"""Permissions of Microsoft Graph that a sign-in requests and the registration declares."""
_FORBIDDEN = 403


def ensure(graph: Client, client: str, api: str, link: str, report: Report) -> None:
    """Consent for everybody, if the caller may; else say which link an administrator has to open."""
    try:
        for what, write in _changes(graph, client, api):
            report.change(what, write)
    except RefusedError as refused:
        if refused.status != _FORBIDDEN:
            raise
        report.say(f"You may not consent for everybody ({refused.code}). An administrator has to open {link}")


def _changes(graph: Client, client: str, api: str) -> Iterator[tuple[str, Callable[[], object]]]:
    path = "/v1.0/oauth2PermissionGrants"
    principal = _principal(graph, client)
    given = {
        each["resourceId"]: each
        for each in graph.rows(f"/v1.0/servicePrincipals/{principal}/oauth2PermissionGrants")
        if each["consentType"] == "AllPrincipals"
    }
    for app, scopes in ((api, (SCOPE,)), (MICROSOFT_GRAPH, BASICS)):
        resource = _principal(graph, app)
        found = given.get(resource)
        have = str((found or {}).get("scope") or "").split()
        lacking = [each for each in scopes if each not in have]
        scope = " ".join([*have, *lacking])
        what = f"consent for everybody: {client} may use {', '.join(lacking)} of {app}"
        if found is None:
            body: Json = {"clientId": principal, "consentType": "AllPrincipals", "resourceId": resource, "scope": scope}
            yield what, _write(graph, "POST", path, body)
        elif lacking:
            yield what, _write(graph, "PATCH", f"{path}/{found['id']}", {"scope": scope})


def _write(graph: Client, method: str, path: str, body: Json) -> Callable[[], object]:
    return lambda: graph.send(method, path, body)


def _principal(graph: Client, client: str) -> str:
    return str(graph.get(f"/v1.0/servicePrincipals(appId='{client}')?$select=id")["id"])
