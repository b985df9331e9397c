"""The plane of ARM: its errors, its rate limits (docs/notes.md 1.9), the headers of every answer."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from azure_simulator.arm import (
    api_versions,
    immutable_properties,
    jsonc,
    keeping,
    locks,
    member_versions,
    policies,
    preconditions,
    references,
    together_rules,
    value_rules,
)
from azure_simulator.arm.body_validation import BodyReader
from azure_simulator.arm.reading import tags_of
from azure_simulator.arm.regions import REGIONS
from azure_simulator.arm.registry import Registry
from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.planes import Plane
from azure_simulator.core.requests import LARGEST
from azure_simulator.core.throttling import Charge
from azure_simulator.core.times import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.arm.providers import ResourceProvider
    from azure_simulator.arm.resource_types import Target
    from azure_simulator.core.answers import Json
    from azure_simulator.core.calls import Call
    from azure_simulator.core.requests import Request
    from azure_simulator.core.throttling import Refusal
    from azure_simulator.core.world import World

_DEPLOYMENTS = "/providers/microsoft.resources/deployments/"
EVERYBODY = 15
"""All principals of a subscription together have this multiple of the tokens of one principal."""

LIMITS = {"reads": (250.0, 25.0), "writes": (200.0, 10.0), "deletes": (200.0, 10.0)}
"""Kind -> (capacity, refill per second)."""


class ArmPlane(Plane):
    """`https://management.azure.com`."""

    name = "arm"
    prefixes = frozenset({"subscriptions", "providers", "tenants"})
    audiences = frozenset({"https://management.azure.com", "https://management.core.windows.net"})

    def __init__(self) -> None:
        self.types = Registry()

    def unknown(self, request: Request, *, path_known: bool) -> Problem:
        """Word it as the resource manager does."""
        if path_known:
            text = f"The requested resource does not support http method '{request.method}'."
            return Problem(405, "MethodNotAllowed", text)
        return api_versions.unknown_type(request, self.types)

    def check_media(self, media: str) -> None:
        """Take JSON alone."""
        if media not in {"", "application/json", "text/json"}:
            text = f"The content media type '{media}' is not supported. Only 'application/json' is supported."
            raise Problem(415, "UnsupportedMediaType", text)

    def unauthenticated(self, request: Request, reason: str, world: World) -> Problem:
        """Return the error for a missing, an expired or a foreign token."""
        del world
        code, message = {
            "missing": (
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
            ),
            "expired": ("ExpiredAuthenticationToken", "The access token expiry UTC time is past."),
            "audience": (
                "InvalidAuthenticationTokenAudience",
                "The access token has been obtained for wrong audience or resource.",
            ),
        }.get(reason, ("InvalidAuthenticationToken", "The access token is invalid."))
        tenant = f'{request.base}/common", error="invalid_token'
        return Problem(
            401,
            code,
            message,
            headers={"WWW-Authenticate": f'Bearer authorization_uri="{tenant}"'},
        )

    def forbidden(self, call: Call) -> Problem:
        """Name client, action and scope."""
        return authorization_failed(call, call.action, call.path)

    def inspect_secrets(self, call: Call, body: object) -> None:
        """Let the type of a PUT look at its body."""
        if call.method == "PUT":
            inspect = self.types.target(call.route).type.inspect_secrets
            if inspect is not None:
                inspect(call, body)

    def read(self, request: Request) -> Any:  # noqa: ANN401 - JSON
        """Read templates with comments and the like, everything else as JSON."""
        if _DEPLOYMENTS in request.path.lower() and len(request.body) <= LARGEST:
            request = replace(request, body=jsonc.strict(request.body))
        return super().read(request)

    def check(self, call: Call) -> None:
        """Make ARM's checks in its order, then the check of locks."""
        target = self.types.target(call.route)
        preconditions.check_subscription(call)
        api_versions.check_version(call, target.type)
        preconditions.check_group(call)
        if call.method == "PUT":
            preconditions.check_write(call, target)
        _read_body(call, target)
        preconditions.check_zones(call, target.type)
        if isinstance(call.body, dict) and "tags" in call.body:
            tags_of(call.body)
        references.check(call, target.type)
        _check_immutable(call, target)
        policies.check(call, target)
        preconditions.check_etag(call, target.type)
        locks.check(call)

    def perform(self, call: Call) -> Answer:
        """Perform the operation; store the values that it does not use, and show the members of the api-version."""
        target = self.types.target(call.route)
        answer = keeping.perform(call, target, call.route.handler)
        if isinstance(answer.body, dict) and not target.action:
            answer.body = _versioned(target, call.query.get("api-version", ""), answer.body)
        return answer

    def charges(self, call: Call) -> Iterator[Charge]:
        """Charge ARM first, then the resource provider."""
        kind = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(call.method, "writes")
        capacity, rate = LIMITS[kind]
        who, sub = call.principal.object_id, call.params.get("sub", "tenant").lower()
        yield Charge(f"subscription-{kind}", f"{sub}|{who}", capacity, rate)
        yield Charge(f"subscription-{kind}-all", sub, capacity * EVERYBODY, rate * EVERYBODY)
        if call.route.throttle:
            yield from self._provider(call).charges(call)

    def throttled(self, call: Call, refusal: Refusal) -> Problem:
        """Word it as the layer whose bucket is empty: ARM or the resource provider."""
        charge, wait_s = refusal.charge, refusal.retry_after_s
        if not charge.policy.startswith("subscription-"):
            return self._provider(call).throttled(call, refusal)
        kind = charge.policy.split("-")[1].rstrip("s")
        message = (
            f"Number of '{kind}' requests for subscription '{call.params.get('sub', '')}' actor "
            f"'{call.principal.object_id}' exceeded. Please try again after '{wait_s}' seconds "
            "after additional tokens are available."
        )
        return Problem(429, "SubscriptionRequestsThrottled", message, headers={"Retry-After": str(wait_s)})

    def headers(self, call: Call, charges: list[Charge], answer: Answer) -> dict[str, str]:
        """Return the request ids, the ETag of the resource and the numbers left in the buckets."""
        provider = self._provider(call)
        headers = {**_ids(call, provider), "Cache-Control": "no-cache"}
        is_marked = provider.marks_writes or call.method == "GET"
        if is_marked and isinstance(answer.body, dict) and "etag" in answer.body:
            headers["ETag"] = answer.body["etag"]
        remaining = call.notes.get("remaining")
        if charges and remaining is not None:
            headers[f"x-ms-ratelimit-remaining-{charges[0].policy}"] = str(remaining(charges[0]))
            headers |= provider.rate_limit_headers(call, charges[2:], remaining)
        return headers

    def facts(self, call: Call) -> Json:
        """Add region and size, from the body or from the machine it is about."""
        return self._provider(call).facts(call)

    def _provider(self, call: Call) -> ResourceProvider:
        return self.types.target(call.route).type.provider


def _read_body(call: Call, target: Target) -> None:
    """Bring the body into its documented form, or refuse it as its provider would."""
    shape = target.type.models.request(call.method, target.action)
    if shape is None:
        return
    found = call.world.resources.get(call.path)
    before = [found.body, *(body for _, body in reversed(found.past))] if found else []
    provider, version = target.type.provider, call.query.get("api-version", "")
    reader = BodyReader(provider.dialect, call.method != "PATCH", before, provider.steady)
    if not target.action:
        reader = replace(reader, lacks=partial(member_versions.lacks, target.type.name, version))
    call.body = reader.conform(call.body, shape)
    if call.method in {"PUT", "PATCH"}:
        value_rules.check(target.type.values, call.body)
        value_rules.check_lacks(target.type.lacks, call.body)
    if call.method == "PUT":
        together_rules.check(target.type.together, call.path, call.body)


def _versioned(target: Target, version: str, body: Json) -> Json:
    """Show a resource, or a list of them, as an api-version does."""
    name, rows = target.type.name, body.get("value")
    if target.named or not isinstance(rows, list):
        return member_versions.shown(name, version, body)
    return {**body, "value": [member_versions.shown(name, version, each) for each in rows]}


def _check_immutable(call: Call, target: Target) -> None:
    """Refuse a change of an immutable property, where the handler does not look at that itself."""
    found = call.world.resources.get(call.path) if target.named and not target.action else None
    if found is not None and call.method in {"PUT", "PATCH"} and isinstance(call.body, dict) and target.type.guarded:
        immutable_properties.check(target.type, call.body, found)


def authorization_failed(call: Call, action: str, scope: str) -> Problem:
    """Word ARM's 403."""
    who = call.principal
    return Problem(
        403,
        "AuthorizationFailed",
        f"The client '{who.client_id or who.object_id}' with object id '{who.object_id}' does not "
        f"have authorization to perform action '{action}' over scope '{scope}' or the scope is "
        "invalid. If access was recently granted, please refresh your credentials.",
    )


def _ids(call: Call, provider: ResourceProvider) -> dict[str, str]:
    """Name a request as its caller did, so that it is found in `_sim/requests`; else by its path and moment."""
    name = call.headers.get("x-ms-client-request-id") or call.world.guid("request", call.path, call.now_us)
    region, echo = provider.region_of(call), call.headers.get("x-ms-return-client-request-id", "").lower() == "true"
    at = iso(call.now_us)[:19].replace("-", "").replace(":", "")
    return {
        "x-ms-request-id": name,
        "x-ms-correlation-request-id": name,
        "x-ms-routing-request-id": f"{(region if region in REGIONS else 'global').upper()}:{at}Z:{name}",
        **({"x-ms-client-request-id": name} if echo else {}),
    }
