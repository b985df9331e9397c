"""In which order things are done that are ready at the same moment, and how many of them at once."""

from collections import deque
from collections.abc import Callable
from typing import Protocol

Begin = Callable[[], None]


class Lane(Protocol):
    """What turns, activities, entities and timers go through before they begin."""

    def enter(self, begin: Begin, name: str = "") -> None: ...  # noqa: D102 - as the class says
    def sort(self) -> None: ...  # noqa: D102
    def leave(self) -> None: ...  # noqa: D102


class Wide:
    """Everything begins at once: in which order things end is the machine's choice."""

    def enter(self, begin: Begin, name: str = "") -> None:
        """Begin what is ready."""
        del name
        begin()

    def sort(self) -> None:
        """Leave what has entered as it is."""

    def leave(self) -> None:
        """Take note of nothing."""


class Single:
    """One thing after the other, in an order that does not depend on the machine; all calls come from the loop thread.

    What comes of a turn enters in the order of its actions, what is due in the order in which it was put down. A
    function of the app may ask its client for several things at once; which of them is heard first depends on the
    machine, so that these are put in the order of their names.
    """

    def __init__(self) -> None:
        self._occupied = False
        self._waiting: deque[Begin] = deque()
        self._entered: list[tuple[str, Begin]] = []  # since something began

    def enter(self, begin: Begin, name: str = "") -> None:
        """Begin what is ready, or let it wait until its turn comes. *name*: of what a client has asked for."""
        if self._occupied:
            self._entered.append((name, begin))
            return
        self._occupied = True
        begin()

    def sort(self) -> None:
        """Put what the function that ends now has asked for in the order of the names, behind what was there before."""
        self._entered.sort(key=lambda one: one[0])
        self._queue()

    def leave(self) -> None:
        """Begin what comes next, now that something has ended, and all that it led to has entered."""
        self._queue()
        if self._waiting:
            self._waiting.popleft()()
        else:
            self._occupied = False

    def _queue(self) -> None:
        self._waiting.extend(begin for _, begin in self._entered)
        self._entered.clear()
