"""The scopes that a sign-in asks for, and the APIs that they are delegated permissions of.

`openid profile email offline_access` are Microsoft Graph's; a name without an API is Graph's too. `{api}/.default` is
all that the client's registration asks for of every API.
Source: learn.microsoft.com/entra/identity-platform/scopes-oidc.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure_simulator.entra import apps
from azure_simulator.entra.apps import refuse
from azure_simulator.graph.directory import registrations
from azure_simulator.graph.directory.first_party import MICROSOFT_GRAPH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.entra.sign_in.clients import Client
    from azure_simulator.graph.directory.records import Directory, Doc

GRAPH = "https://graph.microsoft.com"
OPEN_ID = ("openid", "profile", "email", "offline_access")
DEFAULT = ".default"


@dataclass(frozen=True)
class Scopes:
    """Requested scopes: OpenID Connect's scopes, and of each API, as it was named, the permissions."""

    open_id: tuple[str, ...]
    of: tuple[tuple[str, tuple[str, ...]], ...]
    prefix: str = ""
    """Prefix with which the permissions of the token's API were written: `{api}/`, or nothing."""

    @property
    def resource(self) -> str:
        """The API that a token is for: the first one named, else Microsoft Graph."""
        return self.of[0][0] if self.of else GRAPH

    @property
    def values(self) -> tuple[str, ...]:
        """The permissions of that API."""
        return self.of[0][1] if self.of else ()


def parse(text: str, base: str) -> Scopes:
    """Read a `scope` parameter; `base` is this cloud's address, which is Graph's too.

    Raises:
        Problem: AADSTS900144 for nothing, AADSTS70011 for `.default` beside other permissions of the same API.
    """
    words = text.split()
    if not words:
        text = "The request body must contain the following parameter: 'scope'."
        raise refuse(400, "invalid_request", 900144, text)
    found: dict[str, list[str]] = {}
    prefix = ""
    for word in words:
        if word in OPEN_ID:
            continue
        named, slash, value = word.rpartition("/")
        resource = GRAPH if named.rstrip("/") in {"", base} else named
        prefix = prefix if found else named + slash
        found.setdefault(resource, []).append(value)
    for values in found.values():
        if DEFAULT in values and len(values) > 1:
            text = (
                "The provided value for the input parameter 'scope' is not valid. .default scope can't be combined "
                f"with resource-specific scopes: '{text}'."
            )
            raise refuse(400, "invalid_scope", 70011, text)
    open_id = tuple(each for each in OPEN_ID if each in words)
    return Scopes(open_id, tuple((resource, tuple(values)) for resource, values in found.items()), prefix)


def api_of(directory: Directory, tenant: str, resource: str, client: Client) -> Doc:
    """Return the service principal of an API; raise AADSTS500011, or AADSTS650052 where only another directory has it.

    An API of another directory that knows the client is returned as it will be once somebody has consented.
    """
    found = apps.named(directory, tenant, resource)
    if found is not None:
        return found
    for other in directory.tenants():
        known = apps.named(directory, str(other["tenantId"]), resource)
        for home, app in registrations.homes(directory, known["appId"]) if known else ():
            if app["signInAudience"] == registrations.MY_ORGANISATION:
                continue
            if client.id in app["api"]["knownClientApplications"]:
                return {**registrations.service_principal("", app["appId"], app["displayName"]), **_of(app, home)}
            text = (
                f"The app is trying to access a service '{app['appId']}'({app['displayName']}) that your organization"
            )
            raise refuse(400, "invalid_client", 650052, f"{text} '{tenant}' lacks a service principal for.")
    text = f"The resource principal named {resource} was not found in the tenant named {tenant}."
    raise refuse(400, "invalid_resource", 500011, text)


def _of(app: Doc, home: str) -> Doc:
    return registrations.copied(app, home)


def wanted(directory: Directory, tenant: str, client: Client, scopes: Scopes) -> list[tuple[Doc, tuple[str, ...]]]:
    """Return each API with the permissions that are wanted of it, `.default` resolved.

    Raises:
        Problem: AADSTS650053 for a permission that an API does not have, and what `api_of` raises.
    """
    found: dict[str, tuple[Doc, list[str]]] = {}
    asked = [*([(GRAPH, scopes.open_id)] if scopes.open_id else []), *scopes.of]
    for resource, values in asked:
        api = api_of(directory, tenant, resource, client)
        if DEFAULT in values:
            registered = list(_registered(directory, tenant, client))
            for each, names in [(api, ()), *registered]:
                found.setdefault(each["appId"], (each, []))[1].extend(names)
            continue
        known = {each["value"] for each in api["oauth2PermissionScopes"] if each.get("isEnabled", True)}
        unknown = [each for each in values if each not in known]
        if unknown:
            text = (
                f"The application '{client.name}' asked for scope '{unknown[0]}' that doesn't exist on the resource "
                f"'{api['appId']}'. Contact the app vendor."
            )
            raise refuse(400, "invalid_client", 650053, text)
        found.setdefault(api["appId"], (api, []))[1].extend(values)
    return [(api, tuple(dict.fromkeys(values))) for api, values in found.values()]


def _registered(directory: Directory, tenant: str, client: Client) -> Iterator[tuple[Doc, tuple[str, ...]]]:
    """Yield the APIs of a registration with the delegated permissions that it asks for."""
    for row in client.app.get("requiredResourceAccess") or ():
        api = api_of(directory, tenant, row["resourceAppId"], client)
        ids = {each["id"].lower() for each in row["resourceAccess"] if each["type"] == "Scope"}
        yield api, tuple(each["value"] for each in api["oauth2PermissionScopes"] if each["id"].lower() in ids)


def is_graph(api: Doc) -> bool:
    """Return whether an API is Microsoft Graph."""
    return bool(api["appId"] == MICROSOFT_GRAPH)
