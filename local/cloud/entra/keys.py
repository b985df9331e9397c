"""The signing keys of the simulated issuer, and the tokens made with them.

One RSA pair is published under `/{tenant}/discovery/v2.0/keys`; a second one is not, and signs the
tokens that a relying party must refuse. Both live in one file (mode 0600) beside the journal, so
that a token handed out before a restart is still good after it. Token times are real time:
azure-identity and every JWT library compare them with the machine's clock.
"""

from __future__ import annotations

import base64
import hashlib
import os
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jwt.types import Options

ALGORITHM = "RS256"
_PEM_END = b"-----END PRIVATE KEY-----\n"


class Keys:
    """Sign and check tokens; `path` None keeps the keys in memory only."""

    def __init__(self, path: Path | None = None) -> None:
        pair = _load(path) if path is not None and path.exists() else (_make(), _make())
        if path is not None and not path.exists():
            _save(path, pair)
        self._private, self._stranger = pair
        self.kid = _thumbprint(self._private)

    def sign(self, claims: Mapping[str, Any], *, by_stranger: bool = False) -> str:
        """Return the claims as a compact RS256 JWT.

        `by_stranger` signs with the unpublished key but claims the published key id: only a
        relying party that checks the signature notices.
        """
        key = self._stranger if by_stranger else self._private
        return jwt.encode(dict(claims), key, ALGORITHM, headers={"kid": self.kid})

    def read(self, token: str, *, audience: str | list[str] | None = None) -> dict[str, Any]:
        """Return the claims of a token of ours.

        Raises:
            jwt.InvalidTokenError: not signed by us, expired, or for another audience.
        """
        checks: Options = {"verify_aud": audience is not None}
        return jwt.decode(token, self._private.public_key(), [ALGORITHM], audience=audience, options=checks)

    def published(self) -> dict[str, Any]:
        """Return the JSON Web Key Set of `/discovery/v2.0/keys`."""
        numbers = self._private.public_key().public_numbers()
        key = {"kty": "RSA", "use": "sig", "kid": self.kid, "x5t": self.kid, "alg": ALGORITHM}
        return {"keys": [{**key, "n": _base64(numbers.n), "e": _base64(numbers.e)}]}


def _make() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _save(path: Path, pair: tuple[rsa.RSAPrivateKey, rsa.RSAPrivateKey]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for key in pair:
            file.write(
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
    fresh.replace(path)


def _load(path: Path) -> tuple[rsa.RSAPrivateKey, rsa.RSAPrivateKey]:
    first, second, _ = path.read_bytes().split(_PEM_END)
    keys = [serialization.load_pem_private_key(each + _PEM_END, None) for each in (first, second)]
    if not all(isinstance(each, rsa.RSAPrivateKey) for each in keys):
        raise ValueError(f"{path} does not hold two RSA keys")
    return keys[0], keys[1]  # type: ignore[return-value]


def _base64(number: int) -> str:
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _thumbprint(key: rsa.RSAPrivateKey) -> str:
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.urlsafe_b64encode(hashlib.sha1(public).digest()).rstrip(b"=").decode()  # noqa: S324 - a name, as x5t is
