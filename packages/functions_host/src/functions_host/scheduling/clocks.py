"""Clocks of the host: the shared clock file, or the machine's clock."""

import time
from typing import Protocol


class Clock(Protocol):
    """Gives simulated microseconds since the epoch."""

    def now_us(self) -> int: ...  # noqa: D102 - as the class says


class SystemClock:
    """Real time, for a host without a clock file. It never goes back, also when the machine's clock is set back.

    So a timer that is due in a minute fires in a minute, whatever happens to the machine's clock.
    """

    def __init__(self) -> None:
        self._anchor = (0, time.monotonic_ns())

    def now_us(self) -> int:
        """Return the machine's time, corrected if the machine's clock has been set back."""
        machine_ns, monotonic_ns = time.time_ns(), time.monotonic_ns()
        base_ns, anchor_ns = self._anchor
        steady_ns = base_ns + monotonic_ns - anchor_ns
        if machine_ns >= steady_ns:
            self._anchor = (machine_ns, monotonic_ns)
        return max(machine_ns, steady_ns) // 1000

    def continue_from(self, moment_us: int) -> float:
        """Begin no earlier than a moment that an earlier host has seen; return by how many seconds that is ahead."""
        ahead_us = moment_us - self.now_us()
        if ahead_us > 0:
            self._anchor = (moment_us * 1000, time.monotonic_ns())
        return max(0, ahead_us) / 1e6
