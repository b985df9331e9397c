"""Permissions that people, or an administrator for all of them, have given to an application.

A consent makes the application's service principal in the directory, and a delegated permission grant for each API.
There are no directory roles here: whoever is asked may consent as an administrator. Sources:
learn.microsoft.com/entra/identity-platform/{consent-types-developer,v2-admin-consent,permissions-consent-overview}.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure_simulator.entra.apps import refuse
from azure_simulator.entra.sign_in import scopes
from azure_simulator.graph.directory import registrations
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.resources import app_role_assignments, permission_grants, service_principals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azure_simulator.core.world import World
    from azure_simulator.entra.sign_in.clients import Client
    from azure_simulator.entra.sign_in.scopes import Scopes
    from azure_simulator.graph.directory.records import Directory, Doc

_GRANT = "oAuth2PermissionGrant"


@dataclass(frozen=True)
class Missing:
    """The permissions of an API that nobody has consented to yet."""

    api: Doc
    values: tuple[str, ...]

    @property
    def needs_administrator(self) -> bool:
        """Whether one of them is for administrators to grant."""
        kinds = {each["value"]: each.get("type") for each in self.api["oauth2PermissionScopes"]}
        return any(kinds.get(value) == "Admin" for value in self.values)


def granted(directory: Directory, tenant: str, client: Client, api: Doc, user: str) -> set[str]:
    """Return the permissions of an API that a client has for a user: by a grant, or authorised by the API before."""
    if client.is_microsofts:
        return {each["value"] for each in api["oauth2PermissionScopes"]}
    found: set[str] = set()
    principal = registrations.principal_of(directory, tenant, client.id)
    for each in directory.by(_GRANT, tenant, "clientId", principal["id"]) if principal else ():
        if each["resourceId"] == api["id"] and each["principalId"] in {None, user}:
            found |= set(str(each["scope"] or "").split())
    for _, app in registrations.homes(directory, api["appId"]):
        names = {each["id"].lower(): each["value"] for each in app["api"]["oauth2PermissionScopes"]}
        for row in app["api"]["preAuthorizedApplications"]:
            if row["appId"].lower() == client.id.lower():
                found |= {names[each.lower()] for each in row["delegatedPermissionIds"] if each.lower() in names}
    return found


def missing(directory: Directory, tenant: str, client: Client, asked: Scopes, user: str) -> list[Missing]:
    """Return the scopes that need consent before a user can sign in with these. Raises: Problem (`scopes`)."""
    found = []
    for api, values in scopes.wanted(directory, tenant, client, asked):
        has = granted(directory, tenant, client, api, user)
        found.append(Missing(api, tuple(each for each in values if each not in has)))
    return [each for each in found if each.values]


def refuse_users(directory: Directory, tenant: str, client: Client) -> None:
    """Refuse consent if the directory's authorization policy lets no user give it. Raises: Problem.

    Entra ID shows this on a page of its own (*Need admin approval*), from which nobody comes back to the application.
    """
    if (directory.get("tenant", tenant, "") or {}).get("usersMayConsent", True) is False:
        text = f"The request requires the consent of an administrator to the application '{client.name}'."
        raise refuse(400, "access_denied", 90094, text)


def write(world: World, tenant: str, client: Client, permissions: Iterable[tuple[str, str]], user: str | None) -> None:
    """Grant delegated permissions, each (client id of the API, value), for one user or, without one, for all.

    The service principals that the directory lacks are made.
    """
    directory = directory_of(world)
    principal = service_principals.ensure(world, tenant, client.home, client.app)
    by_api: dict[str, list[str]] = {}
    for api_id, value in permissions:
        by_api.setdefault(api_id, []).append(value)
    for app_id, values in by_api.items():
        api = registrations.principal_of(directory, tenant, app_id) or _made(world, tenant, app_id)
        grant = {"clientId": principal["id"], "principalId": user, "resourceId": api["id"]}
        key = permission_grants.key_of(grant)
        before = str((directory.get(_GRANT, tenant, key) or {}).get("scope") or "").split()
        scope = " ".join(dict.fromkeys([*before, *values]))
        kind = "AllPrincipals" if user is None else "Principal"
        directory.put(_GRANT, tenant, key, {"id": key, **grant, "consentType": kind, "scope": scope})


def _made(world: World, tenant: str, app_id: str) -> Doc:
    home, app = next(registrations.homes(directory_of(world), app_id))
    return service_principals.ensure(world, tenant, home, app)


def assign_app_roles(world: World, tenant: str, client: Client) -> None:
    """Give an application the app roles that its registration asks for, as an administrator's consent does."""
    directory = directory_of(world)
    principal = service_principals.ensure(world, tenant, client.home, client.app)
    for row in client.app.get("requiredResourceAccess") or ():
        api = registrations.principal_of(directory, tenant, row["resourceAppId"]) or _made(
            world, tenant, row["resourceAppId"]
        )
        for each in row["resourceAccess"]:
            if each["type"] == "Role":
                app_role_assignments.ensure(world, tenant, principal, api, each["id"].lower())
