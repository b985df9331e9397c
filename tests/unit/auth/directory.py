"""A directory that signs tokens, and publishes its keys as often as it is asked."""

import asyncio
import base64
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.clients.issuers import SigningKeys
from shared.errors import UnavailableError
from triggers.http.authentication import TokenValidation

AUTHORITY = "https://login.example"
AUDIENCE = "api://deskwright"
TENANT = "aaaaaaaa-0000-4000-8000-000000000001"
PROVIDER = "bbbbbbbb-0000-4000-8000-000000000002"


def _number(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


@dataclass
class Directory:
    """Its clock stands still until a test moves it."""

    keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    seconds: float = 0.0
    down: bool = False
    slow: bool = False
    answers: asyncio.Event | None = None
    """Until it is set nothing is answered."""
    junk: list[Any] = field(default_factory=list)
    """Invalid entries published among its keys."""

    def rotate(self, key_id: str) -> None:
        self.keys[key_id] = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    async def fetch(self, url: str) -> dict[str, Any]:
        self.asked.append(url)
        if self.answers is not None:
            await self.answers.wait()
        if self.slow:
            await asyncio.sleep(0.01)
        if self.down:
            raise UnavailableError("the issuer's keys could not be read")
        return {"keys": [*self.junk, *(_published(key_id, key) for key_id, key in self.keys.items())]}

    def validation(self, *, client_principal: bool = False) -> TokenValidation:
        keys = SigningKeys(AUTHORITY, fetch=self.fetch, monotonic=lambda: self.seconds)
        return TokenValidation(AUTHORITY, AUDIENCE, keys, trust_client_principal=client_principal)

    def token(self, key_id: str, *, signed_with: str = "", algorithm: str = "RS256", **changed: Any) -> str:
        """Return a token; *changed* replaces claims, None leaves one out."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": f"{AUTHORITY}/{changed.get('tid', TENANT)}/v2.0",
            "aud": AUDIENCE,
            "tid": TENANT,
            "oid": "ada",
            "sub": "ada",
            "name": "Ada",
            "idtyp": "user",
            "roles": ["CloudPC.Reader"],
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
        } | changed
        claims = {name: value for name, value in claims.items() if value is not None}
        key: Any = self.keys[signed_with or key_id] if algorithm == "RS256" else "secret" * 8
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": key_id})


def _published(key_id: str, key: rsa.RSAPrivateKey) -> dict[str, str]:
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "use": "sig", "kid": key_id, "n": _number(numbers.n), "e": _number(numbers.e)}
