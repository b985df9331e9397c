"""The time: the system's, or the shared clock of a local run (docs/decisions/0010).

The file, little endian: ``DWCLOCK1``, u64 sequence (odd while a writer is writing), i64 base_us, i64 anchor_ns
(CLOCK_MONOTONIC), f64 rate, i64 limit_us, then fields that a reader does not need; at 72 the fields as
they were before the write. ``now = min(limit_us, base_us + max(0, monotonic_ns - anchor_ns) / 1000 * rate)``.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

_SIZE = 128
_MAGIC = b"DWCLOCK1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Native mode copies machine words: with "<" half of a field could be read from before a write.
_SEQUENCE = struct.Struct("@Q")
_FIELDS = struct.Struct("@qqdq")
_SEQUENCE_AT, _FIELDS_AT, _UNDO_AT = 8, 16, 72
_READS_BEFORE_LOCK = 1000  # a write takes some microseconds


class Clock(Protocol):
    """The source of the time."""

    def now(self) -> datetime:
        """Return the time as an aware UTC datetime."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the time as an aware UTC datetime."""
        return datetime.now(UTC)  # noqa: TID251 - this is the clock


class FileClock:
    """The time of a clock file, which is only read.

    Raises: ValueError if *path* is not a clock file.
    """

    def __init__(self, path: Path, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._monotonic_ns = monotonic_ns
        self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if os.fstat(self._descriptor).st_size < _SIZE or os.pread(self._descriptor, len(_MAGIC), 0) != _MAGIC:
            os.close(self._descriptor)
            raise ValueError(f"{path} is not a clock file")
        self._map = mmap.mmap(self._descriptor, _SIZE, prot=mmap.PROT_READ)

    def now(self) -> datetime:
        """Return the time as an aware UTC datetime."""
        (base_us, anchor_ns, rate, limit_us), moment_ns = self._fields()
        passed_us = max(0, moment_ns - anchor_ns) / 1000 * rate
        return _EPOCH + timedelta(microseconds=min(limit_us, base_us + int(passed_us)))

    def close(self) -> None:
        """Close the file."""
        self._map.close()
        os.close(self._descriptor)

    def _fields(self) -> tuple[tuple[int, int, float, int], int]:
        """Return the fields and a time at which they were valid; the earlier fields if a writer died while writing."""
        for _ in range(_READS_BEFORE_LOCK):
            (before,) = _SEQUENCE.unpack_from(self._map, _SEQUENCE_AT)
            fields = self._fields_at(_FIELDS_AT)
            moment_ns = self._monotonic_ns()
            (after,) = _SEQUENCE.unpack_from(self._map, _SEQUENCE_AT)
            if before == after and not before & 1:
                return fields, moment_ns
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)  # waits for a writer that is alive
        try:
            (sequence,) = _SEQUENCE.unpack_from(self._map, _SEQUENCE_AT)
            return self._fields_at(_UNDO_AT if sequence & 1 else _FIELDS_AT), self._monotonic_ns()
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _fields_at(self, offset: int) -> tuple[int, int, float, int]:
        base_us, anchor_ns, rate, limit_us = _FIELDS.unpack_from(self._map, offset)
        return base_us, anchor_ns, rate, limit_us
