"""The counts of this process of work that Azure bills: executions, the time with any of them, requests to tables.

They only ever grow. Every few minutes the totals are handed to ``Meter.record``, which the composition root sets; tests
and tools set none, and nothing is recorded.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from timeit import default_timer
from typing import ParamSpec, TypeVar

from shared.errors import DeskwrightError

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger("deskwright.cost")

RECORDED_EVERY_S = 300.0
"""Seconds between two records of a process; counts since the last record are lost with the process."""

_LEAST_S = 1.0
"""Least time that Azure bills (learn.microsoft.com/azure/azure-functions/flex-consumption-plan#billing)."""


class Execution(StrEnum):
    """Kinds of executions of functions."""

    REQUEST = "request"
    ACTIVITY = "activity"
    ORCHESTRATOR = "orchestrator"  # one turn
    TIMER = "timer"
    MESSAGE = "message"


@dataclass(slots=True)
class Totals:
    """The totals of a process. *active_s*: time in which at least one execution ran, of each stretch a second."""

    executions: Counter[str] = field(default_factory=Counter)
    active_s: float = 0.0
    table_requests: int = 0

    def copy(self) -> Totals:
        """Return a copy of the totals."""
        return Totals(Counter(self.executions), self.active_s, self.table_requests)


class Meter:
    """The counts of one process."""

    def __init__(self) -> None:
        self.totals = Totals()
        self.record: Callable[[Totals], Awaitable[None]] | None = None
        self._running, self._began, self._recorded = 0, 0.0, default_timer()

    def turn(self) -> None:
        """Count a turn of an orchestrator, without its time."""
        self.totals.executions[Execution.ORCHESTRATOR] += 1

    @contextmanager
    def executing(self, kind: Execution) -> Iterator[None]:
        """Count an execution, and the time in which it, or another one, runs."""
        self.totals.executions[kind] += 1
        if not self._running:
            self._began = default_timer()
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                self.totals.active_s += max(_LEAST_S, default_timer() - self._began)

    def metered(self, kind: Execution, function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        """Return the function with its executions counted."""

        async def counted(*args: P.args, **kwargs: P.kwargs) -> T:
            with self.executing(kind):
                result = await function(*args, **kwargs)
            await self.settle()
            return result

        return counted

    async def settle(self) -> None:
        """Record the totals where the last record is some minutes old; an execution never fails for it."""
        if self.record is None or default_timer() - self._recorded < RECORDED_EVERY_S:
            return
        self._recorded = default_timer()
        try:
            await self.record(self.totals.copy())
        except DeskwrightError as error:
            _log.warning("the counts of this process could not be recorded: %s", type(error).__name__)


METER = Meter()
"""The meter of this process."""
