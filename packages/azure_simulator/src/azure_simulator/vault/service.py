"""Key Vault as a service: its challenge, its errors, its limit.

The challenge names the resource in a form that a client with verification on accepts: the vault's
host must end in it. On 127.0.0.1 that is `https://0.0.1:{port}` (docs/notes.md 3.5).
`config.vault`: `denied` (permissions taken from every caller, such as `["get"]`), `rbac` (roles instead of
access policies), `refuseOutsideDates` (see `secrets`).
Source: learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses; the texts of
the 403s are Key Vault's own, as its callers quote them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from azure_simulator.core.answers import Answer, Problem
from azure_simulator.core.planes import Plane
from azure_simulator.core.throttling import Charge
from azure_simulator.graph.directory.records import directory_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure_simulator.core.calls import Call
    from azure_simulator.core.requests import Request
    from azure_simulator.core.throttling import Refusal
    from azure_simulator.core.world import World

_VERSIONS = frozenset(
    {"7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2016-10-01", "2025-06-01-preview", "2025-07-01", "2026-04-01"}
)
"""API versions that azure-keyvault-secrets 4.0 to 4.12 send."""
_DATA_ACTIONS = {"get": "getSecret", "set": "setSecret", "list": "readMetadata"}
_AUDIENCE = re.compile(r"https://(0\.0\.1|localhost|vault\.localhost|vault\.azure\.net)(:\d+)?/?")


class _Audiences(frozenset[str]):
    """Every resource the challenge may have named."""

    __slots__ = ()

    def __contains__(self, audience: object) -> bool:
        return isinstance(audience, str) and _AUDIENCE.fullmatch(audience) is not None


class VaultPlane(Plane):
    """The data plane of one vault."""

    name = "vault"
    prefixes = frozenset({"secrets", "deletedsecrets"})
    audiences = _Audiences({"https://vault.azure.net"})

    def render(self, problem: Problem) -> Answer:
        """Write Key Vault's error body; `target` is the inner code."""
        error: dict[str, object] = {"code": problem.code, "message": problem.message}
        if problem.target:
            error["innererror"] = {"code": problem.target}
        return Answer({"error": error}, problem.status, dict(problem.headers))

    def unreadable(self, problem: ValueError) -> Problem:
        """Refuse a body that is not JSON."""
        del problem
        return Problem(400, "BadParameter", "The request body is not valid JSON.")

    def unauthenticated(self, request: Request, reason: str, world: World) -> Problem:
        """Challenge the client."""
        tenant = next((each["tenantId"] for each in directory_of(world).tenants()), "common")
        challenge = f'Bearer authorization="{request.base}/{tenant}", resource="{resource(request.base)}"'
        texts = {
            "missing": "AKV10000: Request is missing a Bearer or PoP token.",
            "expired": "Token validation failed: expired.",
        }
        text = texts.get(reason, f"AKV10022: Invalid token: {reason}.")
        return Problem(401, "Unauthorized", text, headers={"WWW-Authenticate": challenge})

    def forbidden(self, call: Call) -> Problem:
        """Refuse a principal without an access policy or a role assignment."""
        what = call.route.action.rpartition(".")[2]
        issuer = f"iss=https://sts.windows.net/{call.claims.get('tid', '')}/"
        who = f"appid={call.principal.client_id};oid={call.principal.object_id};{issuer}"
        if call.world.config.get("vault", {}).get("rbac"):
            action = f"Microsoft.KeyVault/vaults/secrets/{_DATA_ACTIONS.get(what, what)}/action"
            text = (
                "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or "
                "role definitions were changed recently, please observe propagation time.\r\n"
                f"Caller: {who}\r\nAction: '{action}'\r\nAssignment: (not found)\r\n"
                "DecisionReason: 'DeniedWithNoValidRBAC'"
            )
            return Problem(403, "Forbidden", text, target="ForbiddenByRbac")
        text = (
            f"The user, group or application '{who}' does not have secrets {what} permission on key vault "
            f"'{call.base}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287"
        )
        return Problem(403, "Forbidden", text, target="ForbiddenByPolicy")

    def check(self, call: Call) -> None:
        """Refuse an unknown api-version, and actions that `config.vault.denied` takes from every caller."""
        version = call.query.get("api-version", "")
        if version not in _VERSIONS:
            text = f"The specified version ({version}) is not recognized."
            raise Problem(400, "BadParameter", f"{text} Consider using the latest supported version (7.6).")
        if call.route.action.rpartition(".")[2] in call.world.config.get("vault", {}).get("denied", ()):
            raise self.forbidden(call)

    def charges(self, call: Call) -> Iterator[Charge]:
        """Charge the vault: 4,000 transactions per 10 seconds (docs/notes.md 1.9)."""
        yield Charge("KeyVault", call.base, 4_000, 400)

    def throttled(self, call: Call, refusal: Refusal) -> Problem:
        """Return the 429, which has no Retry-After."""
        del call, refusal
        return Problem(429, "Throttled", "Request was not processed because too many requests were received.")


def resource(base: str) -> str:
    """Return the resource to name in a challenge for a vault at an address."""
    scheme, _, host = base.partition("://")
    name, colon, port = host.partition(":")
    if name == "127.0.0.1":
        name = "0.0.1"
    elif name.endswith((".localhost", ".azure.net")):
        name = name.partition(".")[2]
    return f"{scheme}://{name}{colon}{port}"
