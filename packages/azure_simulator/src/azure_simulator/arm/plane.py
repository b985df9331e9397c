"""ARM's manners: its errors, its buckets (azure.md 1.9), the headers of every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure_simulator.arm import api_versions, locks, preconditions, references
from azure_simulator.arm.bodies import shape_of
from azure_simulator.arm.body_validation import Reading
from azure_simulator.arm.reading import tags_of
from azure_simulator.arm.resource_types import Kind, kind_of
from azure_simulator.compute.machines import os_profiles
from azure_simulator.core.answers import Answer, Json, Problem
from azure_simulator.core.planes import Plane
from azure_simulator.core.throttling import Charge
from azure_simulator.core.times import SECOND, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.core.calls import Call
    from azure_simulator.core.requests import Request
    from azure_simulator.core.throttling import Refusal
    from azure_simulator.core.world import World

EVERYBODY = 15
"""All principals of a subscription together have so many times the tokens of one."""

ARM_LIMITS = {"reads": (250.0, 25.0), "writes": (200.0, 10.0), "deletes": (200.0, 10.0)}
"""Kind -> (capacity, refill per second)."""

COMPUTE_LIMITS: dict[str, tuple[tuple[float, float] | None, tuple[float, float]]] = {
    "PutVM": ((12, 4 / 60), (1500, 500 / 60)),
    "UpdateVM": ((12, 4 / 60), (1500, 500 / 60)),
    "DeleteVM": ((12, 4 / 60), (1500, 500 / 60)),
    "LowCostGet": ((36, 12 / 60), (24_000, 8_000 / 60)),
    "HighCostGet": (None, (900, 300 / 60)),
    "GetOperation": ((45, 15 / 60), (15_000, 5_000 / 60)),
}
"""Policy -> (per resource, per subscription and region), each (capacity, refill per second)."""

WINDOW_US = 60 * SECOND
"""What a refusal of Compute says it has counted over: buckets are refilled by the minute."""

NETWORK_LIMITS = {"NetworkWrite": (1000.0, 1000 / 300), "NetworkRead": (10_000.0, 10_000 / 300)}


class ArmPlane(Plane):
    """`https://management.azure.com`."""

    name = "arm"
    prefixes = frozenset({"subscriptions", "providers", "tenants"})
    audiences = frozenset({"https://management.azure.com", "https://management.core.windows.net"})

    def unknown(self, request: Request, *, path_known: bool) -> Problem:
        """Word it as the resource manager does."""
        if path_known:
            text = f"The requested resource does not support http method '{request.method}'."
            return Problem(405, "MethodNotAllowed", text)
        return api_versions.unknown_type(request)

    def check_media(self, media: str) -> None:
        """Take JSON alone."""
        if media not in {"", "application/json", "text/json"}:
            text = f"The content media type '{media}' is not supported. Only 'application/json' is supported."
            raise Problem(415, "UnsupportedMediaType", text)

    def unauthenticated(self, request: Request, reason: str, world: World) -> Problem:
        """Tell a missing token from an expired or foreign one."""
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
        return authorization_failed(call, call.route.action, call.path)

    def glimpse(self, call: Call, body: object) -> None:
        """Note what is wrong with the password of a new machine."""
        if call.route.name == "vm.create":
            call.notes[os_profiles.NOTE] = os_profiles.flaw(body)

    def check(self, call: Call) -> None:
        """Refuse what ARM refuses, in its order; then what is locked."""
        kind = kind_of(call.method, call.route.template)
        api_versions.check_version(call, kind, lambda: region_of(call))
        preconditions.check_group(call)
        if call.method == "PUT":
            preconditions.check_write(call, kind)
        _read_body(call, kind)
        if isinstance(call.body, dict) and "tags" in call.body:
            tags_of(call.body)
        references.check(call, kind.provider)
        preconditions.check_etag(call)
        locks.check(call)

    def charges(self, call: Call) -> Iterator[Charge]:
        """Charge ARM first, then the resource provider."""
        kind = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(call.method, "writes")
        capacity, rate = ARM_LIMITS[kind]
        who, sub = call.principal.object_id, call.params.get("sub", "tenant").lower()
        yield Charge(f"subscription-{kind}", f"{sub}|{who}", capacity, rate)
        yield Charge(f"subscription-{kind}-all", sub, capacity * EVERYBODY, rate * EVERYBODY)
        policy = call.route.throttle
        if policy in COMPUTE_LIMITS:
            each, together = COMPUTE_LIMITS[policy]
            if each is not None:
                yield Charge(policy, subject(call), *each)
            yield Charge(f"{policy}/subscription", f"{sub}|{region_of(call)}", *together)
        elif policy in NETWORK_LIMITS:
            yield Charge(policy, f"{sub}|{region_of(call)}", *NETWORK_LIMITS[policy])

    def throttled(self, call: Call, refusal: Refusal) -> Problem:
        """Speak as the layer whose bucket is empty: ARM, Compute or Network."""
        charge, wait_s = refusal.charge, refusal.retry_after_s
        headers = {"Retry-After": str(wait_s)}
        if charge.policy.startswith("subscription-"):
            kind = charge.policy.split("-")[1].rstrip("s")
            message = (
                f"Number of '{kind}' requests for subscription '{call.params.get('sub', '')}' actor "
                f"'{call.principal.object_id}' exceeded. Please try again after '{wait_s}' seconds "
                "after additional tokens are available."
            )
            return Problem(429, "SubscriptionRequestsThrottled", message, headers=headers)
        if charge.policy in NETWORK_LIMITS:
            message = "The number of requests exceeded the limit of Microsoft.Network."
            return Problem(429, "TooManyRequests", message, headers=headers)
        return _compute_refusal(call, refusal, headers)

    def headers(self, call: Call, charges: list[Charge], answer: Answer) -> dict[str, str]:
        """Give request ids, the ETag of what is shown and what is left in the buckets."""
        notes: Json = call.notes
        headers = {**_ids(call), "Cache-Control": "no-cache"}
        if isinstance(answer.body, dict) and "etag" in answer.body:
            headers["ETag"] = answer.body["etag"]
        remaining = notes.get("remaining")
        if charges and remaining is not None:
            kind = charges[0].policy
            headers[f"x-ms-ratelimit-remaining-{kind}"] = str(remaining(charges[0]))
            own = [c for c in charges[2:] if "/" in c.policy]
            if own:
                name = own[-1].policy.partition("/")[0]
                left = min(map(remaining, charges[2:] if notes.get("throttled") else own))
                headers["x-ms-ratelimit-remaining-resource"] = f"Microsoft.Compute/{name};{left}"
        return headers

    def facts(self, call: Call) -> Json:
        """Add region and size, from the body or from the machine it is about."""
        facts: Json = {"name": call.path.rsplit("/", 1)[-1], "region": region_of(call), "size": ""}
        machine = machine_id(call)
        found = call.world.resources.get(machine) if machine else None
        if found is not None:
            facts["name"] = found.name
            facts["size"] = found.properties.get("hardwareProfile", {}).get("vmSize", "")
        elif isinstance(call.body, dict) and isinstance(call.body.get("properties"), dict):
            hardware = call.body["properties"].get("hardwareProfile")
            facts["size"] = hardware.get("vmSize", "") if isinstance(hardware, dict) else ""
        return facts


def _read_body(call: Call, kind: Kind) -> None:
    """Bring the body into its documented form, or refuse it as its provider would."""
    shape = shape_of(call.method, kind.type, kind.action)
    if shape is None:
        return
    found = call.world.resources.get(call.path)
    before = [found.body, *(body for _, body in reversed(found.past))] if found else []
    call.body = Reading(kind.provider, call.method != "PATCH", before).conform(call.body, shape)


def machine_id(call: Call) -> str:
    """Give the id of the virtual machine a request is about; empty if it is about none."""
    if "vm" not in call.params:
        return ""
    head, marker, _ = call.path.lower().partition("/virtualmachines/")
    return f"{head}{marker}{call.params['vm'].lower()}"


def subject(call: Call) -> str:
    """Give whose per-resource bucket a request charges: its machine's, else its path's."""
    return machine_id(call) or call.path.lower()


def region_of(call: Call) -> str:
    """Give the region a request goes to: from its path, its resource, or its body."""
    if "location" in call.params:
        return call.params["location"].lower()
    found = call.world.resources.get(machine_id(call) or call.path)
    if found is not None:
        return normal(str(found.body.get("location", "")))
    location = call.body.get("location", "") if isinstance(call.body, dict) else ""
    return normal(str(location))


def normal(location: str) -> str:
    """Write `West Europe` as `westeurope`."""
    return location.replace(" ", "").lower()


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


def _ids(call: Call) -> dict[str, str]:
    """Name a request as its caller did, so that it is found in `_sim/requests`; else by its path and moment."""
    name = call.headers.get("x-ms-client-request-id") or call.world.guid("request", call.path, call.now_us)
    at = iso(call.now_us)[:19].replace("-", "").replace(":", "")
    return {
        "x-ms-request-id": name,
        "x-ms-correlation-request-id": name,
        "x-ms-routing-request-id": f"{(region_of(call) or 'global').upper()}:{at}Z:{name}",
    }


def _compute_refusal(call: Call, refusal: Refusal, headers: dict[str, str]) -> Problem:
    charge, begun_us = refusal.charge, call.now_us - WINDOW_US
    group, ends_us = charge.policy.partition("/")[0], call.now_us + refusal.retry_after_s * SECOND
    detail = (
        f'{{"operationGroup":"{group}","startTime":"{iso(begun_us)}","endTime":"{iso(ends_us)}",'
        f'"allowedRequestCount":{int(charge.capacity)},"measuredRequestCount":{refusal.measured}}}'
    )
    return Problem(
        429,
        "OperationNotAllowed",
        "The server rejected the request because too many requests have been received for this subscription.",
        headers=headers,
        details=[{"code": "TooManyRequests", "target": group, "message": detail}],
    )
