"""The rate limiters that all workers share: one row each, replaced only by a worker that has read its last state."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TypeVar

from shared.domain.rate_limiter import CallCounts, RateLimiter
from shared.errors import ConflictError, NotFoundError, StaleError, UnavailableError
from shared.storage.codec import escaped, joined, parts
from shared.storage.tables import Row, Table, Tables

T = TypeVar("T")

_ATTEMPTS = 50
_KEY = "limiter"


class RateLimiters:
    """The rate limiters, by the name of their bucket."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "pacing")
        self._seen: dict[str, tuple[Row, str]] = {}  # the last state that this worker read or wrote, with its ETag

    async def change(
        self, bucket: str, change: Callable[[RateLimiter | None], tuple[RateLimiter, T]]
    ) -> tuple[RateLimiter, T]:
        """Replace a limiter (None before the first write) by the first result of *change*; return both results.

        *change* is called again when another worker was faster. Raises: UnavailableError if that happens too often.
        """
        for _ in range(_ATTEMPTS):
            limiter, etag = await self._last(bucket)
            limiter, outcome = change(limiter)
            counts = json.dumps(asdict(limiter.counts))
            row: Row = {"PartitionKey": escaped(bucket), "RowKey": _KEY, "bucket": bucket, "counts": counts}
            row |= parts(limiter.to_json())
            try:
                etag = await (self._table.replace(row, seen=etag) if etag else self._table.insert(row))
            except (StaleError, ConflictError, NotFoundError):
                self._seen.pop(bucket, None)
                continue
            self._seen[bucket] = (row, etag)
            return limiter, outcome
        raise UnavailableError(f"pacing of {bucket}: other workers were faster {_ATTEMPTS} times")

    async def read(self, bucket: str) -> RateLimiter | None:
        """Return the stored limiter, or None if there is none."""
        self._seen.pop(bucket, None)
        limiter, _ = await self._last(bucket)
        return limiter

    async def calls_lately(self, now: float) -> dict[str, tuple[int, int]]:
        """Return the calls and refusals of each bucket, of this hour and the one before."""
        reads = self._table.query("RowKey eq @key", {"key": _KEY}, select=("bucket", "counts"))
        found = {str(read.row.get("bucket", "")): _counts(read.row).lately(now) async for read in reads}
        return {bucket: counted for bucket, counted in found.items() if bucket and counted[0]}

    async def _last(self, bucket: str) -> tuple[RateLimiter | None, str]:
        if bucket not in self._seen:
            try:
                read = await self._table.read(escaped(bucket), _KEY)
            except NotFoundError:
                return None, ""
            self._seen[bucket] = (read.row, read.etag)
        row, etag = self._seen[bucket]
        limiter = RateLimiter.from_json(joined(row))
        limiter.counts = _counts(row)
        return limiter, etag


def _counts(row: Row) -> CallCounts:
    """Return the counts of a row; an earlier release writes none."""
    return CallCounts(**json.loads(str(row.get("counts") or "{}")))
