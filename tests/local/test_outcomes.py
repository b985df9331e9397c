"""The table of what passed on which host: the latest outcome of each test, with the time that it took."""

from pathlib import Path
from typing import Any, Literal

import pytest

from tests.e2e.outcomes import Notes, read, table


def report(test: str, when: Literal["setup", "call"], seconds: float, **more: Any) -> pytest.TestReport:
    outcome: Literal["passed", "failed", "skipped"] = more.get("outcome", "passed")
    return pytest.TestReport(
        f"tests/e2e/{test}", ("", None, ""), {}, outcome, more.get("longrepr"), when, duration=seconds
    )


def notes(monkeypatch: pytest.MonkeyPatch, *reports: pytest.TestReport) -> Notes:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    found = Notes()
    for each in reports:
        found.add(each)
    return found


def test_the_latest_outcome_of_each_test_stands_beside_that_of_the_other_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = ("f.py", 1, "Skipped: time is moved, which only the embedded host follows")
    notes(monkeypatch, report("test_a.py::one", "call", 2.0, outcome="failed")).write(tmp_path, "func")
    notes(
        monkeypatch,
        report("test_a.py::one", "setup", 1.25),
        report("test_a.py::one", "call", 2.0),
        report("test_a.py::two", "setup", 0.1, outcome="skipped", longrepr=why),
    ).write(tmp_path, "func")
    notes(monkeypatch, report("test_a.py::one", "call", 0.5)).write(tmp_path, "embedded")
    assert list(table({host: read(tmp_path, host) for host in ("embedded", "func")})) == [
        "| test | embedded | func |",
        "|---|---|---|",
        "| test_a.py::one | passed, 0.5 s | passed, 3.2 s |",
        "| test_a.py::two | - | skipped: time is moved, which only the embedded host follows |",
        "embedded: 1 passed; 0 minutes",
        "func: 1 passed, 1 skipped; 0 minutes",
    ]


def test_a_test_whose_end_fails_has_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    phases = report("test_a.py::one", "call", 1.0), report("test_a.py::one", "call", 1.0, outcome="failed")
    notes(monkeypatch, *phases).write(tmp_path, "func")
    assert read(tmp_path, "func")["test_a.py::one"].outcome == "failed"


def test_other_tests_and_other_workers_notes_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = notes(monkeypatch)
    other = pytest.TestReport("tests/unit/test_x.py::one", ("", None, ""), {}, "passed", None, "call", duration=1.0)
    found.add(other)
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    found.add(report("test_a.py::one", "call", 1.0))
    found.write(tmp_path, "func")
    assert list(tmp_path.iterdir()) == []


def test_nothing_has_run_yet(tmp_path: Path) -> None:
    assert list(table({"func": read(tmp_path, "func")}))[2:] == ["func: nothing has run; 0 minutes"]
