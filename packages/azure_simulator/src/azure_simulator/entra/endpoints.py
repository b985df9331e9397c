"""The routes of the simulated Entra ID: token endpoint, keys, metadata, managed identity.

Sources: learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow,
/azure/app-service/overview-managed-identity (REST endpoint reference); docs/notes.md 3.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.planes import Plane
from azure_simulator.core.routing import Routes
from azure_simulator.core.times import iso_z, system_now_us
from azure_simulator.entra import apps, metadata, token_endpoint, tokens
from azure_simulator.graph.directory.records import derived_id, directory_of

if TYPE_CHECKING:
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.keys import Keys
    from azure_simulator.core.requests import Request
    from azure_simulator.core.throttling import Charge

_APP_SERVICE = "2019-08-01"


class EntraPlane(Plane):
    """Entra ID and the managed identity; serves every path that no other plane has."""

    name = "entra"
    forms = True

    def render(self, problem: Problem) -> Answer:
        """Write an OAuth error, or the managed identity's own form."""
        if problem.code == "identity":
            return Answer({"statusCode": problem.status, "message": problem.message}, problem.status)
        numbers = [each["number"] for each in problem.details if "number" in each]
        body = {
            "error": problem.code,
            "error_description": problem.message,
            "error_codes": numbers,
            "timestamp": iso_z(system_now_us()),
            "error_uri": f"https://login.microsoftonline.com/error?code={numbers[0]}" if numbers else "",
        }
        for detail in problem.details:
            body |= {name: value for name, value in detail.items() if name == "suberror"}
        return Answer(body, problem.status, dict(problem.headers))

    def headers(self, call: Call, charges: list[Charge], answer: Answer) -> dict[str, str]:
        """Let pages of other origins read the metadata and the answers of the token endpoint, errors too."""
        del charges, answer
        origin = call.headers.get("origin", "")
        if not origin or call.route.template not in metadata.FROM_PAGES:
            return {}
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}

    def unknown(self, request: Request, *, path_known: bool) -> Problem:
        """Return the 404, or the 405 for another method."""
        status = 405 if path_known else 404
        return Problem(status, "invalid_request", f"Nothing answers {request.method} '{request.path}'.")


def routes(keys: Keys) -> Routes:
    """Return the operations; tokens are made with `keys`."""
    found = Routes("entra")

    def token(call: Call) -> Answer:
        return token_endpoint.answer(call, keys, _authority(call))

    def identity(call: Call) -> Answer:
        return _identity(call, keys)

    found.operation("entra.token", "POST", "/{tenant}/oauth2/v2.0/token", anonymous=True, mutates=False)(token)
    for path in metadata.FROM_PAGES:
        found.operation("entra.preflight", "OPTIONS", path, anonymous=True, mutates=False)(metadata.preflight)
    found.operation("identity.token", "GET", "/msi/token", anonymous=True)(identity)
    found.operation("identity.imds", "GET", "/metadata/identity/oauth2/token", anonymous=True)(identity)
    found.operation("entra.keys", "GET", "/{tenant}/discovery/v2.0/keys", anonymous=True)(
        lambda _call: Answer(keys.published())
    )
    found.operation("entra.configuration", "GET", metadata.CONFIGURATION, anonymous=True)(
        lambda call: metadata.configuration(call, _authority(call))
    )
    found.operation("metadata.endpoints", "GET", "/metadata/endpoints", anonymous=True)(metadata.endpoints)
    found.operation("entra.instance", "GET", "/common/discovery/instance", anonymous=True)(metadata.instance)
    return found


def control(keys: Keys) -> Routes:
    """Return `POST /_sim/tokens`, which makes any token that a test needs, and `POST /_sim/keys`."""
    found = Routes("sim")

    @found.operation("sim.tokens", "POST", "/_sim/tokens", anonymous=True, mutates=False)
    def make(call: Call) -> Answer:
        """Make a token: {tid, roles, name, audience, oid, expiresIn, wrongKey, claims}.

        `expiresIn` (seconds, may be negative) makes expired tokens, `audience` tokens for another service, `wrongKey`
        one with an invalid signature; `claims` replaces single claims.
        """
        body = call.object()
        tenant = _tenant(call, str(body.get("tid", "")))
        name = str(body.get("name", "Portal User"))
        principal = tokens.Principal(
            tenant_id=tenant,
            client_id=str(body.get("appid", derived_id(tenant, "app", "portal"))),
            object_id=str(body.get("oid", derived_id(tenant, "caller", name))),
            name=name,
            roles=tuple(body.get("roles", ())),
            user=True,
            extra=dict(body.get("claims", {})),
        )
        lifetime_s = int(body.get("expiresIn", tokens.LIFETIME_S))
        made = tokens.claims(
            principal,
            apps.audience(directory_of(call.world), str(body.get("audience", "api://deskwright"))),
            issuer_base=_authority(call),
            now_s=tokens.now_s() + min(0, lifetime_s - 1),
            lifetime_s=max(1, lifetime_s),
        )
        signed = keys.sign(made, with_unpublished_key=bool(body.get("wrongKey", False)))
        return Answer({"access_token": signed, "token_type": "Bearer", "expires_on": str(made["exp"]), "claims": made})

    @found.operation("sim.keys", "POST", "/_sim/keys", anonymous=True, mutates=False)
    def change_keys(call: Call) -> Answer:
        """Sign with a new key: {roll}; unpublish the older ones: {retire}."""
        return _change_keys(call, keys)

    return found


def _change_keys(call: Call, keys: Keys) -> Answer:
    """Roll the signing key over {"roll": true}, or unpublish the older ones {"retire": true}."""
    body = call.object()
    rolled = keys.roll() if body.get("roll") else None
    retired = keys.retire() if body.get("retire") else []
    return Answer({"rolled": rolled, "retired": retired, "published": keys.published()["keys"]})


def _identity(call: Call, keys: Keys) -> Answer:
    imds = call.path.lower().startswith("/metadata/")
    required = call.world.config.get("identityHeader")
    sent = call.headers.get("metadata") if imds else call.headers.get("x-identity-header")
    if not sent or (required and not imds and sent != required):
        raise Problem(401, "identity", "The X-IDENTITY-HEADER header is missing or wrong.")
    resource = call.query.get("resource", "")
    if not resource:
        raise Problem(400, "identity", "The resource parameter is missing.")
    if not imds and call.query.get("api-version", _APP_SERVICE) != _APP_SERVICE:
        raise Problem(400, "identity", f"The api-version must be {_APP_SERVICE}.")
    found = apps.managed_identity(directory_of(call.world), call.query)
    if found is None:
        raise Problem(
            400, "identity", "No managed identity was found for the specified ClientId/ResourceId/PrincipalId."
        )
    apps.check_resource(directory_of(call.world), resource)
    principal = apps.subject(directory_of(call.world), found, resource)
    lifetime_s = int(call.world.config.get("tokenLifetimeSeconds", tokens.MANAGED_IDENTITY_LIFETIME_S))
    audience = apps.audience(directory_of(call.world), resource)
    made = tokens.claims(principal, audience, issuer_base=_authority(call), now_s=tokens.now_s(), lifetime_s=lifetime_s)
    body: Json = {
        "access_token": keys.sign(made),
        "expires_on": str(made["exp"]),
        "resource": resource,
        "token_type": "Bearer",
        "client_id": principal.client_id,
    }
    return Answer(body | ({"expires_in": str(lifetime_s)} if imds else {}))


def _authority(call: Call) -> str:
    # the plain port of the managed identity is not an issuer: whoever starts the cloud sets the TLS address
    if call.base.startswith("https://"):
        return call.base
    return str(call.world.config.get("authority", call.base))


def _tenant(call: Call, name: str) -> str:
    """Return the tenant of a domain or an id (also an unknown id), or the first tenant."""
    found = directory_of(call.world).tenant(name) if name else next(iter(directory_of(call.world).tenants()), None)
    return str(found["tenantId"]) if found else name or apps.NO_TENANT
