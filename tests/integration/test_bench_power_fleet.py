"""The benchmark of a fleet's power, small."""

from bench.power_fleet import figures


def test_starts_keep_to_computes_limit_and_a_tick_without_work_is_one_request() -> None:
    together, refused, few, many, billed = figures(2000)
    margin = 20  # seconds, in which the part of the burst comes that the limiter keeps back
    assert together.denominator <= together.numerator <= together.denominator + margin, together
    assert refused.numerator == 0
    assert [each.numerator for each in (few, many)] == [1, 1]
    assert billed.numerator <= 15, "a list every five minutes, and ten minutes from then on"
