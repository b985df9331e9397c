"""The probe's script as text: no test runs Windows."""

import re

import pytest

from activities.machines.run_commands import assemble
from shared.contracts.connections import CHECKS
from shared.domain.networks.connection import JoinType
from shared.domain.networks.health import PROBE_STEPS, probe_steps
from tests.unit.activities.test_configuration import scripts_in

EVERY = tuple(PROBE_STEPS)


def probe(steps: tuple[str, ...]) -> str:
    return assemble(steps, frame="frame", below="probe/")


def test_every_script_is_a_step_and_every_step_a_script() -> None:
    kebab = {re.sub(r"([A-Z])", r"-\1", step).lower() for step in EVERY}
    assert scripts_in("shared/scripts/probe").keys() == kebab | {"frame"}


@pytest.mark.parametrize("join", list(JoinType))
def test_the_steps_are_marked_in_order(join: JoinType) -> None:
    assert tuple(re.findall(r"^# step: (\w+)$", probe(probe_steps(join)), re.MULTILINE)) == probe_steps(join)


def test_a_probe_and_a_check_have_no_name_in_common() -> None:
    assert not set(EVERY) & set(CHECKS)


def test_braces_and_parentheses_close() -> None:
    without_comments = re.sub(r"(?m)(^|\s)#.*$", "", probe(EVERY))
    code = re.sub(r"'[^']*'", "", without_comments)
    for left, right in ("{}", "()", "[]"):
        assert code.count(left) == code.count(right)


def test_the_longest_reports_fit_into_what_azure_keeps() -> None:
    kept, longest = 4096, int(re.findall(r"(?m)^\$Longest = (\d+)$", probe(EVERY))[0])
    assert len(probe_steps(JoinType.HYBRID_AZURE_AD_JOIN)) * longest < kept


def test_the_values_of_the_script_are_parameters() -> None:
    assert all(f"[string] ${name}" in probe(EVERY) for name in ("Domain", "OrganizationalUnit", "User", "Password"))
