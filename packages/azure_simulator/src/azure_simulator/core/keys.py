"""The signing keys of the simulated issuer, and the tokens made with them.

The newest published RSA pair (`/{tenant}/discovery/v2.0/keys`) signs; older ones stay published until they are
retired. One more is never published and signs the tokens that a relying party must refuse. All are stored in one file
(mode 0600) beside the journal, so that a token issued before a restart stays valid. Token times are real time:
azure-identity and JWT libraries compare them with the machine's clock.
"""

from __future__ import annotations

import base64
import hashlib
import os
from functools import cache
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
    """Signs and checks tokens; with `path` None the keys are in memory only."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        if path is not None and path.exists():
            *self._signers, self._unpublished = _load(path)
        else:
            self._signers, self._unpublished = [_make()], _make()
            self._save()

    @property
    def kid(self) -> str:
        """Name the key that signs."""
        return _thumbprint(self._signers[0])

    def roll(self) -> str:
        """Sign with a new key from now on, published beside the older ones; return its id."""
        self._signers = [_make(), *self._signers]
        self._save()
        return self.kid

    def retire(self) -> list[str]:
        """Publish only the key that signs; return the ids of the others, whose tokens become invalid."""
        retired = [_thumbprint(each) for each in self._signers[1:]]
        self._signers = self._signers[:1]
        self._save()
        return retired

    def _save(self) -> None:
        if self._path is not None:
            _save(self._path, [*self._signers, self._unpublished])

    def sign(self, claims: Mapping[str, Any], *, with_unpublished_key: bool = False) -> str:
        """Return the claims as a compact RS256 JWT.

        `with_unpublished_key` signs with the unpublished key but names the published key id: only a relying party
        that checks the signature notices.
        """
        key = self._unpublished if with_unpublished_key else self._signers[0]
        return jwt.encode(dict(claims), key, ALGORITHM, headers={"kid": self.kid})

    def read(self, token: str, *, audience: str | list[str] | None = None) -> dict[str, Any]:
        """Return the claims of a token of this issuer.

        Raises:
            jwt.InvalidTokenError: not signed by this issuer, expired, or for another audience.
        """
        checks: Options = {"verify_aud": audience is not None}
        kid = jwt.get_unverified_header(token).get("kid")
        key = next((each for each in self._signers if _thumbprint(each) == kid), None)
        if key is None:
            raise jwt.InvalidSignatureError(f"no published key is called {kid}")
        return jwt.decode(token, key.public_key(), [ALGORITHM], audience=audience, options=checks)

    def published(self) -> dict[str, Any]:
        """Return the JSON Web Key Set of `/discovery/v2.0/keys`, the newest first."""
        return {"keys": [_published(each) for each in self._signers]}


def _published(private: rsa.RSAPrivateKey) -> dict[str, Any]:
    numbers, kid = private.public_key().public_numbers(), _thumbprint(private)
    key = {"kty": "RSA", "use": "sig", "kid": kid, "x5t": kid, "alg": ALGORITHM}
    return {**key, "n": _base64(numbers.n), "e": _base64(numbers.e)}


def _make() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _save(path: Path, keys: list[rsa.RSAPrivateKey]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for key in keys:
            file.write(
                key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
    new.replace(path)


def _load(path: Path) -> list[rsa.RSAPrivateKey]:
    *parts, _ = path.read_bytes().split(_PEM_END)
    keys = [serialization.load_pem_private_key(each + _PEM_END, None) for each in parts]
    found = [each for each in keys if isinstance(each, rsa.RSAPrivateKey)]
    if len(found) < len(keys) or len(found) < 2:  # noqa: PLR2004 - one that signs and the unpublished one
        raise ValueError(f"{path} does not hold two RSA keys or more")
    return found


def _base64(number: int) -> str:
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@cache
def _thumbprint(key: rsa.RSAPrivateKey) -> str:
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.urlsafe_b64encode(hashlib.sha1(public).digest()).rstrip(b"=").decode()  # noqa: S324 - a name, as x5t is
