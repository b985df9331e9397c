"""Queue of timers: durable timers and timer triggers, earliest first."""

import heapq
from collections.abc import Callable, Hashable
from itertools import count


class TimerQueue:
    """A heap of actions by the moment at which they are due (simulated microseconds)."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Hashable]] = []
        self._entries: dict[Hashable, tuple[int, Callable[[], None]]] = {}
        self._order = count()
        self.on_earlier: Callable[[], None] = lambda: None

    def put(self, key: Hashable, due_us: int, action: Callable[[], None]) -> None:
        """Add an action; it replaces the one with the same key."""
        earliest = self.next_due()
        self._entries[key] = (due_us, action)
        heapq.heappush(self._heap, (due_us, next(self._order), key))
        if earliest is None or due_us < earliest:
            self.on_earlier()

    def cancel(self, key: Hashable) -> None:
        """Remove an action; a key that is not there is ignored."""
        self._entries.pop(key, None)

    def next_due(self) -> int | None:
        """Return the earliest moment at which something is due; None when the queue is empty."""
        heap = self._heap
        while heap:
            due_us, _, key = heap[0]
            entry = self._entries.get(key)
            if entry is not None and entry[0] == due_us:
                return due_us
            heapq.heappop(heap)
        return None

    def run_due(self, now_us: int) -> int:
        """Run every action that is due, earliest first; return how many."""
        done = 0
        while (due_us := self.next_due()) is not None and due_us <= now_us:
            key = heapq.heappop(self._heap)[2]
            _, action = self._entries.pop(key)
            action()
            done += 1
        return done
