"""What time it is: the system's, or the clock that a local host, cloud and app share (docs/decisions/0010).

The file, little endian: ``DWCLOCK1``, u64 sequence (odd while a writer is inside), i64 base_us, i64 anchor_ns
(CLOCK_MONOTONIC), f64 rate, i64 limit_us, and more that a reader does not need; at 72 the fields that a writer is
about to put in place. ``now = min(limit_us, base_us + max(0, monotonic_ns - anchor_ns) / 1000 * rate)``.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

_SIZE = 128
_MAGIC = b"DWCLOCK1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Native mode copies whole words: with "<" a field could be read torn.
_SEQUENCE = struct.Struct("@Q")
_FIELDS = struct.Struct("@qqdq")
_SEQUENCE_AT, _FIELDS_AT, _REDO_AT = 8, 16, 72
_LOOKS_BEFORE_REDO = 1000  # a living writer is inside for about a microsecond


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the time as an aware UTC datetime."""
        return datetime.now(UTC)  # noqa: TID251 - this is the clock


class FileClock:
    """The time of a clock file, read without ever writing to it.

    Raises: ValueError if *path* is no clock.
    """

    def __init__(self, path: Path, monotonic_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._monotonic_ns = monotonic_ns
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if os.fstat(descriptor).st_size < _SIZE or os.pread(descriptor, len(_MAGIC), 0) != _MAGIC:
                raise ValueError(f"{path} is not a clock file")
            self._map = mmap.mmap(descriptor, _SIZE, prot=mmap.PROT_READ)
        finally:
            os.close(descriptor)

    def now(self) -> datetime:
        """Return the time as an aware UTC datetime."""
        base_us, anchor_ns, rate, limit_us = self._fields()
        passed_us = max(0, self._monotonic_ns() - anchor_ns) / 1000 * rate
        return _EPOCH + timedelta(microseconds=min(limit_us, base_us + int(passed_us)))

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()

    def _fields(self) -> tuple[int, int, float, int]:
        """Return the fields of one moment; of a writer that died inside, those it was about to write."""
        looks = 0
        while True:
            (before,) = _SEQUENCE.unpack_from(self._map, _SEQUENCE_AT)
            dead = looks >= _LOOKS_BEFORE_REDO
            fields = _FIELDS.unpack_from(self._map, _REDO_AT if dead else _FIELDS_AT)
            (after,) = _SEQUENCE.unpack_from(self._map, _SEQUENCE_AT)
            if before == after and bool(before & 1) == dead:
                base_us, anchor_ns, rate, limit_us = fields
                return base_us, anchor_ns, rate, limit_us
            looks = looks + 1 if before == after else 0
