"""Secrets at rest: one-way hashes for those that are only compared, a cipher for those that are given back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet

SECRET_KEYS = frozenset(
    {
        "adminpassword",
        "protectedsettings",
        "protectedparameters",
        "client_secret",
        "password",
        "runaspassword",
        "registrationinfotoken",
        "registrationtoken",
    }
)
_HASHED = "hashed:"


@dataclass(frozen=True, slots=True)
class SecretProtector:
    """A keyed hash and a cipher. The key is random, kept in the journal's key file, never in an answer."""

    key: bytes

    @classmethod
    def fresh(cls) -> SecretProtector:
        """Make one with a key of its own."""
        return cls(secrets.token_bytes(32))

    def hash(self, value: str) -> str:
        """Return the hash of a secret; a hash is its own hash."""
        if value.startswith(_HASHED):
            return value
        return _HASHED + hmac.new(self.key, value.encode(), hashlib.sha256).hexdigest()

    def matches(self, hashed: str, value: str) -> bool:
        """Return whether a hash (or a clear value) belongs to a secret."""
        return hmac.compare_digest(self.hash(hashed), self.hash(value))

    def redact(self, body: object) -> Any:  # noqa: ANN401 - JSON in, JSON out
        """Copy JSON with every secret hashed: all of a subtree below a secret key."""
        if isinstance(body, dict):
            return {
                key: self._hash_all(value) if key.lower() in SECRET_KEYS else self.redact(value)
                for key, value in body.items()
            }
        if isinstance(body, list):
            return [self.redact(item) for item in body]
        return body

    def _hash_all(self, value: object) -> object:
        match value:
            case str():
                return self.hash(value)
            case dict():
                return {k: v if k == "name" else self._hash_all(v) for k, v in value.items()}
            case list():
                return [self._hash_all(item) for item in value]
            case _:
                return value

    def cipher(self, purpose: str = "journal") -> Fernet:
        """Return the cipher of a purpose: journal entries that are read later, or values that callers carry for us."""
        return Fernet(base64.urlsafe_b64encode(hashlib.sha256(purpose.encode() + self.key).digest()))
