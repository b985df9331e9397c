"""The longest files begin first: what decides it names files and fixtures that are there."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.house.tree import text, tracked
from tests.ordering import LONGEST, SECONDS, longest_first


def item(file: str, *fixtures: str) -> Any:
    return SimpleNamespace(path=Path(file), fixturenames=fixtures)


def test_files_with_processes_of_their_own_come_before_many_short_tests_and_stay_together() -> None:
    short = [item("test_short.py") for _ in range(30)]
    offices = [item("test_offices.py", "open_office", "stack"), item("test_offices.py")]
    own = item("test_own.py", "start_stack")
    listed = item(f"test_{LONGEST[0]}.py")
    assert longest_first([*short, offices[0], own, offices[1], listed]) == [listed, own, *offices, *short]


def test_every_file_and_every_fixture_that_is_named_is_there() -> None:
    tests = [path for path in tracked() if path.suffix == ".py" and "tests" in path.parts]
    assert {f"test_{name}" for name in LONGEST} <= {path.stem for path in tests}
    made = {name for path in tests for name in re.findall(r"@pytest\.fixture.*\n(?:async )?def (\w+)", text(path))}
    assert set(SECONDS) <= made
