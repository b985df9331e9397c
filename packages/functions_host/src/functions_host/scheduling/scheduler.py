"""Decides when work that is ready begins: all of it at once, or one piece after the other in a fixed order.

All calls come from the loop thread.
"""

from collections import deque
from collections.abc import Callable
from typing import Protocol

Begin = Callable[[], None]


class Scheduler(Protocol):
    """Turns, activities, entities and timers are submitted here before they begin."""

    def submit(self, begin: Begin, name: str = "") -> None: ...  # noqa: D102 - as the class says
    def sort_submitted(self) -> None: ...  # noqa: D102
    def finish(self) -> None: ...  # noqa: D102


class Concurrent:
    """Everything begins at once: the machine decides in which order it ends."""

    def submit(self, begin: Begin, name: str = "") -> None:
        """Begin ready work."""
        del name
        begin()

    def sort_submitted(self) -> None:
        """Do nothing: the submitted work has begun."""

    def finish(self) -> None:
        """Do nothing: nothing waits."""


class Sequential:
    """One piece of work after the other, in an order that does not depend on the machine.

    What follows from a turn is submitted in the order of its actions, what is due in the order in which it was
    scheduled. A function of the app may call its durable client for several instances concurrently, and the machine
    decides which call comes first; these are put in the order of the instance ids.
    """

    def __init__(self) -> None:
        self._occupied = False
        self._waiting: deque[Begin] = deque()
        self._submitted: list[tuple[str, Begin]] = []  # since the current piece of work began

    def submit(self, begin: Begin, name: str = "") -> None:
        """Begin now if nothing runs, else wait. *name*: the id of the instance, if a client's request made it ready."""
        if self._occupied:
            self._submitted.append((name, begin))
            return
        self._occupied = True
        begin()

    def sort_submitted(self) -> None:
        """Order work submitted since the current work began by name; work that waited before stays in front of it."""
        self._submitted.sort(key=lambda one: one[0])
        self._queue()

    def finish(self) -> None:
        """Begin the next piece: the current one has ended, and all that follows from it has been submitted."""
        self._queue()
        if self._waiting:
            self._waiting.popleft()()
        else:
            self._occupied = False

    def _queue(self) -> None:
        self._waiting.extend(begin for _, begin in self._submitted)
        self._submitted.clear()
