"""Validation of tokens: issuer, expiry and audience."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt

from azure_simulator.core.times import system_now_us

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure_simulator.core.answers import Json
    from azure_simulator.core.planes import Plane

    ReadToken = Callable[[str], Json]

_REMEMBERED = 4096


class RefusedTokenError(Exception):
    """A token that is `missing`, `expired`, `invalid`, or for another `audience`."""


class Authenticator:
    """Check bearer tokens; a signature is checked once, the expiry (real time) always."""

    def __init__(self, read_token: ReadToken) -> None:
        self._read = read_token
        self._known: dict[str, Json] = {}

    def claims(self, header: str, plane: Plane) -> Json:
        """Return the claims of an Authorization header; raise `RefusedTokenError`."""
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise RefusedTokenError("missing")
        claims = self._known.get(token) or self._checked(token)
        if claims["exp"] * 1_000_000 < system_now_us():
            raise RefusedTokenError("expired")
        if str(claims["aud"]).rstrip("/") not in plane.audiences:
            raise RefusedTokenError("audience")
        return claims

    def _checked(self, token: str) -> Json:
        try:
            claims = self._read(token)
        except jwt.ExpiredSignatureError as problem:
            raise RefusedTokenError("expired") from problem
        except jwt.InvalidTokenError as problem:
            raise RefusedTokenError("invalid") from problem
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[token] = claims
        return claims
