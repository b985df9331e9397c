"""Faults planted in `infra/`, one at a time: `tests/infra` finds those that Microsoft's compiler finds.

`recorded/` has the templates of commit f6bafa8c with their types, and 3,302 faults: the file, the line, the lines that
stand there instead, and the codes of Bicep 0.49.2 (none: it takes the template). In 45 the judge is stricter on
purpose: a value that a list of Microsoft's does not name is a fault, also where Microsoft calls the list open.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.infra.judge import Template
from tests.infra.resource_types import ResourceTypes

RECORDED = Path(__file__).parent / "recorded"
TYPES = ResourceTypes(RECORDED / "types.json")
LINES = (RECORDED / "faults.jsonl").read_text("utf-8").splitlines()
FAULTS: list[dict[str, Any]] = [json.loads(line) for line in LINES]
STRICTER = 45
KNOWN = {"logs: name may be 3 characters long, and needs 4"}
"""The fault of that commit itself (BCP334); its cure is in today's templates."""
EVERY = 75
"""So many faults of the list lie between two that are tried at each change."""


def found(folder: Path, fault: dict[str, Any]) -> str:
    """Return the first problem of a copy with the fault; empty where the judge is silent."""
    path = folder / fault["file"]
    before = path.read_text("utf-8")
    lines = before.splitlines()
    lines[fault["line"] - 1 : fault["line"]] = fault["becomes"]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    main = "customer.bicep" if fault["file"].startswith("customer") else "azd.bicep"
    try:
        problems = [each for name in (fault["file"], main) for each in Template(folder / name, TYPES).problems]
    except SyntaxError as refused:
        problems = [str(refused)]
    finally:
        path.write_text(before, "utf-8")
    return next((each for each in problems if each.partition(": ")[2] not in KNOWN), "")


@pytest.fixture
def judged(tmp_path: Path) -> Callable[[dict[str, Any]], str]:
    copy = tmp_path / "infra"
    shutil.copytree(RECORDED / "infra", copy)
    return lambda fault: found(copy, fault)


def test_the_templates_that_were_recorded_have_one_fault() -> None:
    judged = [Template(RECORDED / "infra" / f"{name}.bicep", TYPES) for name in ("azd", "main", "customer")]
    problems = [each for template in judged for each in template.problems]
    assert {each.partition(": ")[2] for each in problems} == KNOWN


def test_of_some_faults_each_that_the_compiler_finds_is_found(judged: Callable[[dict[str, Any]], str]) -> None:
    some = FAULTS[::EVERY]
    assert len(some) > 40
    assert [each for each in some if each["compiler"] and not judged(each)] == []


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_of_all_faults_the_judge_agrees_on_all_but_those_in_which_it_is_stricter(
    judged: Callable[[dict[str, Any]], str],
) -> None:
    told = Counter((bool(each["compiler"]), bool(judged(each))) for each in FAULTS)
    assert told == {(True, True): 2717, (False, False): 540, (False, True): STRICTER}
