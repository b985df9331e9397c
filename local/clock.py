"""The one clock that host, cloud and app share: a memory-mapped file of 128 bytes.

Time runs from an anchor at a rate, and never past a limit::

    now = min(limit_us, base_us + max(0, monotonic_ns - anchor_ns) / 1000 * rate)

======  ====  ==========  ==============================================================
offset  type  field       meaning
======  ====  ==========  ==============================================================
0       8s    magic       ``DWCLOCK1``
8       u64   sequence    odd while a writer is inside: readers repeat
16      i64   base_us     simulated microseconds since the Unix epoch, at the anchor
24      i64   anchor_ns   CLOCK_MONOTONIC at the anchor, the same for all processes
32      f64   rate        simulated seconds per real second now; 0 = stands still
40      i64   limit_us    time never passes this point; ``NO_LIMIT`` = no limit
48      f64   speed       the rate wished for while nothing is ready; 0 = by hand only
56      i64   target_us   asked for by hand; the driver jumps until here; 0 = none
64      i64   driver_pid  the process that drives the clock; 0 = none
72      56s   redo        the seven fields that a writer is about to put in place
======  ====  ==========  ==============================================================

A writer may be killed between any two instructions. It writes the new fields to ``redo``
first, so whoever finds an odd sequence while holding the file's lock finishes the write.
"""

import fcntl
import mmap
import os
import struct
import sys
import threading
import time
from collections.abc import Iterator
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
_SEQUENCE, _FIELDS_AT, _REDO_AT = 8, 16, 72
# A live writer is inside for about a microsecond; after so many looks it must be dead.
_LOOKS_BEFORE_REPAIR = 1000


class ClockError(Exception):
    """The clock file is missing, is not one, or is driven by somebody else."""


@dataclass(frozen=True, slots=True)
class ClockFields:
    """All that the file says, read at one moment."""

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

    def pack(self) -> bytes:
        """Lay the fields out as the file has them."""
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
    """Tell whether a process runs; one that ended and waits for its parent does not."""
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
            pass  # finishes what a killed writer left

    @classmethod
    def create(cls, path: Path, base: datetime, speed: float) -> Self:
        """Make a clock that reads ``base`` now and runs at ``speed`` until somebody drives it."""
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
        """Let go of the file; the clock goes on."""
        self._words.release()
        self._map.close()
        os.close(self._fd)

    def now_us(self) -> int:
        """Return the simulated microseconds since the epoch (about half a microsecond)."""
        unpack, words, looks = _READ.unpack_from, self._words, 0
        while True:
            sequence, base_us, anchor_ns, rate, limit_us = unpack(self._map, _SEQUENCE)
            if not sequence & 1 and words[1] == sequence:
                elapsed_ns = time.monotonic_ns() - anchor_ns
                passed_us = int(elapsed_ns / 1000 * rate) if elapsed_ns > 0 else 0
                now_us: int = min(base_us + passed_us, limit_us)
                return now_us
            looks = self._look_again(looks)

    def now(self) -> datetime:
        """Return the simulated time as an aware UTC datetime."""
        return EPOCH + timedelta(microseconds=self.now_us())

    def read(self) -> ClockFields:
        """Return all fields of one moment."""
        looks = 0
        while True:
            sequence = self._words[1]
            fields = _FIELDS.unpack_from(self._map, _FIELDS_AT)
            if not sequence & 1 and self._words[1] == sequence:
                return ClockFields(*fields)
            looks = self._look_again(looks)

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
        with self._writing() as fields:
            now_us = fields.at(time.monotonic_ns())
            self._put(
                base_us=max(now_us, now_us if base_us is None else base_us),
                rate=fields.rate if rate is None else rate,
                limit_us=max(now_us, fields.limit_us if limit_us is None else limit_us),
                speed=fields.speed if speed is None else speed,
                target_us=fields.target_us if target_us is None else target_us,
                driver_pid=fields.driver_pid if driver_pid is None else driver_pid,
            )

    def jump_to(self, moment_us: int) -> None:
        """Move time forward to a moment, lifting the limit that far; clears a reached target."""
        with self._writing() as fields:
            reached = max(moment_us, fields.at(time.monotonic_ns()))
            self._put(
                base_us=reached,
                limit_us=max(reached, fields.limit_us),
                target_us=fields.target_us if fields.target_us > reached else 0,
            )

    def advance(self, delta: timedelta) -> None:
        """Ask for time to move on: the living driver goes there in steps, else it jumps.

        While a driver is still on its way, a second request adds to the first.
        """
        with self._writing() as fields:
            now_us = fields.at(time.monotonic_ns())
            goal = max(now_us, fields.target_us) + delta // _MICROSECOND
            if is_alive(fields.driver_pid):
                self._put(base_us=now_us, target_us=goal)
            else:
                self._put(base_us=goal, limit_us=max(goal, fields.limit_us), target_us=0)

    def set_speed(self, speed: float) -> None:
        """Wish for another rate; it counts at once unless time stands still for ready work."""
        with self._writing() as fields:
            free = fields.rate == fields.speed != 0 or not is_alive(fields.driver_pid)
            self._put(
                base_us=fields.at(time.monotonic_ns()),
                speed=speed,
                rate=speed if free else fields.rate,
            )

    def claim(self, pid: int) -> None:
        """Make a process the driver: time stands still until it says otherwise."""
        with self._writing() as fields:
            if fields.driver_pid != pid and is_alive(fields.driver_pid):
                raise ClockError(f"process {fields.driver_pid} drives {self.path.name} already")
            now_us = fields.at(time.monotonic_ns())
            self._put(base_us=now_us, rate=0.0, limit_us=NO_LIMIT, driver_pid=pid)

    def release(self, pid: int, *, rate: float | None = None) -> None:
        """Stop driving: time runs freely at the wished speed, or at ``rate`` (0 = stand still).

        A target not reached yet is left to the next driver.
        """
        with self._writing() as fields:
            if fields.driver_pid != pid:
                return
            self._put(
                base_us=fields.at(time.monotonic_ns()),
                rate=fields.speed if rate is None else rate,
                limit_us=NO_LIMIT,
                driver_pid=0,
            )

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
        """Hold the file for writing, and give what it says.

        flock() keeps other processes out, the lock keeps out the threads that share our file.
        """
        with self._lock:
            fcntl.flock(self._fd, fcntl.LOCK_EX)
            try:
                if self._words[1] & 1:
                    self._map[_FIELDS_AT:_REDO_AT] = self._map[_REDO_AT:SIZE]
                    self._words[1] += 1
                yield ClockFields(*_FIELDS.unpack_from(self._map, _FIELDS_AT))
            finally:
                fcntl.flock(self._fd, fcntl.LOCK_UN)

    def _put(self, **changes: float) -> None:
        """Replace fields and anchor them now; the caller holds the file."""
        before = ClockFields(*_FIELDS.unpack_from(self._map, _FIELDS_AT))
        after = replace(before, anchor_ns=time.monotonic_ns(), **changes).pack()  # type: ignore[arg-type]
        self._map[_REDO_AT:SIZE] = after
        self._words[1] += 1
        self._map[_FIELDS_AT:_REDO_AT] = after
        self._words[1] += 1

    def _look_again(self, looks: int) -> int:
        """Give the writer its turn; after many looks, finish what a dead one left."""
        if looks < _LOOKS_BEFORE_REPAIR:
            os.sched_yield()
            return looks + 1
        with self._writing():
            return 0
