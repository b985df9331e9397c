"""App registrations and managed identities: who may ask for which token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt

from local.cloud.core.answers import Problem
from local.cloud.entra import tokens
from local.cloud.entra.tokens import Principal
from local.cloud.graph.directory import Directory, derived_id

if TYPE_CHECKING:
    from local.cloud.core.answers import Json
    from local.cloud.core.secrets import Sealer
    from local.cloud.entra.keys import Keys
    from local.cloud.graph.directory import Doc

NO_TENANT = "00000000-0000-4000-8000-000000000001"
"""The tenant of the managed identity while no tenant was seeded."""


def refuse(status: int, error: str, number: int, text: str) -> Problem:
    """Make the token endpoint's error: an OAuth word and an AADSTS number."""
    return Problem(status, error, f"AADSTS{number}: {text}", details=[{"number": number}])


def find_tenant(directory: Directory, name: str) -> str:
    """Return a tenant's id; raise AADSTS90002 if there is none."""
    found = directory.tenant(name)
    if found is None:
        raise refuse(400, "invalid_request", 90002, f"Tenant '{name}' not found. Check the tenant ID.")
    return str(found["tenantId"])


def check_resource(directory: Directory, resource: str) -> None:
    """Raise AADSTS500011 for a resource that nobody registered."""
    known = tokens.is_first_party(resource) or resource == tokens.EXCHANGE
    names = {resource.rstrip("/"), resource.rstrip("/").removeprefix("api://")}
    apps = [app for tenant in directory.tenants() for app in directory.all("app", tenant["tenantId"])]
    if not known and not any(names & {app.get("identifierUri"), app["appId"]} for app in apps):
        text = f"The resource principal named {resource} was not found in the tenant."
        raise refuse(400, "invalid_resource", 500011, text)


def managed_identity(directory: Directory, client_id: str | None) -> Principal | None:
    """Return the managed identity of a client id, or the first one there is."""
    for tenant in directory.tenants():
        for app in directory.all("app", tenant["tenantId"]):
            if app.get("managedIdentity") and client_id in {None, app["appId"], app["objectId"]}:
                return principal_of(tenant["tenantId"], app)
    if not directory.tenants():
        client_id = client_id or derived_id("managed identity")
        return Principal(NO_TENANT, client_id, derived_id("principal", client_id), "deskwright")
    return None


def principal_of(tenant: str, app: Doc) -> Principal:
    """Return an app as the subject of a token."""
    roles = tuple(app.get("roles", ()))
    return Principal(tenant, app["appId"], app["objectId"], app["displayName"], roles)


def sign_in(directory: Directory, keys: Keys, sealer: Sealer, tenant: str, form: Json) -> Principal:
    """Check client credentials and return who they belong to.

    The app must be present in the tenant; its secret or federated credential may be kept in any
    tenant (a multi-tenant app has them at home). `form["client_secret"]` is a seal.

    Raises:
        Problem: the AADSTS error that Entra would answer.
    """
    client_id = str(form.get("client_id", ""))
    app = directory.get("app", tenant, client_id)
    if app is None:
        text = f"Application with identifier '{client_id}' was not found in the directory '{tenant}'."
        raise refuse(400, "unauthorized_client", 700016, text)
    everywhere = [directory.get("app", each["tenantId"], client_id) for each in directory.tenants()]
    copies = [each for each in everywhere if each is not None]
    if "client_secret" in form:
        secrets = [each["_secret"] for each in copies if each["_secret"]]
        if not any(sealer.matches(each, form["client_secret"]) for each in secrets):
            raise refuse(401, "invalid_client", 7000215, "Invalid client secret provided.")
    elif "client_assertion" in form:
        _check_assertion(keys, copies, str(form["client_assertion"]))
    else:
        text = "'client_assertion' or 'client_secret' is required for the grant type."
        raise refuse(401, "invalid_client", 7000216, text)
    return principal_of(tenant, app)


def _check_assertion(keys: Keys, apps: list[Doc], assertion: str) -> None:
    try:
        claims = keys.read(assertion, audience=tokens.EXCHANGE)
    except jwt.ExpiredSignatureError as error:
        raise refuse(401, "invalid_client", 700024, "Client assertion is not within its valid time.") from error
    except jwt.InvalidAudienceError as error:
        text = "No matching federated identity record found for presented assertion audience."
        raise refuse(401, "invalid_client", 700212, text) from error
    except jwt.InvalidTokenError as error:
        text = "Client assertion failed signature validation."
        raise refuse(401, "invalid_client", 700027, text) from error
    trusted = [each for app in apps for each in app.get("federatedCredentials", ())]
    home = str(claims.get("tid", ""))
    issued_here = str(claims["iss"]).endswith(f"/{home}/v2.0")
    if not issued_here or not any(each["subject"] == claims["sub"] for each in trusted):
        text = f"No matching federated identity record found for presented assertion subject '{claims['sub']}'."
        raise refuse(401, "invalid_client", 700213, text)
