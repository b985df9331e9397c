"""The acceptance list has 71 facts; each is proved by a test with its number."""

import ast
import re
from pathlib import Path

FACTS = range(1, 72)
HERE = Path(__file__).parent
NUMBERED = re.compile(r"test_(\d\d)_[a-z]")


def proved() -> dict[int, list[str]]:
    """Find the numbered tests of the host: number -> the tests."""
    found: dict[int, list[str]] = {}
    for path in sorted(HERE.parent.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (match := NUMBERED.match(node.name)):
                found.setdefault(int(match[1]), []).append(f"{path.name}::{node.name}")
    return found


def test_every_fact_has_its_test() -> None:
    assert set(FACTS) - proved().keys() == set()


def test_no_number_stands_for_two_facts() -> None:
    assert {number: names for number, names in proved().items() if len(names) > 1 or number not in FACTS} == {}
