"""The pace of a demonstration: time passes only when the people in it wait.

Whatever they do happens at a simulated moment, when everything that was due before has been done. So the figures of a
demonstration depend neither on the speed of the machine nor on the speed that was asked for.
"""

import time
from dataclasses import dataclass
from datetime import timedelta

from local.portal import Portal
from local.progress import Progress
from local.stack import Stack, StackError

OPERATION_LOOK = timedelta(seconds=15)
"""Between two looks at an operation that somebody waits for."""

_FRAME_SECONDS = 0.25
"""Real seconds in which the time of a page moves at least once."""
_GLANCE_SECONDS = 0.01
_ALIVE_EVERY_SECONDS = 1.0
_LOOK_EVERY_SECONDS = 1.0
_INSTANT = timedelta(microseconds=1)


@dataclass(slots=True)
class Pace:
    """Moves the time of a stack whose clock stands still; *speed* is the most simulated seconds in a real one.

    A host that follows real time is only waited for.
    """

    stack: Stack
    speed: float

    def portal(self) -> Portal:
        """Return a client of the API that waits in simulated time, and changes something when all else is done."""
        portal = self.stack.portal()
        if self.stack.moves_time:
            portal.pause, portal.settle = lambda: self.let_pass(OPERATION_LOOK), self.settle
        return portal

    def let_pass(self, length: timedelta, speed: float | None = None) -> None:
        """Let time pass, with everything that is due in it. Raises: StackError if a part ends or time stands."""
        if not self.stack.moves_time:
            time.sleep(_LOOK_EVERY_SECONDS)
            return
        seconds = length.total_seconds() / (speed or self.speed)
        frames = max(1, int(seconds / _FRAME_SECONDS))
        for _ in range(frames):
            began = time.monotonic()
            self._advance(length / frames)
            time.sleep(max(0.0, began + seconds / frames - time.monotonic()))
        self.settle()

    def settle(self) -> None:
        """Wait until everything that is due now has been done: time moves on by an instant only after that."""
        self._advance(_INSTANT)

    def run_freely(self) -> None:
        """Let the time run at the speed from now on."""
        if self.stack.moves_time:
            self.stack.clock.set_speed(self.speed)

    def _advance(self, length: timedelta) -> None:
        clock = self.stack.clock
        clock.advance(length)
        progress, next_look = Progress(self.stack.folder, timedelta.max), time.monotonic() + _ALIVE_EVERY_SECONDS
        while clock.read().target_us:
            if (now := time.monotonic()) >= next_look:
                next_look = now + _ALIVE_EVERY_SECONDS
                self.stack.expect_alive()
                if problem := progress.standstill(None, clock.now(), now):
                    raise StackError(problem)
            time.sleep(_GLANCE_SECONDS)
