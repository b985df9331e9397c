"""What stays of instances in memory between their turns; the store has all of it too."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from functions_host.resuming import Resumable
from functions_host.state import Snapshot


@dataclass(frozen=True, slots=True)
class Remembered:
    """An instance as its last committed turn left it; ``resumable`` None: its orchestrator is to be replayed."""

    snapshot: Snapshot
    resumable: Resumable | None


class Memory:
    """Keeps up to *most* instances; those go first that had no turn for longest, or for *idle_seconds* (real time).

    Who is idle is looked at whenever another one is put in: a host that does nothing lets go of nothing.
    Who takes an instance has it alone. Only a committed turn puts it back: a turn that failed has advanced the
    orchestrator past the store, and what it left must never be resumed.
    """

    def __init__(self, most: int, idle_seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._most, self._idle_seconds, self._now = most, idle_seconds, now
        self._kept: OrderedDict[str, tuple[float, Remembered]] = OrderedDict()

    def take(self, instance_id: str) -> Remembered | None:
        """Take an instance out, if it is there."""
        found = self._kept.pop(instance_id, None)
        return found[1] if found else None

    def keep(self, instance_id: str, remembered: Remembered) -> None:
        """Put an instance in, and let go of those for which there is no room."""
        self._kept[instance_id] = (self._now(), remembered)
        self._kept.move_to_end(instance_id)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        self.let_go_of_idle()

    def forget(self, instance_id: str) -> None:
        """Drop an instance."""
        self._kept.pop(instance_id, None)

    def let_go_of_idle(self) -> None:
        """Drop what had no turn for too long."""
        oldest = self._now() - self._idle_seconds
        while self._kept and next(iter(self._kept.values()))[0] < oldest:
            self._kept.popitem(last=False)

    def __len__(self) -> int:
        return len(self._kept)
