"""Load tests: runners that set up, act and clean up together, and the result in a published format.

All runners have set up before any acts, and all have acted before any cleans up. A runner that could not set up does
not act, and cleans up all the same. What a clean-up leaves after three tries is in the result.
"""

import os
import platform
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from deskwright import __version__
from deskwright.errors import CommandError, RefusedError

FORMAT = "deskwright.loadtest/1"
"""The name of the result's format; a change that readers notice has another number."""

TRIES = 3
_PAUSE_SECONDS = 2.0


class Runner(Protocol):
    """One of many that act at once. *kind*: runners of one kind are counted together."""

    kind: str

    def set_up(self) -> None:
        """Create or find the users and records for the actions. Raises: CommandError."""

    def act(self, until: float, note: Callable[[float, str], None]) -> None:
        """Act until a moment of the monotonic clock; *note* takes the seconds of each action and its error or ""."""

    def clean_up(self) -> list[str]:
        """Remove the created users and records; return those left. It is safe to repeat. Raises: CommandError."""


@dataclass
class Measured:
    """The actions of the runners of one kind."""

    seconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def shown(self, runners: int, length: float) -> dict[str, Any]:
        """Return the numbers for the result."""
        ordered = sorted(self.seconds)
        return {
            "runners": runners,
            "actions": len(ordered),
            "actionsPerSecond": round(len(ordered) / length, 2) if length else 0.0,
            "milliseconds": {
                **{f"p{share}": round(_at(ordered, share) * 1000, 1) for share in (50, 90, 95)},
                "max": round(max(ordered, default=0.0) * 1000, 1),
            },
            "errors": dict(sorted(self.errors.items())),
        }


class LoadTest:
    """One run of some runners for some seconds."""

    def __init__(self, runners: Sequence[Runner], *, seconds: float, tell: Callable[[str], None]) -> None:
        self._runners, self._seconds, self._tell = runners, seconds, tell
        self._lock = threading.Lock()
        self._measured: dict[str, Measured] = {each.kind: Measured() for each in runners}
        self._ready: list[Runner] = []
        self._left: list[str] = []

    def run(self, address: str) -> dict[str, Any]:
        """Run all phases; return the result. An interruption ends the acting, and everything is cleaned up."""
        began = datetime.now(UTC)
        lengths = dict.fromkeys(("setUp", "act", "cleanUp"), 0.0)
        try:
            lengths["setUp"] = self._phase("setting up", self._runners, self._set_up)
            until = time.monotonic() + self._seconds
            lengths["act"] = self._phase("acting", self._ready, lambda each: self._act(each, until))
        except KeyboardInterrupt:
            self._tell("interrupted: cleaning up")
        lengths["cleanUp"] = self._phase("cleaning up", self._runners, self._clean_up)
        counts = Counter(each.kind for each in self._runners)
        return {
            "format": FORMAT,
            "startedDateTime": began.isoformat(timespec="seconds"),
            "endedDateTime": datetime.now(UTC).isoformat(timespec="seconds"),
            "service": address,
            "client": {"version": __version__, "python": platform.python_version(), "cores": os.cpu_count()},
            "seconds": {name: round(length, 1) for name, length in lengths.items()},
            "kinds": {
                kind: self._measured[kind].shown(number, lengths["act"]) for kind, number in sorted(counts.items())
            },
            "left": sorted(self._left),
        }

    def _phase(self, name: str, runners: Sequence[Runner], work: Callable[[Runner], None]) -> float:
        """Let all runners do one thing at once; return the seconds until the last has done it."""
        self._tell(f"{name}: {len(runners)} runners")
        began = time.monotonic()
        if runners:
            with ThreadPoolExecutor(max_workers=len(runners)) as pool:
                list(pool.map(work, runners))
        return time.monotonic() - began

    def _set_up(self, runner: Runner) -> None:
        try:
            runner.set_up()
        except CommandError as error:
            self._note(runner, None, f"setUp: {named(error)}")
            return
        with self._lock:
            self._ready.append(runner)

    def _act(self, runner: Runner, until: float) -> None:
        try:
            runner.act(until, lambda seconds, error: self._note(runner, seconds, error))
        except CommandError as error:
            self._note(runner, None, f"act: {named(error)}")

    def _clean_up(self, runner: Runner) -> None:
        left: list[str] = []
        for number in range(TRIES):
            try:
                left = runner.clean_up()
            except CommandError as error:
                left = [f"{runner.kind}: {named(error)}"]
            if not left:
                return
            if number + 1 < TRIES:
                time.sleep(_PAUSE_SECONDS)
        with self._lock:
            self._left += left

    def _note(self, runner: Runner, seconds: float | None, error: str) -> None:
        with self._lock:
            measured = self._measured[runner.kind]
            if seconds is not None:
                measured.seconds.append(seconds)
            if error:
                measured.errors[error] += 1


def named(error: CommandError) -> str:
    """Return the name by which an error is counted: the status of a refusal, or the kind of another error."""
    return str(error.status) if isinstance(error, RefusedError) else type(error).__name__


def timed(act: Callable[[], object], note: Callable[[float, str], None]) -> bool:
    """Do one action and note its length, and its error if it has one; return whether it succeeded."""
    began, error = time.monotonic(), ""
    try:
        act()
    except CommandError as failed:
        error = named(failed)
    note(time.monotonic() - began, error)
    return not error


def _at(ordered: Sequence[float], share: int) -> float:
    """Return the nearest-rank percentile; 0 of nothing."""
    return ordered[max(0, -(-share * len(ordered) // 100) - 1)] if ordered else 0.0
