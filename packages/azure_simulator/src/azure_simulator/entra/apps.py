"""App registrations and managed identities, and the credentials that give them tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt

from azure_simulator.core.answers import Problem
from azure_simulator.core.times import parse_iso
from azure_simulator.entra import tokens
from azure_simulator.entra.tokens import Audience, Principal
from azure_simulator.graph.directory import registrations
from azure_simulator.graph.directory.records import Directory, derived_id
from azure_simulator.graph.directory.registrations import EXCHANGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.answers import Json
    from azure_simulator.core.keys import Keys
    from azure_simulator.core.secrets import SecretProtector
    from azure_simulator.graph.directory.records import Doc

    Found = tuple[str, Doc]

_CLAIMS = {"iss": "issuer", "sub": "subject", "aud": "audience"}
NO_TENANT = "00000000-0000-4000-8000-000000000001"
"""The tenant of the managed identity while no tenant was seeded."""


def refuse(status: int, error: str, number: int, text: str, suberror: str = "") -> Problem:
    """Make the token endpoint's error: an OAuth error code and an AADSTS number."""
    detail: Json = {"number": number, **({"suberror": suberror} if suberror else {})}
    return Problem(status, error, f"AADSTS{number}: {text}", details=[detail])


def find_tenant(directory: Directory, name: str) -> str:
    """Return a tenant's id; raise AADSTS90002 if there is none."""
    if name.lower() in {"common", "organizations", "consumers"}:
        text = "No tenant-identifying information found in either the request or implied by any provided credentials."
        raise refuse(400, "invalid_request", 50059, text)
    found = directory.tenant(name)
    if found is None:
        raise refuse(400, "invalid_request", 90002, f"Tenant '{name}' not found. Check the tenant ID.")
    return str(found["tenantId"])


def check_resource(directory: Directory, resource: str) -> None:
    """Raise AADSTS500011 for a resource that is not registered."""
    known = tokens.is_first_party(resource) or resource == EXCHANGE
    if not known and not any(named(directory, str(each["tenantId"]), resource) for each in directory.tenants()):
        text = f"The resource principal named {resource} was not found in the tenant."
        raise refuse(400, "invalid_resource", 500011, text)


def audience(directory: Directory, resource: str) -> Audience:
    """Return the audience of a token for a resource, and its version.

    The version of an application's tokens is in its registration; a resource that no directory has gets version 2 under
    the name given.
    """
    if tokens.is_first_party(resource):
        return Audience(resource, 1)
    known = (named(directory, str(each["tenantId"]), resource) for each in directory.tenants())
    app_id = next((each["appId"] for each in known if each is not None), "")
    for _, app in registrations.homes(directory, app_id):
        version = app["api"].get("requestedAccessTokenVersion") or 1
        return Audience(resource if version == 1 else str(app["appId"]), version)
    return Audience(resource, 2)


def named(directory: Directory, tenant: str, resource: str) -> Doc | None:
    """Return the service principal of a directory that a resource names."""
    wanted = resource.rstrip("/").lower()
    every = directory.all("servicePrincipal", tenant)
    return next((each for each in every if wanted in {_bare(name) for name in each["servicePrincipalNames"]}), None)


def _bare(name: str) -> str:
    return name.rstrip("/").lower()


def managed_identity(directory: Directory, query: Json) -> Found | None:
    """Return the identity that a query names, or the first one, with its directory.

    A user-assigned one is named by `client_id`, `object_id` or `principal_id`, or `mi_res_id`.
    """
    names = {"appId": query.get("client_id"), "id": query.get("object_id") or query.get("principal_id")}
    names |= {"_resource_id": query.get("mi_res_id") or query.get("msi_res_id")}
    wanted = {field: str(name).lower() for field, name in names.items() if name}
    for tenant in directory.tenants():
        for each in directory.all("servicePrincipal", tenant["tenantId"]):
            fits = all(str(each.get(field, "")).lower() == name for field, name in wanted.items())
            if each.get("_managed_identity") and fits:
                return str(tenant["tenantId"]), each
    if directory.tenants():
        return None
    app_id = str(query.get("client_id") or derived_id("managed identity"))
    return NO_TENANT, registrations.service_principal(derived_id("principal", app_id), app_id, "deskwright")


def subject(directory: Directory, found: Found, resource: str) -> Principal:
    """Return a service principal as the subject of a token for a resource, with its app roles there.

    The roles that a seed gives count for every resource.
    """
    tenant, each = found
    api = named(directory, tenant, resource)
    granted = registrations.granted_roles(directory, tenant, each["id"], api) if api else []
    roles = tuple(dict.fromkeys([*each["_roles"], *granted]))
    return Principal(tenant, each["appId"], each["id"], each["displayName"], roles)


def sign_in(directory: Directory, keys: Keys, protector: SecretProtector, tenant: str, form: Json) -> Found:
    """Check client credentials and return the service principal they belong to, with its directory.

    It must be present in the directory; the secret or federated credential is that of the application, wherever that
    is registered (a multi-tenant app has them in its home tenant), or the service principal's own. Of
    `form["client_secret"]` a hash is given.

    Raises:
        Problem: the AADSTS error that Entra would answer.
    """
    client_id = str(form.get("client_id", ""))
    principal = registrations.principal_of(directory, tenant, client_id)
    homes = list(registrations.homes(directory, client_id))
    if principal is None or not homes:
        if homes and homes[0][0] == tenant:
            text = f"The client application {client_id} is missing service principal in the tenant {tenant}."
            raise refuse(401, "unauthorized_client", 7000229, text)
        text = f"Application with identifier '{client_id}' was not found in the directory '{tenant}'."
        raise refuse(400, "unauthorized_client", 700016, text)
    if principal.get("accountEnabled") is False:
        raise refuse(400, "unauthorized_client", 7000112, f"Application '{client_id}' is disabled.")
    if "client_secret" in form:
        check_secret(protector, [*(app for _, app in homes), principal], form["client_secret"], directory.now_us)
    elif "client_assertion" in form:
        _check_assertion(keys, homes, str(form["client_assertion"]))
    else:
        text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise refuse(401, "invalid_client", 7000218, text)
    return tenant, principal


def check_secret(protector: SecretProtector, holders: list[Doc], secret: str, now_us: int) -> None:
    """Refuse a secret that none of its holders has, or whose time is over."""
    fitting = [
        credential
        for each in holders
        for credential in each["passwordCredentials"]
        if protector.matches(each["_secrets"][credential["keyId"]], secret)
    ]
    if not fitting:
        text = "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value."
        raise refuse(401, "invalid_client", 7000215, text)
    if all(parse_iso(each["endDateTime"]) <= now_us for each in fitting):
        raise refuse(401, "invalid_client", 7000222, "The provided client secret keys are expired.")


def _check_assertion(keys: Keys, homes: list[Found], assertion: str) -> None:
    """Accept a token of this cloud for an app whose federated credential has its issuer, subject and audience.

    Source: learn.microsoft.com/entra/workload-id/workload-identity-federation.
    """
    try:
        claims = keys.read(assertion)
    except jwt.ExpiredSignatureError as error:
        raise refuse(401, "invalid_client", 700024, "Client assertion is not within its valid time range.") from error
    except jwt.InvalidTokenError as error:
        text = "Client assertion contains an invalid signature."
        raise refuse(401, "invalid_client", 700027, text) from error
    trusted = [each for _, app in homes for each in app["_federated"]]
    if not trusted:
        raise refuse(401, "invalid_client", 70025, "The client has no configured federated identity credentials.")
    tests: tuple[tuple[int, str, Callable[[Json], bool]], ...] = (
        (700211, "iss", lambda each: _issued(claims, each)),
        (700213, "sub", lambda each: each["subject"] == claims.get("sub")),
        (700212, "aud", lambda each: claims.get("aud") in each["audiences"]),
    )
    for number, claim, test in tests:
        trusted = [each for each in trusted if test(each)]
        if not trusted:
            text = "No matching federated identity record found for presented assertion"
            raise refuse(401, "invalid_client", number, f"{text} {_CLAIMS[claim]} '{claims.get(claim)}'.")


def _issued(claims: Json, credential: Json) -> bool:
    """Compare the issuer; this cloud's address changes with every run, so only the path of its own issuers counts."""
    issuer, wanted = str(claims.get("iss", "")), str(credential["issuer"])
    if not wanted.startswith("https://login.microsoftonline.com/"):
        return issuer == wanted
    tail = wanted.removeprefix("https://login.microsoftonline.com")
    tenant = tail.strip("/").partition("/")[0]
    return issuer.endswith(tail) and str(claims.get("tid", "")).lower() == tenant.lower()
