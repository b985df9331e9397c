"""The claims of the simulated issuer's tokens.

The version of an access token is the API's choice: Microsoft's own have version 1, an application has what its
`api.requestedAccessTokenVersion` says (1 where it says nothing). Version 1 has `iss` https://sts.windows.net/{tenant}/,
`appid`, and as `aud` the name under which the API was asked for; version 2 has `iss` {cloud}/{tenant}/v2.0, `azp`, and
as `aud` the API's client id.
Sources: learn.microsoft.com/entra/identity-platform/{access-token-claims-reference,access-tokens}.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from azure_simulator.core.times import SECOND, system_now_us

LIFETIME_S = 3599
MANAGED_IDENTITY_LIFETIME_S = 86_400
"""Managed-identity tokens live for 24 hours (Entra documentation: cached by the platform)."""

_FIRST_PARTY = re.compile(
    r"https://(management\.azure\.com|management\.core\.windows\.net|graph\.microsoft\.com"
    r"|communication\.azure\.com|metrics\.monitor\.azure\.com"
    r"|vault\.azure\.net|storage\.azure\.com|[a-z0-9]+\.(queue|table|blob)\.core\.windows\.net"
    r"|0\.0\.1:\d+|localhost:\d+|([\w-]+\.)*vault\.(localhost|azure\.net)(:\d+)?)/?"
)


@dataclass(frozen=True)
class Audience:
    """Audience of a token: its `aud`, and the version that this API wants."""

    name: str
    version: int


@dataclass(frozen=True)
class Principal:
    """The subject of a token: an application, its managed identity, or a user."""

    tenant_id: str
    client_id: str
    object_id: str
    name: str = ""
    roles: tuple[str, ...] = ()
    user: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


def now_s() -> int:
    """Return the real time in seconds since the epoch, which tokens use."""
    return system_now_us() // SECOND


def is_first_party(resource: str) -> bool:
    """Return whether a resource is one of Microsoft's, which every tenant knows."""
    return _FIRST_PARTY.fullmatch(resource) is not None


def resource_of(scope: str) -> str:
    """Return the resource of a `<resource>/.default` scope.

    A resource that ends in a slash keeps it: `https://x//.default` names `https://x/`.

    Raises:
        ValueError: client credentials know no other scope (AADSTS1002012).
    """
    scopes = [each for each in scope.split() if each not in {"openid", "profile", "offline_access"}]
    if len(scopes) != 1 or not scopes[0].endswith("/.default"):
        raise ValueError(scope)
    return scopes[0].removesuffix("/.default")


def claims(
    principal: Principal,
    audience: Audience,
    *,
    issuer_base: str,
    now_s: int,
    lifetime_s: int = LIFETIME_S,
) -> dict[str, Any]:
    """Return the claims of an access token; `now_s` is real time, seconds since the epoch."""
    first = audience.version == 1
    tenant = principal.tenant_id
    issuer = f"https://sts.windows.net/{tenant}/" if first else f"{issuer_base}/{tenant}/v2.0"
    client = {"appid": principal.client_id, "appidacr": "2"} if first else {}
    # docs/notes.md 3.2: version 2 tokens name the client as azp; appid is added so that logs agree
    client |= {} if first else {"azp": principal.client_id, "appid": principal.client_id}
    return {
        "aud": audience.name,
        "iss": issuer,
        "iat": now_s,
        "nbf": now_s,
        "exp": now_s + lifetime_s,
        "tid": tenant,
        "oid": principal.object_id,
        "sub": principal.object_id,
        **client,
        "idtyp": "user" if principal.user else "app",
        "name": principal.name,
        "roles": list(principal.roles),
        "uti": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{principal.object_id}{audience.name}{now_s}")),
        "ver": "1.0" if first else "2.0",
        **principal.extra,
    }
