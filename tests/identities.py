"""A managed identity for tests that have Azurite but no simulated cloud."""

import time
from dataclasses import dataclass, field
from typing import Any, Self

import jwt
from azure.core.credentials import AccessToken
from cryptography.hazmat.primitives.asymmetric import rsa

TENANT = "5d0f6a0e-93f4-4f0a-9a53-1f1fd5d4c0de"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Identity:
    """An async credential that mints its tokens itself, as the simulated cloud does.

    ``changed`` replaces claims; None leaves one out.
    """

    changed: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.asked.extend(scopes)
        now = int(time.time())
        claims = {
            "iss": f"https://sts.windows.net/{TENANT}/",
            "aud": scopes[0].removesuffix("/.default"),
            "iat": now,
            "nbf": now - 300,
            "exp": now + 3600,
            "tid": TENANT,
        } | self.changed
        claims = {name: value for name, value in claims.items() if value is not None}
        return AccessToken(jwt.encode(claims, KEY, algorithm="RS256"), now + 3600)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass
