"""All 67 failure scenarios exist, and those of what is built are all played (docs/notes/azure.md 6)."""

from __future__ import annotations

import re

import pytest

from local.play import BUILT, table
from local.verdict import EXPECTED
from tests.e2e.scenes import ELSEWHERE, FILES, parts
from tests.house.tree import ROOT, text

SCENARIOS = table()
PLAYED_BY = [ROOT / "tests" / "e2e" / f"test_scenarios_{part + 1}.py" for part in range(FILES)]


def test_every_number_is_there_once() -> None:
    assert [each["number"] for each in SCENARIOS] == list(range(1, 68))


def test_every_file_has_its_number_in_front() -> None:
    assert [name for each in SCENARIOS if not (name := each["name"]).startswith(f"{each['number']}-")] == []


def test_every_scenario_of_what_is_built_is_played() -> None:
    built = {each["name"] for each in SCENARIOS if each["needs"] in BUILT and each["number"] not in ELSEWHERE}
    dealt = [name for part in parts() for name in part]
    assert sorted(dealt) == sorted(built)


@pytest.mark.parametrize("part", range(FILES))
def test_every_part_has_its_file(part: int) -> None:
    assert re.search(rf"parts\(\)\[{part}\]", text(PLAYED_BY[part]))


def test_what_is_played_elsewhere_is_played_there() -> None:
    assert [path for path in ELSEWHERE.values() if not (ROOT / path).is_file()] == []
    assert {each["needs"] for each in SCENARIOS if each["number"] in ELSEWHERE} <= BUILT


def test_what_is_played_can_fail() -> None:
    empty = [
        each["name"]
        for each in SCENARIOS
        if each["needs"] in BUILT and not {"end", "group", "release", "version"} & set(each["expect"])
    ]
    assert empty == []


def test_what_is_expected_can_be_judged() -> None:
    assert [each["name"] for each in SCENARIOS if not set(each["expect"]) <= EXPECTED] == []
