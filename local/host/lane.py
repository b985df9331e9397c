"""In which order things are done that are ready at the same moment, and how many of them at once."""

from collections import deque
from collections.abc import Callable
from typing import Protocol

Begin = Callable[[], None]


class Lane(Protocol):
    """What turns, activities, entities and timers go through before they begin."""

    def enter(self, name: str, begin: Begin) -> None: ...  # noqa: D102 - as the class says
    def sort(self) -> None: ...  # noqa: D102
    def leave(self) -> None: ...  # noqa: D102


class Wide:
    """Everything begins at once: in which order things end is the machine's choice."""

    def enter(self, name: str, begin: Begin) -> None:
        """Begin what is ready."""
        del name
        begin()

    def sort(self) -> None:
        """Leave what has entered as it is."""

    def leave(self) -> None:
        """Take note of nothing."""


class Single:
    """One thing after the other, in an order that does not depend on the machine; all calls come from the loop thread.

    What a turn leads to enters in the order of its actions. A function of the app may ask for several things at once;
    who of them is heard first depends on the machine, so that they are put in the order of their names.
    """

    def __init__(self) -> None:
        self._occupied = False
        self._waiting: deque[Begin] = deque()
        self._entered: list[tuple[str, Begin]] = []  # since something began

    def enter(self, name: str, begin: Begin) -> None:
        """Begin what is ready, or let it wait until its turn comes."""
        if self._occupied:
            self._entered.append((name, begin))
            return
        self._occupied = True
        begin()

    def sort(self) -> None:
        """Put what the function has asked for that ends now in the order of the names."""
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
