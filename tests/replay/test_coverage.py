"""The recorded histories drive nearly every statement of the orchestrators: what they do not reach nobody compares."""

from __future__ import annotations

import pytest

from tests.replay.coverage import FLOOR, Module, measured, only, statements, total


@pytest.fixture(scope="module")
def modules() -> list[Module]:
    """Measure the coverage by the recorded histories once: it takes some seconds."""
    return measured()


def test_the_histories_reach_nearly_every_statement(modules: list[Module]) -> None:
    least = ", ".join(f"{module.path} {module.missed}" for module in modules[:5])

    assert total(modules).percent >= FLOOR, f"run python -m tests.replay.told; the least driven are {least}"


@pytest.mark.parametrize("name", ["deprovision_cloud_pc", "run_bulk_action"])
def test_the_histories_reach_nearly_every_statement_of_what_failed_unseen(modules: list[Module], name: str) -> None:
    (module,) = [each for each in modules if each.path.stem == name]

    assert module.percent >= FLOOR, f"run python -m tests.replay.told; not reached are {module.missed}"


@pytest.mark.parametrize(
    ("name", "procedures"),
    [
        ("cleaning", {"remove", "_delete"}),
        ("attempts", {"wait_for_capacity", "try_again", "_attempts"}),
        ("builds", {"wait_for_capacity", "park", "try_again"}),
    ],
)
def test_the_histories_reach_nearly_every_statement_of_these_procedures(
    modules: list[Module], name: str, procedures: set[str]
) -> None:
    (whole,) = [each for each in modules if each.path.stem == name]
    module = only(whole, procedures)

    assert module.percent >= FLOOR, f"run python -m tests.replay.told; not reached are {module.missed}"


def test_a_statement_is_what_a_function_does() -> None:
    assert statements(_SOURCE) == {6, 8, 10, 11, 13, 15}
    assert statements(_SOURCE, {"walks"}) == statements(_SOURCE)
    assert statements(_SOURCE, {"other"}) == set()


_SOURCE = '''"""A module."""
import this
NUMBER = 1
def walks(order):
    """Its docstring is none."""
    if order:
        try:
            yield order
        except ValueError:
            return
    match order:
        case 1:
            yield from ()
    def inside():
        return 1
'''
