"""Orchestrations that this host may run, by version (host.json, durableTask)."""

import re
from dataclasses import dataclass
from itertools import zip_longest

STRATEGIES = ("None", "Strict", "CurrentOrOlder")
FAILURES = ("Reject", "Fail")
MISMATCH = "VersionMismatch: Orchestration version did not comply with Worker Versioning"
"""Error of an instance that may not run here (recorded)."""
_NUMBERS = re.compile(r"\d+(\.\d+){1,3}")


@dataclass(frozen=True, slots=True)
class Versioning:
    """The host's own version, which new instances get too, and the treatment of instances of another version."""

    default: str | None = None
    strategy: str = "CurrentOrOlder"
    fails: bool = False

    def accepts(self, version: str | None) -> bool:
        """Return whether an instance of a version may run here."""
        if self.strategy == "None":
            return True
        if self.strategy == "Strict":
            return (version or "") == (self.default or "")
        return not is_newer(version, self.default)

    def mismatch(self, version: str | None) -> str:
        """Word why an instance may not run here."""
        own = f"defaultVersion is {self.default!r}" if self.default else "host.json has no defaultVersion"
        return f"version {version!r} is not for this host: {own}, versionMatchStrategy is {self.strategy}"


def is_newer(one: str | None, other: str | None) -> bool:
    """Compare as DurableTask.Core does: no version is the oldest, then by numbers, else as text without case."""
    first, second = (one or "").strip(), (other or "").strip()
    if not first or not second:
        return bool(first) and not second
    if _NUMBERS.fullmatch(first) and _NUMBERS.fullmatch(second):
        parts = zip_longest(map(int, first.split(".")), map(int, second.split(".")), fillvalue=-1)
        return next((a > b for a, b in parts if a != b), False)
    return first.upper() > second.upper()
