"""What was answered to which Idempotency-Key, for a day."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from shared.domain.values import Value
from shared.errors import ConflictError, NotFoundError, StaleError
from shared.storage.repository import Repository, Shape, Stored
from shared.storage.tables import Tables

KEPT = timedelta(hours=24)
_WORKING = timedelta(minutes=2)  # a request that has not answered by then has died


class Answer(Value):
    """What was answered: *headers* only those that belong to the answer (Location, ETag...)."""

    status: int
    headers: dict[str, str]
    body: Any = None


class _Claim(Value):
    scope: str
    key: str
    fingerprint: str
    claimed_at: datetime
    answer: Answer | None = None


_SHAPE = Shape(table="idempotency", model=_Claim, place=lambda claim: (claim.scope, claim.key))


def fingerprint(*parts: Any) -> str:  # noqa: ANN401 - JSON
    """Return what two requests have in common when they are the same: method, path, body."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Idempotency:
    """The answers; *scope* is the tenant and the caller, so that nobody meets another's keys."""

    def __init__(self, tables: Tables) -> None:
        self._rows = Repository(tables, _SHAPE)

    async def claim(self, scope: str, key: str, fingerprint: str, *, at: datetime) -> Answer | None:
        """Take *key* for a request; return the answer it got before, None if it is for the caller to give now.

        Raises: ConflictError if the key was used for another request, or if that request is still being worked on.
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
            raise ConflictError("the first request with this Idempotency-Key is still being worked on", key=key)
        return stored.value.answer

    async def keep(self, scope: str, key: str, answer: Answer) -> None:
        """Keep the *answer* that a claimed key got; one that somebody else took over and gave back is forgotten."""
        with suppress(NotFoundError):
            await self._rows.change(scope, key, lambda claim: claim.but(answer=answer))

    async def release(self, scope: str, key: str) -> None:
        """Give a claimed key back: the request changed nothing and may be sent again."""
        await self._rows.remove(scope, key)

    async def delete_before(self, moment: datetime) -> int:
        """Remove the keys that were claimed *before*; return how many."""
        old = [stored async for stored in self._rows.of_all() if stored.value.claimed_at < moment]
        for stored in old:
            with suppress(StaleError):  # somebody has just claimed it anew
                await self._rows.remove(stored.value.scope, stored.value.key, seen=stored.etag)
        return len(old)

    async def _take_over(self, mine: _Claim, stored: Stored[_Claim] | None) -> None:
        try:
            if stored is None:
                await self._rows.insert(mine)
            else:
                await self._rows.replace(mine, seen=stored.etag)
        except (ConflictError, StaleError, NotFoundError) as error:
            raise ConflictError("another request took this Idempotency-Key just now", key=mine.key) from error
