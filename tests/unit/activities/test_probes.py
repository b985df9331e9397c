"""The probe's script as text: nothing here runs Windows."""

import re
from pathlib import Path

import pytest

from activities.run_commands import assemble
from shared.contracts.connections import CHECKS
from shared.domain.connection import JoinType
from shared.domain.health import PROBE_STEPS, probe_steps

SCRIPTS = Path(__file__).parents[3] / "shared" / "scripts" / "probe"
EVERY = tuple(PROBE_STEPS)


def probe(steps: tuple[str, ...]) -> str:
    return assemble(steps, frame="frame", below="probe/")


def test_every_script_is_a_step_and_every_step_a_script() -> None:
    kebab = {re.sub(r"([A-Z])", r"-\1", step).lower() for step in EVERY}
    assert {path.stem for path in SCRIPTS.glob("*.ps1")} == kebab | {"frame"}


@pytest.mark.parametrize("join", list(JoinType))
def test_the_steps_are_marked_in_order(join: JoinType) -> None:
    assert tuple(re.findall(r"^# step: (\w+)$", probe(probe_steps(join)), re.MULTILINE)) == probe_steps(join)


def test_a_probe_finds_nothing_under_the_name_of_a_look() -> None:
    assert not set(EVERY) & set(CHECKS)


def test_braces_and_parentheses_close() -> None:
    without_comments = re.sub(r"(?m)(^|\s)#.*$", "", probe(EVERY))
    code = re.sub(r"'[^']*'", "", without_comments)
    for left, right in ("{}", "()", "[]"):
        assert code.count(left) == code.count(right)


def test_every_report_of_a_bad_day_fits_what_azure_keeps() -> None:
    kept, longest = 4096, int(re.findall(r"(?m)^\$Longest = (\d+)$", probe(EVERY))[0])
    assert len(probe_steps(JoinType.HYBRID_AZURE_AD_JOIN)) * longest < kept


def test_what_is_asked_comes_as_a_parameter() -> None:
    assert all(f"[string] ${name}" in probe(EVERY) for name in ("Domain", "OrganizationalUnit", "User", "Password"))
