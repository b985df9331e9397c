"""CPU of each test, with the processes that it started: ``pytest -p tests.cpu``; ``python -m tests.cpu`` shows sums.

Wall time says little on a machine that does other work. What is counted is user and system time of the worker, of its
children that have ended, and of those that still run, such as Azurite and a stack.
"""

import json
import os
import resource
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / ".run" / "cpu"
_TICK = os.sysconf("SC_CLK_TCK")
_TIMES = slice(11, 15)
"""utime, stime, cutime and cstime of /proc/<pid>/stat, counted after the name."""
_phases: defaultdict[str, float] = defaultdict(float)


def _spent_by(pid: str) -> float:
    """Return the seconds of a process that runs, of its children and of theirs."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        tasks = [task.read_text().split() for task in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # it has just ended
        return 0.0
    own = sum(map(int, stat.rpartition(")")[2].split()[_TIMES])) / _TICK
    return own + sum(_spent_by(child) for children in tasks for child in children)


def spent() -> float:
    """Return the seconds of CPU of this process and of all below it."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    tasks = [task.read_text().split() for task in Path("/proc/self/task").glob("*/children")]
    below = sum(_spent_by(child) for children in tasks for child in children)
    return sum(each.ru_utime + each.ru_stime for each in used) + below


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    began = spent()
    _phases.clear()
    try:
        return (yield)
    finally:
        row = {"test": item.nodeid, "all": round(spent() - began, 4)}
        row |= {name: round(value, 4) for name, value in _phases.items()}
        _write(row)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup() -> Iterator[None]:
    began = spent()
    try:
        return (yield)
    finally:
        _phases["setup"] += spent() - began


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call() -> Iterator[None]:
    began = spent()
    try:
        return (yield)
    finally:
        _phases["call"] += spent() - began


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Iterator[None]:
    began = spent()
    try:
        return (yield)
    finally:
        _phases["clean-up"] += spent() - began


def pytest_sessionfinish() -> None:
    _write({"test": "", "all": round(spent(), 4)})


def _write(row: dict[str, object]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")


def main() -> None:
    """Print the seconds of each file, the most first, and the sum of the workers with what they imported."""
    rows = [json.loads(line) for file in FOLDER.glob("*.jsonl") for line in file.read_text().splitlines()]
    files: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        files[row["test"].partition("::")[0]].append(row["all"])
    whole = sum(files.pop("", []))
    for file, each in sorted(files.items(), key=lambda item: -sum(item[1])):
        print(f"{sum(each):8.1f} {len(each):5d} tests  {file}")  # noqa: T201 - its output
    print(f"{sum(map(sum, files.values())):8.1f} in all tests, {whole:.1f} in all processes")  # noqa: T201 - its output


if __name__ == "__main__":
    main()
