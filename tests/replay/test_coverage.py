"""The recorded histories drive nearly every statement of the orchestrators: what they do not reach nobody compares."""

from __future__ import annotations

from tests.replay.coverage import FLOOR, measured, statements, total


def test_the_histories_reach_nearly_every_statement() -> None:
    modules = measured()
    least = ", ".join(f"{module.path} {module.missed}" for module in modules[:5])

    assert total(modules).percent >= FLOOR, f"run python -m tests.replay.told; the least driven are {least}"


def test_a_statement_is_what_a_function_does() -> None:
    assert statements(_SOURCE) == {6, 8, 10, 11, 13, 15}


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
