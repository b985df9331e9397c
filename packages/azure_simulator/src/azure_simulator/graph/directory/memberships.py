"""Members of groups, now and earlier.

Every change is kept with its time. A lagging index is then a read of an earlier moment, and a delta token a place in
the sequence of changes.
Times are microseconds of simulated time since the epoch.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@dataclass(frozen=True)
class Change:
    """One membership began (`present`) or ended."""

    sequence: int
    at_us: int
    group: str
    member: str
    present: bool


class Memberships:
    """The edges of a directory's group graph, with their history."""

    def __init__(self) -> None:
        self._by_group: dict[str, dict[str, list[Change]]] = defaultdict(dict)
        self._groups_of: dict[str, set[str]] = defaultdict(set)
        self._log: list[Change] = []

    @property
    def sequence(self) -> int:
        """The number of the latest change."""
        return self._log[-1].sequence if self._log else 0

    def record(self, change: Change) -> None:
        """Add a change; they must come in the order of their sequence."""
        if self._log and change.sequence <= self._log[-1].sequence:
            raise ValueError(f"change {change.sequence} comes after {self._log[-1].sequence}")
        self._log.append(change)
        self._by_group[change.group].setdefault(change.member, []).append(change)
        self._groups_of[change.member].add(change.group)

    def has(self, group: str, member: str, at_us: int) -> bool:
        """Return whether an object was a direct member of a group at a moment."""
        history = self._by_group.get(group, {}).get(member, ())
        known = [each.present for each in history if each.at_us <= at_us]
        return bool(known) and known[-1]

    def members(self, group: str, at_us: int) -> list[str]:
        """List direct members, in the order in which they first joined."""
        return [each for each in self._by_group.get(group, {}) if self.has(group, each, at_us)]

    def groups_of(self, member: str, at_us: int) -> list[str]:
        """List the groups that hold a member directly, sorted by id."""
        return sorted(each for each in self._groups_of[member] if self.has(each, member, at_us))

    def below(self, group: str, at_us: int) -> list[str]:
        """List everything inside a group at any depth, each once, also when groups contain each other."""
        return _walk(group, lambda each: self.members(each, at_us))

    def above(self, member: str, at_us: int) -> list[str]:
        """List every group that holds a member at any depth, each once."""
        return _walk(member, lambda each: self.groups_of(each, at_us))

    def changes(self, after: int) -> Iterator[Change]:
        """Yield the changes after a place in the sequence, oldest first."""
        return (each for each in self._log if each.sequence > after)


def _walk(start: str, step: Callable[[str], Iterable[str]]) -> list[str]:
    seen: dict[str, None] = {}
    waiting = list(step(start))
    for each in waiting:
        if each not in seen and each != start:
            seen[each] = None
            waiting.extend(step(each))
    return list(seen)
