"""Cache in memory of instances between their turns; the store has all of it too."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from functions_host.durable.resumable import Resumable
from functions_host.storage.state import Snapshot


@dataclass(frozen=True, slots=True)
class CachedInstance:
    """An instance after its last committed turn; without ``resumable`` its orchestrator has to be replayed."""

    snapshot: Snapshot
    resumable: Resumable | None


class InstanceCache:
    """Keeps up to *size* instances; least recently used first, it drops them, and those idle for *idle_seconds*.

    Seconds are real ones; idle instances are dropped when another one is put in. ``take`` removes an instance, and
    only a committed turn puts it back: a turn that failed has advanced the orchestrator past the store, and what it
    left must never be resumed.
    """

    def __init__(self, size: int, idle_seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._size, self._idle_seconds, self._now = size, idle_seconds, now
        self._cached: OrderedDict[str, tuple[float, CachedInstance]] = OrderedDict()

    def take(self, instance_id: str) -> CachedInstance | None:
        """Remove an instance and return it; None when it is not there."""
        found = self._cached.pop(instance_id, None)
        return found[1] if found else None

    def put(self, instance_id: str, cached: CachedInstance) -> None:
        """Put an instance in, and drop those that are too many or idle."""
        self._cached[instance_id] = (self._now(), cached)
        self._cached.move_to_end(instance_id)
        while len(self._cached) > self._size:
            self._cached.popitem(last=False)
        self.drop_idle()

    def discard(self, instance_id: str) -> None:
        """Drop an instance."""
        self._cached.pop(instance_id, None)

    def drop_idle(self) -> None:
        """Drop the instances that had no turn for too long."""
        oldest = self._now() - self._idle_seconds
        while self._cached and next(iter(self._cached.values()))[0] < oldest:
            self._cached.popitem(last=False)

    def __len__(self) -> int:
        return len(self._cached)
