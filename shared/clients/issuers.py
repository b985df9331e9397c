"""The keys with which a directory signs its tokens, as it publishes them."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.errors import UnavailableError

if TYPE_CHECKING:  # loaded when first used: cold start
    import jwt
    from cachetools import LRUCache

_MOST_BYTES = 1 << 20
_TIMEOUT_S = 10
_FRESH_S = 24 * 3600.0
"""Keys older than this are read again before they are used."""

_LONGEST_S = 3 * 24 * 3600.0
"""Time in seconds for which older keys are valid if none can be read: an outage of the issuer is not ours (decision
41).
"""

_MOST_FAILURES = 10  # counted: the rest is a minute long before that
_MOST = 10_000
"""Greatest number of directories whose keys are kept."""

_REST_S = 60.0
"""We ask no more often than this: anybody can send an unknown key id."""

_FIRST_REST_S = 1.0
"""After a failure we ask again so soon, and after each further one when twice that has passed, until it is a minute: an
issuer that is back must not stay away for us."""

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
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > _MOST_BYTES:
                    message = "the issuer's keys are too large"
                    raise UnavailableError(message)
    except (aiohttp.ClientError, TimeoutError) as error:
        message = "the issuer's keys could not be read"
        raise UnavailableError(message) from error
    return _key_set(bytes(body))


def _key_set(body: bytes) -> dict[str, Any]:
    import json

    try:
        keys = json.loads(body)
    except (ValueError, RecursionError) as error:
        message = "the issuer's keys are not JSON"
        raise UnavailableError(message) from error
    if not isinstance(keys, dict):
        message = "the issuer's keys are not a key set"
        raise UnavailableError(message)
    return keys


@dataclass(slots=True)
class _Published:
    """Known keys of a directory."""

    keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    read_at: float = -math.inf
    asked_at: float = -math.inf
    asking: asyncio.Task[None] | None = None
    failure: UnavailableError | None = None
    failures: int = 0


class SigningKeys:
    """The published keys of every directory that has called, by directory and key id."""

    def __init__(
        self, authority_url: str, *, fetch: Fetch = fetch_keys, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        from cachetools import LRUCache

        self._authority_url, self._fetch, self._monotonic = authority_url, fetch, monotonic
        self._directories: LRUCache[str, _Published] = LRUCache(_MOST)

    async def key(self, directory_id: str, key_id: str) -> jwt.PyJWK | None:
        """Return a directory's key, or None if the directory has not published a key with this id.

        Raises: UnavailableError if that is not known, because its keys could not be read.
        """
        published = self._directories.setdefault(directory_id, _Published())
        found = published.keys.get(key_id)
        if found is None or self._age(published) >= _FRESH_S:
            asking = self._refresh(directory_id, published)
            # During an outage nobody waits again and again for what the last keys can say.
            wait = found is None or published.failure is None or self._age(published) >= _LONGEST_S
            if asking is not None and wait:
                await asyncio.shield(asking)  # whoever gives up does not end it for the others
            found = published.keys.get(key_id) if self._age(published) < _LONGEST_S else None
        if found is None and published.failure is not None:
            raise UnavailableError(str(published.failure))
        return found

    def _age(self, published: _Published) -> float:
        return self._monotonic() - published.read_at

    def _refresh(self, directory_id: str, published: _Published) -> asyncio.Task[None] | None:
        """Begin to read a directory's keys, once for all waiting callers; return None shortly after an earlier read."""
        rest = min(_FIRST_REST_S * 2 ** (published.failures - 1), _REST_S) if published.failures else _REST_S
        if published.asking is None and self._monotonic() - published.asked_at >= rest:
            published.asking = asyncio.create_task(self._ask(directory_id, published))
        return published.asking

    async def _ask(self, directory_id: str, published: _Published) -> None:
        try:
            answer = await self._fetch(f"{self._authority_url}/{directory_id}/discovery/v2.0/keys")
            published.keys, published.failure = _keys(answer), None
            published.read_at, published.failures = self._monotonic(), 0
        except UnavailableError as error:
            published.failure = error
            published.failures = min(published.failures + 1, _MOST_FAILURES)
        finally:
            published.asked_at, published.asking = self._monotonic(), None


def _keys(answer: dict[str, Any]) -> dict[str, jwt.PyJWK]:
    import jwt

    listed = answer.get("keys")
    found: dict[str, jwt.PyJWK] = {}
    for each in listed if isinstance(listed, list) else ():
        if not isinstance(each, dict) or each.get("kty") != "RSA" or each.get("use", "sig") != "sig":
            continue
        with suppress(jwt.PyJWTError, ValueError, TypeError, KeyError):  # one that is none leaves the others
            found[str(each["kid"])] = jwt.PyJWK(each, "RS256")
    if not found:
        message = "the issuer publishes no keys"
        raise UnavailableError(message)
    return found
