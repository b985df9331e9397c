"""The responses to requests with an Idempotency-Key, for a day."""

import hashlib
import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from shared.domain.values import Value
from shared.errors import BusyError, ConflictError, NotFoundError, StaleError
from shared.storage.purging import Chunk
from shared.storage.repository import Repository, Shape, Stored
from shared.storage.tables import Tables

KEPT = timedelta(hours=24)
_BUSY = "the first request with this Idempotency-Key is still being handled; send it again a little later"
_SOON = timedelta(seconds=5)
_WORKING = timedelta(minutes=2)  # a request without a response by then was interrupted


class KeptResponse(Value):
    """A response; *headers*: only the response's own (Location, ETag...)."""

    status: int
    headers: dict[str, str]
    body: Any = None


class _Claim(Value):
    scope: str
    key: str
    fingerprint: str
    claimed_at: datetime
    answer: KeptResponse | None = None


_SHAPE = Shape(table="idempotency", model=_Claim, place=lambda claim: (claim.scope, claim.key))


def fingerprint(*parts: Any) -> str:  # noqa: ANN401 - JSON
    """Return a hash that is equal for equal requests; *parts* are method, path and body."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Idempotency:
    """The responses; *scope* is the tenant and the caller, so that no two callers share keys."""

    def __init__(self, tables: Tables) -> None:
        self._rows = Repository(tables, _SHAPE)

    async def claim(self, scope: str, key: str, fingerprint: str, *, at: datetime) -> KeptResponse | None:
        """Claim *key* for a request; return the response it got before, None if the caller has to handle it now.

        Raises: ConflictError if the key was used for another request, or its request is still being handled.
        """
        mine = _Claim(scope=scope, key=key, fingerprint=fingerprint, claimed_at=at)
        try:
            await self._rows.insert(mine)
        except ConflictError:
            stored = await self._rows.find(scope, key)
        else:
            return None
        if stored is None or at - stored.value.claimed_at >= KEPT:
            await self._take_over(mine, stored)
            return None
        if stored.value.fingerprint != fingerprint:
            raise ConflictError("this Idempotency-Key was used for another request", key=key)
        if stored.value.answer is None and at - stored.value.claimed_at >= _WORKING:
            await self._take_over(mine, stored)
            return None
        if stored.value.answer is None:
            raise BusyError(_BUSY, after=_SOON, key=key)
        return stored.value.answer

    async def keep(self, scope: str, key: str, answer: KeptResponse) -> None:
        """Store the *answer* for a claimed key; does nothing if the key was released meanwhile."""
        with suppress(NotFoundError):
            await self._rows.change(scope, key, lambda claim: claim.but(answer=answer))

    async def release(self, scope: str, key: str) -> None:
        """Release a claimed key: the request changed nothing and may be sent again."""
        await self._rows.remove(scope, key)

    async def delete_before(self, moment: datetime, chunk: Chunk) -> int:
        """Delete the keys that were claimed before *moment*; return how many."""
        count = 0
        async for stored in self._rows.look_through(chunk):  # one that has just been claimed again stays
            count += await self._rows.remove_old([each for each in stored if each.value.claimed_at < moment])
        return count

    async def _take_over(self, mine: _Claim, stored: Stored[_Claim] | None) -> None:
        try:
            if stored is None:
                await self._rows.insert(mine)
            else:
                await self._rows.replace(mine, seen=stored.etag)
        except (ConflictError, StaleError, NotFoundError) as error:
            raise BusyError(_BUSY, after=_SOON, key=mine.key) from error
