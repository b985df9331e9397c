"""The keys with which a directory signs its tokens, as it publishes them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from shared.errors import UnauthenticatedError, UnavailableError

if TYPE_CHECKING:  # loaded when first used: cold start
    import jwt
    from cachetools import TTLCache

_MOST_BYTES = 1 << 20
_TIMEOUT_S = 10
_LIFETIME_S = 24 * 3600.0
_MOST = 10_000
"""Directories whose keys are kept."""

_REST_S = 60.0
"""An unknown key id makes us ask again, but no more often than this: anybody can send one."""

Fetch = Callable[[str], Awaitable[dict[str, Any]]]


async def fetch_keys(url: str) -> dict[str, Any]:
    """Return the JSON Web Key Set at *url*. Raises: UnavailableError."""
    import aiohttp

    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S)) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            answer.raise_for_status()
            body = await answer.content.read(_MOST_BYTES)
    except (aiohttp.ClientError, TimeoutError) as error:
        message = "the issuer's keys could not be read"
        raise UnavailableError(message) from error
    return _key_set(body)


def _key_set(body: bytes) -> dict[str, Any]:
    import json

    try:
        keys = json.loads(body)
    except ValueError as error:
        message = "the issuer's keys are not JSON"
        raise UnavailableError(message) from error
    if not isinstance(keys, dict):
        message = "the issuer's keys are not a key set"
        raise UnavailableError(message)
    return keys


class SigningKeys:
    """The published keys of every directory that has called, by directory and key id."""

    def __init__(
        self, authority_url: str, *, fetch: Fetch = fetch_keys, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        from cachetools import TTLCache

        self._authority_url, self._fetch = authority_url, fetch
        self._keys: TTLCache[str, dict[str, jwt.PyJWK]] = TTLCache(_MOST, _LIFETIME_S, timer=monotonic)
        self._just_asked: TTLCache[str, bool] = TTLCache(_MOST, _REST_S, timer=monotonic)
        self._locks: dict[str, asyncio.Lock] = {}

    async def key(self, directory_id: str, key_id: str) -> jwt.PyJWK:
        """Return a directory's key. Raises: UnauthenticatedError if it has none of this id, UnavailableError."""
        found = self._known(directory_id, key_id)
        if found is None:
            async with self._locks.setdefault(directory_id, asyncio.Lock()):
                found = self._known(directory_id, key_id)
                if found is None and directory_id not in self._just_asked:
                    await self._ask(directory_id)
                    found = self._known(directory_id, key_id)
        if found is None:
            message = "the token is signed with a key that its issuer has not published"
            raise UnauthenticatedError(message)
        return found

    def _known(self, directory_id: str, key_id: str) -> jwt.PyJWK | None:
        keys = self._keys.get(directory_id)
        return keys.get(key_id) if keys is not None else None

    async def _ask(self, directory_id: str) -> None:
        import jwt

        published = await self._fetch(f"{self._authority_url}/{directory_id}/discovery/v2.0/keys")
        self._keys[directory_id] = {
            str(each["kid"]): jwt.PyJWK(each, "RS256")
            for each in published.get("keys", ())
            if isinstance(each, dict) and each.get("kty") == "RSA" and each.get("use", "sig") == "sig" and "kid" in each
        }
        self._just_asked[directory_id] = True
