"""The lines in front of rate limits, shared by all workers: one row each, changed by whoever saw its last state."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from shared.domain.line import Line
from shared.errors import ConflictError, NotFoundError, StaleError, UnavailableError
from shared.storage.codec import escaped, parts, whole
from shared.storage.tables import Row, Table, Tables

T = TypeVar("T")

_TRIES = 50
_KEY = "line"


class Lines:
    """The lines, by the name of their bucket."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "pacing")
        self._seen: dict[str, tuple[Row, str]] = {}  # as this worker wrote it: nobody else may have since

    async def change(self, bucket: str, change: Callable[[Line | None], tuple[Line, T]]) -> tuple[Line, T]:
        """Replace a line by what *change* makes of it (None: there is none yet); return both that it gives.

        *change* is called again when another worker was faster. Raises: UnavailableError if others were too often.
        """
        for _ in range(_TRIES):
            line, etag = await self._last(bucket)
            line, outcome = change(line)
            row: Row = {"PartitionKey": escaped(bucket), "RowKey": _KEY, **parts(line.written())}
            try:
                etag = await (self._table.replace(row, seen=etag) if etag else self._table.insert(row))
            except (StaleError, ConflictError, NotFoundError):
                self._seen.pop(bucket, None)
                continue
            self._seen[bucket] = (row, etag)
            return line, outcome
        raise UnavailableError(f"pacing of {bucket}: others were faster {_TRIES} times")

    async def read(self, bucket: str) -> Line | None:
        """Return a line as it was last written; None: nobody has stood in it."""
        self._seen.pop(bucket, None)
        line, _ = await self._last(bucket)
        return line

    async def _last(self, bucket: str) -> tuple[Line | None, str]:
        if bucket not in self._seen:
            try:
                read = await self._table.read(escaped(bucket), _KEY)
            except NotFoundError:
                return None, ""
            self._seen[bucket] = (read.row, read.etag)
        row, etag = self._seen[bucket]
        return Line.read(whole(row)), etag
