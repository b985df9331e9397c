"""The people of a directory: those who may sign in, and their claims in tokens.

App roles are those assigned to a user, or to a group that has the user as a direct member. Sources:
learn.microsoft.com/entra/identity-platform/{id-token-claims-reference,access-token-claims-reference,
howto-add-app-roles-in-apps}.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from azure_simulator.entra.apps import refuse
from azure_simulator.graph.directory import registrations

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.graph.directory.records import Directory, Doc


def find(directory: Directory, tenant: str, name: str) -> tuple[str, Doc]:
    """Return a user, named by id or principal name, with their directory; `tenant` empty looks in all of them.

    Raises:
        Problem: AADSTS50034 for nobody, AADSTS50057 for a disabled account.
    """
    tenants = [tenant] if tenant else [str(each["tenantId"]) for each in directory.tenants()]
    for each in tenants:
        named = directory.by("user", each, "userPrincipalName", name)
        user = directory.get("user", each, name) or next(iter(named), None)
        if user is None:
            continue
        if not user.get("accountEnabled", True):
            raise refuse(400, "invalid_grant", 50057, "The user account is disabled.")
        return each, user
    text = f"The user account {name} does not exist in the {tenant or 'organizations'} directory."
    raise refuse(400, "invalid_grant", 50034, text)


def listed(directory: Directory, tenant: str) -> list[tuple[str, Doc]]:
    """Return the users who could sign in to a directory, or to any, with their directory."""
    tenants = [tenant] if tenant else [str(each["tenantId"]) for each in directory.tenants()]
    return [(each, user) for each in tenants for user in directory.all("user", each)]


def app_roles(directory: Directory, tenant: str, user: Doc, principal: Doc | None) -> tuple[str, ...]:
    """Return the values of the app roles that a user has in an application."""
    if principal is None:
        return ()
    groups = directory.memberships[tenant.lower()].groups_of(user["id"], directory.now_us)
    found = (registrations.granted_roles(directory, tenant, each, principal) for each in (user["id"], *groups))
    return tuple(dict.fromkeys(role for roles in found for role in roles))


def check_assigned(directory: Directory, tenant: str, user: Doc, principal: Doc | None) -> None:
    """Refuse a user without an assignment to an application that wants one."""
    if principal is None or not principal.get("appRoleAssignmentRequired"):
        return
    groups = directory.memberships[tenant.lower()].groups_of(user["id"], directory.now_us)
    for each in (user["id"], *groups):
        rows = directory.by("appRoleAssignment", tenant, "principalId", each)
        if any(row["resourceId"] == principal["id"] for row in rows):
            return
    text = (
        f"Your administrator has configured the application {principal['displayName']} ('{principal['appId']}') to "
        "block users unless they are specifically granted ('assigned') access to the application. The signed in user "
        f"'{user['userPrincipalName']}' is blocked because they are not a direct member of a group with access, nor "
        "had access directly assigned by an administrator."
    )
    raise refuse(400, "access_denied", 50105, text)


def subject(user: str, app_id: str) -> str:
    """Return the `sub` of a user for an application: another one for each."""
    raw = hashlib.sha256(f"{user}|{app_id}".lower().encode()).digest()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def client_info(tenant: str, user: Doc) -> str:
    """Return the `client_info` that MSAL keeps its accounts by."""
    raw = f'{{"uid":"{user["id"]}","utid":"{tenant}"}}'
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def id_claims(tenant: str, user: Doc, open_id: tuple[str, ...], roles: tuple[str, ...]) -> Json:
    """Return the claims about a user in an ID token, depending on the scopes."""
    claims: Json = {"oid": user["id"], "tid": tenant}
    if "profile" in open_id:
        claims |= {"name": user["displayName"], "preferred_username": user["userPrincipalName"]}
    if "email" in open_id and user.get("mail"):
        claims["email"] = user["mail"]
    return claims | ({"roles": list(roles)} if roles else {})


def access_claims(user: Doc, version: int, scp: tuple[str, ...], app_id: str, *, proved: bool) -> Json:
    """Return the claims of an access token about a user, without the common ones; `proved`: by a client secret."""
    name = user["userPrincipalName"]
    named = {"upn": name, "unique_name": name} if version == 1 else {"preferred_username": name}
    strength = {"appidacr" if version == 1 else "azpacr": "1" if proved else "0"}
    return {**named, **strength, "scp": " ".join(scp), "sub": subject(user["id"], app_id)}
