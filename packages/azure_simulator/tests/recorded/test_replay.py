"""The simulated cloud answers recordings of Azure as Azure did; where it does not, `known_differences.json` says why.

A difference that is not listed fails, and so does a listed one that no longer happens. It needs the recordings, which
are not part of this repository (`recordings.py`); without them it is skipped.
"""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from packages.azure_simulator.tests.recorded import recordings
from packages.azure_simulator.tests.recorded.findings import Findings
from packages.azure_simulator.tests.recorded.replaying import replay

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

KNOWN = Path(__file__).with_name("known_differences.json")
_FEWEST_ANSWERS = 5
_FEWEST_REQUESTS = 5_000


@pytest.fixture(scope="module")
def findings() -> Findings:
    root = recordings.folder()
    if root is None:
        pytest.skip(f"{recordings.FOLDER} names no folder with recordings: see docs/fidelity.md")
    found = Findings()
    for recording in recordings.read(root):
        replay(recording, found)
    if report := os.environ.get("DESKWRIGHT_RECORDINGS_REPORT"):
        Path(report).write_text(_report(found))
    return found


def shapes(found: Findings) -> set[str]:
    """Return the members that half of Azure's answers have and none of ours, and those that are only in all of ours."""
    said: set[str] = set()
    for kind, answers in found.recorded.items():
        count = len(answers)
        if count < _FEWEST_ANSWERS:
            continue
        azure = Counter(member for each in answers for member in each)
        ours = Counter(member for each in found.ours[kind] for member in each)
        said |= {f"{kind} lacks {name}" for name, n in azure.items() if n >= count / 2 and not ours[name]}
        said |= {f"{kind} only here {name}" for name, n in ours.items() if n == count and not azure[name]}
    return said


def known(part: str) -> set[str]:
    return {name for each in json.loads(KNOWN.read_text()) if each["part"] == part for name in each["differences"]}


def _report(found: Findings) -> str:
    rows = sorted(found.differences.items(), key=lambda one: (-len(one[1]), one[0]))
    rows += sorted(found.values.items(), key=lambda one: (-len(one[1]), one[0]))
    lines = [f"{len(where):5} {what}  ({where[0]})" for what, where in rows]
    lines += ["", *sorted(shapes(found)), "", f"same: {found.same}"]
    return "\n".join([*lines, *(f"left out, {why}: {count}" for why, count in found.left_out.most_common())]) + "\n"


def test_every_difference_in_status_or_code_is_known(findings: Findings) -> None:
    assert set(findings.differences) - known("answers") == set()


def test_every_known_difference_in_status_or_code_still_happens(findings: Findings) -> None:
    assert known("answers") - set(findings.differences) == set()


def test_every_difference_in_members_is_known(findings: Findings) -> None:
    assert shapes(findings) - known("members") == set()


def test_every_known_difference_in_members_still_happens(findings: Findings) -> None:
    assert known("members") - shapes(findings) == set()


def test_every_difference_in_values_is_known(findings: Findings) -> None:
    assert set(findings.values) - known("values") == set()


def test_every_known_difference_in_values_still_happens(findings: Findings) -> None:
    assert known("values") - set(findings.values) == set()


def test_enough_was_compared_for_this_to_mean_something(findings: Findings) -> None:
    assert findings.same > _FEWEST_REQUESTS
