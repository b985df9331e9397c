"""Simulated time: the clocks the world can run on, and how times are written."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

SECOND = 1_000_000
NEVER = 2**62
"""Later than every moment."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Simulated microseconds since the Unix epoch; `simulation_base.clock.FileClock` is one."""

    def now_us(self) -> int:
        """Return the time now."""
        ...

    def advance(self, delta: timedelta) -> None:
        """Ask for a jump ahead; a clock with a driver may take a while."""
        ...


class OwnClock:
    """A clock of the cloud alone: starts at `start_us`, runs at `rate`, can be moved.

    `rate` is simulated seconds per real second; 0 makes a manual clock.
    """

    def __init__(self, start_us: int, rate: float = 1.0) -> None:
        self._base = start_us
        self._anchor = time.monotonic_ns()
        self.rate = rate
        self._held = False

    def now_us(self) -> int:
        """Return the time now."""
        if self._held:
            return self._base
        return self._base + int((time.monotonic_ns() - self._anchor) / 1000 * self.rate)

    def advance(self, delta: timedelta) -> None:
        """Jump ahead."""
        self._base += delta // timedelta(microseconds=1)

    def hold(self, at_us: int) -> None:
        """Stand still at a moment, be it an earlier one, until `go`."""
        self._base, self._held = at_us, True

    def go(self, real_us: int = 0) -> None:
        """Continue, after an amount of real time since the moment of `hold`."""
        self._base += int(max(0, real_us) * self.rate)
        self._anchor, self._held = time.monotonic_ns(), False


def system_now_us() -> int:
    """Return the real time, for tokens and for the start of a clock of our own."""
    return time.time_ns() // 1000


def iso(at_us: int) -> str:
    """Write a moment as Azure does: seven digits and an offset."""
    moment = _EPOCH + timedelta(microseconds=at_us)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0+00:00"


def iso_z(at_us: int) -> str:
    """Write a moment as Graph does: whole seconds, `Z`."""
    return (_EPOCH + timedelta(microseconds=at_us)).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_iso(text: str) -> int:
    """Read an ISO 8601 moment with an offset or `Z`; `ValueError` if it is none."""
    cleaned = text.replace("Z", "+00:00")
    moment = datetime.fromisoformat(cleaned)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(microseconds=1)
