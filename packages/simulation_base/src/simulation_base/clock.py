"""A clock that several processes share: a memory-mapped file of 128 bytes.

Time runs from an anchor at a rate, and never past a limit::

    now = min(limit_us, base_us + max(0, monotonic_ns - anchor_ns) / 1000 * rate)

======  ====  ==========  ==============================================================
offset  type  field       meaning
======  ====  ==========  ==============================================================
0       8s    magic       ``DWCLOCK1``
8       u64   sequence    odd during a write: readers repeat
16      i64   base_us     simulated microseconds since the Unix epoch, at the anchor
24      i64   anchor_ns   CLOCK_MONOTONIC at the anchor, the same for all processes
32      f64   rate        simulated seconds per real second now; 0 = stands still
40      i64   limit_us    time never passes this point; ``NO_LIMIT`` = no limit
48      f64   speed       the requested rate, for when nothing is ready; 0 = only ``advance`` moves time
56      i64   target_us   requested by ``advance``; the driver jumps until here; 0 = none
64      i64   driver_pid  the process that drives the clock; 0 = none
72      56s   undo        the seven fields as they were before the write
======  ====  ==========  ==============================================================

Time never goes back, whatever happens to a writer between two of its instructions:

- A writer copies the fields to ``undo``, makes the sequence odd, and only then takes the moment at which it
  anchors the clock. While the sequence is odd no reader gets a time, so none has seen a later one.
- A reader takes its moment before it looks at the sequence a second time. If that has not changed, the fields
  were in force at that moment.
- The write of a process that was killed in the middle is undone by the next process that locks the file.
"""

import fcntl
import mmap
import os
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

MAGIC = b"DWCLOCK1"
SIZE = 128
NO_LIMIT = 2**63 - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_MICROSECOND = timedelta(microseconds=1)
# Native mode copies whole words; "<" would go byte by byte, and a sequence could be read torn.
_FIELDS = struct.Struct("@qqdqdqq")
_READ = struct.Struct("@Qqqdq")
_SEQUENCE, _FIELDS_AT, _UNDO_AT = 8, 16, 72
# A write takes about a microsecond; after so many attempts the writer must be dead.
_READS_BEFORE_REPAIR = 1000


class ClockError(Exception):
    """The clock file is missing, is not one, or is driven by another process."""


@dataclass(frozen=True, slots=True)
class ClockFields:
    """All fields of the file, read at one moment."""

    base_us: int
    anchor_ns: int
    rate: float
    limit_us: int
    speed: float
    target_us: int
    driver_pid: int

    def at(self, monotonic_ns: int) -> int:
        """Return the simulated time at a moment, in microseconds since the epoch."""
        elapsed_us = max(0, monotonic_ns - self.anchor_ns) / 1000
        return min(self.limit_us, self.base_us + int(elapsed_us * self.rate))

    def anchored(self, monotonic_ns: int) -> "ClockFields":
        """Return the same clock, anchored at a moment: base and anchor are of that one moment."""
        return replace(self, base_us=self.at(monotonic_ns), anchor_ns=monotonic_ns)

    def pack(self) -> bytes:
        """Return the fields as the file has them."""
        return _FIELDS.pack(
            self.base_us,
            self.anchor_ns,
            self.rate,
            self.limit_us,
            self.speed,
            self.target_us,
            self.driver_pid,
        )


def microseconds(moment: datetime) -> int:
    """Count the microseconds from the epoch to an aware moment, without rounding."""
    return (moment - EPOCH) // _MICROSECOND


def is_alive(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return not Path("/proc/self/stat").exists()
    return status.rpartition(")")[2].split()[0] not in {"Z", "X"}


class FileClock:
    """Reads and moves the shared clock; safe to share between threads and processes."""

    def __init__(self, path: Path) -> None:
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise ClockError(f"no clock at {path}: {error.strerror}") from error
        if sys.byteorder != "little" or os.pread(self._fd, 8, 0) != MAGIC:
            os.close(self._fd)
            raise ClockError(f"{path} is not a clock of this machine")
        self.path = path
        self._map = mmap.mmap(self._fd, SIZE)
        self._words = memoryview(self._map).cast("Q")
        self._lock = threading.Lock()
        with self._writing():
            pass  # undoes the write of a process that was killed

    @classmethod
    def create(cls, path: Path, base: datetime, speed: float) -> Self:
        """Make a clock that reads ``base`` now and runs at ``speed`` until a process drives it."""
        fields = ClockFields(microseconds(base), time.monotonic_ns(), speed, NO_LIMIT, speed, 0, 0).pack()
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.write_bytes(MAGIC + bytes(8) + fields + fields)
        fresh.replace(path)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a clock that exists; ``ClockError`` if it does not."""
        return cls(path)

    def close(self) -> None:
        """Close the file; the clock runs on."""
        self._words.release()
        self._map.close()
        os.close(self._fd)

    def now_us(self) -> int:
        """Return the simulated microseconds since the epoch (about half a microsecond)."""
        unpack, words, attempts = _READ.unpack_from, self._words, 0
        while True:
            sequence, base_us, anchor_ns, rate, limit_us = unpack(self._map, _SEQUENCE)
            elapsed_ns = time.monotonic_ns() - anchor_ns
            if not sequence & 1 and words[1] == sequence:
                passed_us = int(elapsed_ns / 1000 * rate) if elapsed_ns > 0 else 0
                now_us: int = min(base_us + passed_us, limit_us)
                return now_us
            attempts = self._read_again(attempts)

    def now(self) -> datetime:
        """Return the simulated time as an aware UTC datetime."""
        return EPOCH + timedelta(microseconds=self.now_us())

    def read(self) -> ClockFields:
        """Return all fields of one moment."""
        attempts = 0
        while True:
            sequence = self._words[1]
            fields = _FIELDS.unpack_from(self._map, _FIELDS_AT)
            if not sequence & 1 and self._words[1] == sequence:
                return ClockFields(*fields)
            attempts = self._read_again(attempts)

    def write(
        self,
        *,
        base_us: int | None = None,
        rate: float | None = None,
        limit_us: int | None = None,
        speed: float | None = None,
        target_us: int | None = None,
        driver_pid: int | None = None,
    ) -> None:
        """Change the fields given, and anchor the clock at this moment.

        Time never goes back: a base or a limit before now counts as now. Raising the limit lets
        time go on from where it stood.
        """

        def edit(now: ClockFields) -> ClockFields:
            return replace(
                now,
                base_us=max(now.base_us, now.base_us if base_us is None else base_us),
                rate=now.rate if rate is None else rate,
                limit_us=max(now.base_us, now.limit_us if limit_us is None else limit_us),
                speed=now.speed if speed is None else speed,
                target_us=now.target_us if target_us is None else target_us,
                driver_pid=now.driver_pid if driver_pid is None else driver_pid,
            )

        with self._writing():
            self._put(edit)

    def jump_to(self, moment_us: int) -> None:
        """Move time forward to a moment, lifting the limit that far; clears a reached target."""

        def edit(now: ClockFields) -> ClockFields:
            reached = max(moment_us, now.base_us)
            return replace(
                now,
                base_us=reached,
                limit_us=max(reached, now.limit_us),
                target_us=now.target_us if now.target_us > reached else 0,
            )

        with self._writing():
            self._put(edit)

    def advance(self, delta: timedelta) -> None:
        """Request a later time: a living driver moves the clock in steps, without one it jumps.

        While the driver is still moving it, a second request adds to the first.
        """
        with self._writing() as before:
            driven = is_alive(before.driver_pid)

            def edit(now: ClockFields) -> ClockFields:
                goal = max(now.base_us, now.target_us) + delta // _MICROSECOND
                if driven:
                    return replace(now, target_us=goal)
                return replace(now, base_us=goal, limit_us=max(goal, now.limit_us), target_us=0)

            self._put(edit)

    def set_speed(self, speed: float) -> None:
        """Request another rate; it applies at once unless time stands still for ready work."""
        with self._writing() as before:
            free = before.rate == before.speed != 0 or not is_alive(before.driver_pid)
            rate = speed if free else before.rate
            self._put(lambda now: replace(now, speed=speed, rate=rate))

    def claim(self, pid: int) -> None:
        """Make a process the driver: time stands still until the driver lets it run."""
        with self._writing() as before:
            if before.driver_pid != pid and is_alive(before.driver_pid):
                raise ClockError(f"process {before.driver_pid} drives {self.path.name} already")
            self._put(lambda now: replace(now, rate=0.0, limit_us=NO_LIMIT, driver_pid=pid))

    def release(self, pid: int, *, rate: float | None = None) -> None:
        """Stop driving: time runs freely at the requested speed, or at ``rate`` (0 = stand still).

        A target not reached yet is left to the next driver.
        """
        with self._writing() as before:
            if before.driver_pid != pid:
                return
            rate_now = before.speed if rate is None else rate
            self._put(lambda now: replace(now, rate=rate_now, limit_us=NO_LIMIT, driver_pid=0))

    @contextmanager
    def drive(self, pid: int) -> Iterator[Self]:
        """Drive the clock inside the block; see ``claim`` and ``release``."""
        self.claim(pid)
        try:
            yield self
        finally:
            self.release(pid)

    @contextmanager
    def _writing(self) -> Iterator[ClockFields]:
        """Lock the file for writing, and yield its fields.

        flock() excludes other processes, the lock the other threads of this one.
        """
        with self._lock:
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            try:
                if self._words[1] & 1:
                    self._undo()
                yield self._fields()
            finally:
                fcntl.flock(self._fd, fcntl.LOCK_UN)

    def _put(self, edit: Callable[[ClockFields], ClockFields]) -> None:
        """Replace the fields by the result of *edit*; the caller has locked the file."""
        self._map[_UNDO_AT:SIZE] = self._map[_FIELDS_AT:_UNDO_AT]
        self._words[1] += 1
        after = edit(self._fields().anchored(time.monotonic_ns()))
        self._map[_FIELDS_AT:_UNDO_AT] = after.pack()
        self._words[1] += 1

    def _fields(self) -> ClockFields:
        return ClockFields(*_FIELDS.unpack_from(self._map, _FIELDS_AT))

    def _undo(self) -> None:
        """Put back the fields as they were before a write that was interrupted; the caller has locked the file."""
        self._map[_FIELDS_AT:_UNDO_AT] = self._map[_UNDO_AT:SIZE]
        self._words[1] += 1

    def _read_again(self, attempts: int) -> int:
        """Let the writer run; after many attempts, undo the write of a dead one."""
        if attempts < _READS_BEFORE_REPAIR:
            os.sched_yield()
            return attempts + 1
        with self._writing():
            return 0
