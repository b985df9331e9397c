"""Graph as a service: authentication, authorisation, error bodies, and the costs of requests.

Limits: learn.microsoft.com/graph/throttling-limits (docs/notes.md 2). The identity service counts resource units per
app and tenant, with a budget by the tenant's size; Intune counts requests.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.planes import Plane
from azure_simulator.core.throttling import Charge
from azure_simulator.core.times import iso_z
from azure_simulator.graph.directory.records import directory_of
from azure_simulator.graph.protocol import bodies, operations, paths, queries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.core.calls import Call
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.requests import Request
    from azure_simulator.core.throttling import Refusal
    from azure_simulator.core.world import World

_SMALL, _MEDIUM = 50, 500
_WARN = 0.8
_NO_OBJECT = "InvalidRequestContent"
"""Error code for a body that is no object, in the words of Resource Manager."""
_REASONS = {
    "missing": "Access token is empty.",
    "expired": "Lifetime validation failed, the token is expired.",
    "audience": "Access token validation failure. Invalid audience.",
    "invalid": "Signing key is invalid.",
}


class GraphPlane(Plane):
    """Microsoft Graph."""

    name = "graph"
    prefixes = frozenset({"v1.0", "beta"})
    audiences = frozenset({"https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000"})

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def render(self, problem: Problem) -> Answer:
        """Write Graph's error body."""
        if problem.code == _NO_OBJECT:
            problem = self.unreadable(ValueError())
        inner = {"date": iso_z(self._cloud.world.now_us).rstrip("Z")}
        error = {"code": problem.code, "message": problem.message, "innerError": inner}
        return Answer({"error": error}, problem.status, dict(problem.headers))

    def identify(self, request: Request, answer: Answer) -> Answer:
        """Name the request in the headers of every answer, and in the body of an error."""
        own = self._cloud.world.guid("graph", request.path, self._cloud.world.now_us)
        ids = {"request-id": own, "client-request-id": request.headers.get("client-request-id", own)}
        body = answer.body
        if isinstance(body, dict) and "innerError" in body.get("error", {}):
            error = body["error"]
            body = {"error": {**error, "innerError": {**error["innerError"], **ids}}}
        return replace(answer, body=body, headers={**answer.headers, **ids})

    def unknown(self, request: Request, *, path_known: bool) -> Problem:
        """Refuse a path of Graph's metadata as not supported, and another one as Graph does, with a 400.

        The metadata is that of v1.0: what only beta may have is not supported either.
        """
        version, _, path = request.path.strip("/").partition("/")
        try:
            methods = paths.methods_of(path)
        except paths.UnknownSegmentError as problem:
            if path_known:
                return _not_allowed()
            if version == "beta":
                return bodies.not_supported(f"'{request.path}', which v1.0 does not have,")
            return Problem(400, "BadRequest", f"Resource not found for the segment '{problem.segment}'.")
        if request.method in methods:
            return bodies.not_supported(f"'{request.method} {request.path}'")
        return _not_allowed()

    def check(self, call: Call) -> None:
        """Refuse requests that are not simulated on any route: functions in the place of a key, and `$expand`.

        Options that Graph does not know are refused, too.
        """
        _refuse_functions(call)
        if call.method == "GET" and ".delta" not in call.route.name:
            queries.check_names(call)
            queries.refuse_expand(call)

    def check_media(self, media: str) -> None:
        """Accept JSON only."""
        if media not in {"", "application/json"}:
            raise Problem(400, "BadRequest", "Entity only allows writes with a JSON Content-Type header.")

    def unreadable(self, problem: ValueError) -> Problem:
        """Refuse a body that is not JSON."""
        del problem
        text = "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid "
        return Problem(400, "BadRequest", f"{text}JSON format.")

    def unauthenticated(self, request: Request, reason: str, world: World) -> Problem:
        """Ask for a token."""
        del request, world
        return Problem(
            401,
            "InvalidAuthenticationToken",
            _REASONS[reason],
            headers={"WWW-Authenticate": 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/"'},
        )

    def forbidden(self, call: Call) -> Problem:
        """Refuse an app without the role; Intune names the roles that are enough."""
        if units_of(call) == 0:
            text = (
                "Application is not authorized to perform this operation. Application must have one of the following "
                f"scopes: {', '.join(call.route.action.split())}"
            )
            return Problem(403, "Forbidden", text)
        return Problem(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")

    def charges(self, call: Call) -> Iterator[Charge]:
        """Charge the app everywhere, then the service behind the path; of a batch each request for itself."""
        if call.route.template.endswith("/$batch"):
            return
        app = call.principal.client_id or call.principal.object_id
        tenant = operations.tenant_of(call)
        yield Charge("GraphApp", app, 130_000, 13_000)
        write = call.route.mutates
        if units_of(call) == 0:
            yield Charge("IntuneApp", f"{app}/{tenant}", 2_000, 100)
            yield Charge("IntuneTenant", tenant, 4_000, 200)
            if write:
                yield Charge("IntuneAppWrites", f"{app}/{tenant}", 200, 10)
                yield Charge("IntuneTenantWrites", tenant, 400, 20)
            return
        if write:
            yield Charge("DirectoryAppWrites", f"{app}/{tenant}", 3_000, 20)
            yield Charge("DirectoryTenantWrites", tenant, 18_000, 60)
        budget = self._budget(tenant)
        yield Charge("DirectoryUnits", f"{app}/{tenant}", budget, budget / 10, cost_of(call))

    def _budget(self, tenant: str) -> int:
        users = directory_of(self._cloud.world).count("user", tenant)
        return 3_500 if users < _SMALL else 5_000 if users <= _MEDIUM else 8_000

    def throttled(self, call: Call, refusal: Refusal) -> Problem:
        """Return the 429; Intune often omits Retry-After (docs/notes.md 2)."""
        silent = refusal.charge.policy.startswith("Intune") and self._silent(call)
        headers = {} if silent else {"Retry-After": self._pause(call, refusal)}
        if refusal.charge.policy == "DirectoryUnits":
            headers |= {"x-ms-throttle-information": "ResourceUnitLimitExceeded", "x-ms-throttle-scope": _scope(call)}
        return Problem(
            429,
            "TooManyRequests" if silent else "activityLimitReached",
            "Too many requests. Please wait and try again.",
            headers=headers,
        )

    def _pause(self, call: Call, refusal: Refusal) -> str:
        """Write Retry-After: whole seconds, or fractions with `config.graph.fractionalRetryAfter`."""
        if not self._cloud.world.config.get("graph", {}).get("fractionalRetryAfter"):
            return str(refusal.retry_after_s)
        return f"{refusal.retry_after_s + call.world.rng('retry', call.path, call.now_us).random():.3f}"

    def _silent(self, call: Call) -> bool:
        share = self._cloud.world.config.get("graph", {}).get("silentThrottleShare", 0.5)
        return bool(call.world.rng("intune 429", call.path, call.now_us).random() < float(share))

    def headers(self, call: Call, charges: list[Charge], answer: Answer) -> dict[str, str]:
        """Return the cost, and how full the bucket is when it is nearly full."""
        del answer
        sent: dict[str, str] = {}
        for charge in charges:
            if charge.policy != "DirectoryUnits":
                continue
            sent["x-ms-resource-unit"] = str(int(charge.cost))
            used = 1 - self._cloud.throttle.remaining(charge) / charge.capacity
            if used >= _WARN:
                sent["x-ms-throttle-limit-percentage"] = f"{used:.1f}"
                sent["x-ms-throttle-scope"] = _scope(call)
        return sent


def _refuse_functions(call: Call) -> None:
    path = call.path.strip("/").partition("/")[2]
    names = [each for each in call.params.values() if each[:1] == "$" or each[:1].isalpha()]
    if "cast" in call.params or not names:
        return
    names = [each for each in names if each in path.split("/")]  # none of users('{id}'), which may be any text
    for name in names:
        if not paths.is_key(path, name):
            raise bodies.not_supported(f"'{call.method} {call.path}'")


def _not_allowed() -> Problem:
    return Problem(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")


def _scope(call: Call) -> str:
    app = call.principal.client_id or call.principal.object_id
    return f"Tenant_Application/ReadWrite/{app}/{operations.tenant_of(call)}"


def units_of(call: Call) -> int:
    """Return the resource units of the route itself; 0 for Intune."""
    return int(call.route.throttle.partition("/")[2] or 1)


def cost_of(call: Call) -> int:
    """Return the cost of a request: `$select` and small pages cost less, `$expand` more."""
    small = call.query.get("$top", "").isdigit() and int(call.query["$top"]) < 20  # noqa: PLR2004 - the rule's
    changes = ("$expand" in call.query) - ("$select" in call.query) - small
    return max(1, units_of(call) + changes)
