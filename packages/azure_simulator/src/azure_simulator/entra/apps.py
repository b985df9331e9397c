"""App registrations and managed identities, and the credentials that give them tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt

from azure_simulator.core.answers import Problem
from azure_simulator.entra import tokens
from azure_simulator.entra.tokens import EXCHANGE, Principal
from azure_simulator.graph.directory.records import Directory, derived_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from azure_simulator.core.answers import Json
    from azure_simulator.core.keys import Keys
    from azure_simulator.core.secrets import SecretProtector
    from azure_simulator.graph.directory.records import Doc

    Copies = Sequence[tuple[str, Doc]]

_CLAIMS = {"iss": "issuer", "sub": "subject", "aud": "audience"}
NO_TENANT = "00000000-0000-4000-8000-000000000001"
"""The tenant of the managed identity while no tenant was seeded."""


def refuse(status: int, error: str, number: int, text: str) -> Problem:
    """Make the token endpoint's error: an OAuth error code and an AADSTS number."""
    return Problem(status, error, f"AADSTS{number}: {text}", details=[{"number": number}])


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
    known = tokens.is_first_party(resource) or resource == tokens.EXCHANGE
    names = {resource.rstrip("/"), resource.rstrip("/").removeprefix("api://")}
    apps = [app for tenant in directory.tenants() for app in directory.all("app", tenant["tenantId"])]
    if not known and not any(names & {app.get("identifierUri"), app["appId"]} for app in apps):
        text = f"The resource principal named {resource} was not found in the tenant."
        raise refuse(400, "invalid_resource", 500011, text)


def managed_identity(directory: Directory, query: Json) -> Principal | None:
    """Return the identity that a query names, or the first one.

    A user-assigned one is named by `client_id`, `object_id` or `principal_id`, or `mi_res_id`.
    """
    client_id = query.get("client_id")
    names = {"appId": client_id, "objectId": query.get("object_id") or query.get("principal_id")}
    names |= {"resourceId": query.get("mi_res_id") or query.get("msi_res_id")}
    wanted = {field: str(name).lower() for field, name in names.items() if name}
    for tenant in directory.tenants():
        for app in directory.all("app", tenant["tenantId"]):
            fits = all(str(app.get(field, "")).lower() == name for field, name in wanted.items())
            if app.get("managedIdentity") and fits:
                return principal_of(tenant["tenantId"], app)
    if not directory.tenants():
        client_id = client_id or derived_id("managed identity")
        return Principal(NO_TENANT, client_id, derived_id("principal", client_id), "deskwright")
    return None


def principal_of(tenant: str, app: Doc) -> Principal:
    """Return an app as the subject of a token."""
    roles = tuple(app.get("roles", ()))
    return Principal(tenant, app["appId"], app["objectId"], app["displayName"], roles)


def sign_in(directory: Directory, keys: Keys, protector: SecretProtector, tenant: str, form: Json) -> Principal:
    """Check client credentials and return the principal they belong to.

    The app must be present in the tenant; its secret or federated credential may be registered in
    any tenant (a multi-tenant app has them in its home tenant). `form["client_secret"]` is a hash.

    Raises:
        Problem: the AADSTS error that Entra would answer.
    """
    client_id = str(form.get("client_id", ""))
    app = directory.get("app", tenant, client_id)
    if app is None:
        text = f"Application with identifier '{client_id}' was not found in the directory '{tenant}'."
        raise refuse(400, "unauthorized_client", 700016, text)
    if app.get("accountEnabled") is False:
        raise refuse(400, "unauthorized_client", 7000112, f"Application '{client_id}' is disabled.")
    homes = [str(each["tenantId"]) for each in directory.tenants()]
    copies = [(home, copy) for home in homes if (copy := directory.get("app", home, client_id)) is not None]
    if "client_secret" in form:
        _check_secret(protector, copies, form["client_secret"])
    elif "client_assertion" in form:
        _check_assertion(keys, copies, str(form["client_assertion"]))
    else:
        text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise refuse(401, "invalid_client", 7000218, text)
    return principal_of(tenant, app)


def _check_secret(protector: SecretProtector, copies: Copies, secret: str) -> None:
    fitting = [each for _, each in copies if each["_secret"] and protector.matches(each["_secret"], secret)]
    if not fitting:
        text = "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value."
        raise refuse(401, "invalid_client", 7000215, text)
    if all(each.get("secretExpired") for each in fitting):
        raise refuse(401, "invalid_client", 7000222, "The provided client secret keys are expired.")


def _check_assertion(keys: Keys, copies: Copies, assertion: str) -> None:
    """Accept a token of this cloud for an app whose federated credential has its issuer, subject and audience.

    A credential is `{subject, issuer, audiences}`; without an issuer it trusts the tenant it is registered in.
    """
    try:
        claims = keys.read(assertion)
    except jwt.ExpiredSignatureError as error:
        raise refuse(401, "invalid_client", 700024, "Client assertion is not within its valid time range.") from error
    except jwt.InvalidTokenError as error:
        text = "Client assertion contains an invalid signature."
        raise refuse(401, "invalid_client", 700027, text) from error
    trusted = [(home, each) for home, app in copies for each in app.get("federatedCredentials", ())]
    if not trusted:
        raise refuse(401, "invalid_client", 70025, "The client has no configured federated identity credentials.")
    tests: tuple[tuple[int, str, Callable[[str, Json], bool]], ...] = (
        (700211, "iss", lambda home, each: _issued(claims, home, each)),
        (700213, "sub", lambda _, each: each["subject"] == claims.get("sub")),
        (700212, "aud", lambda _, each: claims.get("aud") in each.get("audiences", (EXCHANGE,))),
    )
    for number, claim, test in tests:
        trusted = [(home, each) for home, each in trusted if test(home, each)]
        if not trusted:
            text = "No matching federated identity record found for presented assertion"
            raise refuse(401, "invalid_client", number, f"{text} {_CLAIMS[claim]} '{claims.get(claim)}'.")


def _issued(claims: Json, home: str, credential: Json) -> bool:
    """Compare the issuer; this cloud's address changes with every run, so only the path of its own issuers counts."""
    issuer, wanted = str(claims.get("iss", "")), credential.get("issuer")
    if wanted and not str(wanted).startswith("https://login.microsoftonline.com/"):
        return issuer == str(wanted)
    tail = str(wanted).removeprefix("https://login.microsoftonline.com") if wanted else f"/{home}/v2.0"
    tenant = tail.strip("/").partition("/")[0]
    return issuer.endswith(tail) and str(claims.get("tid", "")).lower() == tenant.lower()
