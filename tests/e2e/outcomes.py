"""The tests that passed on each host, and how long they took: each run notes them, and the command shows them.

``python -m tests.e2e.outcomes`` prints the table of the latest outcome of each test on each host. The notes are written
when a run ends, below ``.run``: a host of Microsoft's begins anew when a file changes beside the app.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / ".run" / "outcomes"
HOSTS = ("embedded", "func")
_HERE = "tests/e2e/"
_NEVER = "-"


@dataclass(slots=True)
class Outcome:
    """The outcome of a test (``passed``, ``failed`` or ``skipped``), and after how long with what it had to start."""

    test: str
    outcome: str = "passed"
    seconds: float = 0.0
    reason: str = ""
    at: str = ""

    def add(self, report: pytest.TestReport) -> None:
        """Count a phase of the test: its preparation, itself or its end."""
        self.seconds += report.duration
        if report.failed:
            self.outcome = "failed"
        elif report.skipped and self.outcome == "passed":
            self.outcome = "skipped"
            self.reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""


class Notes:
    """The outcomes of one run."""

    def __init__(self) -> None:
        self._found: dict[str, Outcome] = {}

    def add(self, report: pytest.TestReport) -> None:
        """Note a phase of a test, if it is one of these; a worker of several leaves it to the process that counts."""
        if report.nodeid.startswith(_HERE) and "PYTEST_XDIST_WORKER" not in os.environ:
            test = report.nodeid.removeprefix(_HERE)
            self._found.setdefault(test, Outcome(test)).add(report)

    def write(self, folder: Path, host: str) -> None:
        """Put the outcomes beside those of earlier runs on this host; the latest of a test counts."""
        if not self._found:
            return
        at = datetime.now(UTC).isoformat(timespec="seconds")
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{host}.jsonl").open("a") as file:
            for outcome in self._found.values():
                outcome.at, outcome.seconds = at, round(outcome.seconds, 1)
                file.write(json.dumps(asdict(outcome)) + "\n")


def read(folder: Path, host: str) -> dict[str, Outcome]:
    """Return the latest outcome of each test on a host."""
    path = folder / f"{host}.jsonl"
    lines = path.read_text().splitlines() if path.exists() else []
    return {each["test"]: Outcome(**each) for each in map(json.loads, lines)}


def table(found: Mapping[str, Mapping[str, Outcome]]) -> Iterable[str]:
    """Return the lines of the table: a row for each test with its outcome on each host, then the sums."""
    tests = sorted({test for outcomes in found.values() for test in outcomes})
    yield f"| test | {' | '.join(found)} |"
    yield "|---" * (len(found) + 1) + "|"
    for test in tests:
        yield f"| {test} | {' | '.join(_cell(outcomes.get(test)) for outcomes in found.values())} |"
    for host, outcomes in found.items():
        counts = Counter(each.outcome for each in outcomes.values())
        minutes = sum(each.seconds for each in outcomes.values()) / 60
        said = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "nothing has run"
        yield f"{host}: {said}; {minutes:.0f} minutes"


def _cell(outcome: Outcome | None) -> str:
    if outcome is None:
        return _NEVER
    if outcome.outcome == "skipped":
        return f"skipped: {outcome.reason.removeprefix('Skipped: ')}"
    return f"{outcome.outcome}, {outcome.seconds:.1f} s"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in table({host: read(FOLDER, host) for host in HOSTS}))
