"""The benchmark of the sweeps, small."""

from bench import sweeps


def test_among_failing_rows_of_one_tenant_every_other_tenant_has_its_turn() -> None:
    turns, done, _ = sweeps.main("300", "60")
    assert turns.goal is not None
    assert turns.numerator <= turns.goal, turns
    assert done.numerator >= turns.numerator
