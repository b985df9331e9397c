"""Counts how long machines have cost something: from the order to create or start one until it is deallocated or gone.

The figures come from the simulated cloud's own operations (``_sim/operations``), not from the service.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_ON = frozenset({"vm.create", "vm.start"})
_OFF = frozenset({"vm.deallocate", "vm.delete"})


@dataclass(frozen=True, slots=True)
class HostHours:
    """Host hours of a span of time, and the host hours if every host had run all the time."""

    used: float
    always_on: float

    @property
    def saved_percent(self) -> float:
        """Hours saved, in percent of always on."""
        return 100 * (1 - self.used / self.always_on) if self.always_on else 0.0


def host_hours(
    operations: Iterable[Mapping[str, Any]], within: str, hosts: int, begins: datetime, ends: datetime
) -> HostHours:
    """Return the hours of the machines whose ids begin with *within*, from *begins* to *ends*.

    *hosts*: how many would run if nothing were ever stopped.
    """
    moments: dict[str, list[tuple[datetime, bool]]] = {}
    for each in operations:
        target = str(each["target"]).lower()
        if not target.startswith(within.lower()) or each["kind"] not in _ON | _OFF or each["status"] == "Failed":
            continue
        is_on = each["kind"] in _ON
        at = each["accepted"] if is_on else each["due"]
        moments.setdefault(target, []).append((datetime.fromisoformat(at), is_on))
    seconds = sum(_seconds_on(sorted(each), begins, ends) for each in moments.values())
    return HostHours(seconds / 3600, hosts * (ends - begins).total_seconds() / 3600)


def _seconds_on(moments: list[tuple[datetime, bool]], begins: datetime, ends: datetime) -> float:
    total, since = 0.0, None
    for at, is_on in moments:
        if is_on:
            since = since or at
        elif since is not None:
            total += _within(since, at, begins, ends)
            since = None
    return total + (_within(since, ends, begins, ends) if since is not None else 0.0)


def _within(since: datetime, until: datetime, begins: datetime, ends: datetime) -> float:
    return max(0.0, (min(until, ends) - max(since, begins)).total_seconds())
