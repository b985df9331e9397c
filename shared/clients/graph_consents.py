"""Consents of a directory, and scopes for which it gives tokens.

The service reads service principals (`Application.Read.All`). Delegated permission grants and policies need
`Directory.Read.All` and `Policy.Read.All`, which it does not ask for; where a directory has given them, they are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.contracts.refusals import DeclinedError, MissingError
from shared.domain.tenants.needs import REMOTE_DESKTOP, SIGN_IN_SCOPES

if TYPE_CHECKING:  # azure-core's pipeline is loaded when first used: cold start
    from shared.clients.graph import Graph

_GRAPH = "00000003-0000-0000-c000-000000000000"
_NOT_ALLOWED = "Authorization_RequestDenied"


async def given_permissions(graph: Graph, principal_id: str) -> frozenset[str]:
    """Return the names of the permissions that a service principal (object id) has been given."""
    path = f"/v1.0/servicePrincipals(appId='{_GRAPH}')"
    resource = await graph.request("GET", path, query={"$select": "id,appRoles"})
    names = {str(each["id"]): str(each["value"]) for each in resource.get("appRoles") or ()}
    rows = graph.pages(f"/v1.0/servicePrincipals/{principal_id}/appRoleAssignments", {})
    given = [str(each["appRoleId"]) async for each in rows if each["resourceId"] == resource["id"]]
    return frozenset(names[role] for role in given if role in names)


async def consented_for_everybody(graph: Graph, client_id: str) -> bool | None:
    """Return whether a sign-in with an application needs no consent of the user; None where that may not be read."""
    try:
        principal = await graph.service_principal_id(client_id)
        if principal is None:
            return False
        resource = await graph.service_principal_id(_GRAPH)
        rows = graph.pages(f"/v1.0/servicePrincipals/{principal}/oauth2PermissionGrants", {})
        scopes = [
            str(each.get("scope") or "").split()
            async for each in rows
            if (each["consentType"], each["resourceId"]) == ("AllPrincipals", resource)
        ]
    except DeclinedError as declined:
        _check_forbidden(declined)
        return None
    return any(set(SIGN_IN_SCOPES) <= set(each) for each in scopes)


async def consent_policies(graph: Graph) -> frozenset[str] | None:
    """Return the policies by which users consent for themselves; None where that may not be read."""
    try:
        policy = await graph.request("GET", "/v1.0/policies/authorizationPolicy")
    except DeclinedError as declined:
        _check_forbidden(declined)
        return None
    rights = policy.get("defaultUserRolePermissions") or {}
    return frozenset(str(each) for each in rights.get("permissionGrantPoliciesAssigned") or ())


async def remote_desktop_tokens(graph: Graph) -> dict[str, bool | None]:
    """Return for each application of `REMOTE_DESKTOP` whether Entra ID gives tokens; None where it may not be read."""
    return {app_id: await _remote_desktop(graph, app_id) for app_id in REMOTE_DESKTOP}


async def _remote_desktop(graph: Graph, app_id: str) -> bool | None:
    try:
        principal = await graph.service_principal_id(app_id)
        if principal is None:
            return False
        found = await graph.request("GET", f"/v1.0/servicePrincipals/{principal}/remoteDesktopSecurityConfiguration")
    except MissingError:
        return False
    except DeclinedError as declined:
        _check_forbidden(declined)
        return None
    return found.get("isRemoteDesktopProtocolEnabled") is True


def _check_forbidden(declined: DeclinedError) -> None:
    """Raise a refusal for another reason than the lack of a permission."""
    if declined.code != _NOT_ALLOWED:
        raise declined
