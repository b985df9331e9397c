"""Moments of periodic work: one row for each, and not all tenants at once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from shared.storage.due import next_of

AT = datetime(2026, 11, 23, 9, 13, 7, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize("every", [timedelta(minutes=1), timedelta(minutes=10), DAY, timedelta(days=7)])
def test_every_moment_before_it_has_the_same_next_one(every: timedelta) -> None:
    soon = next_of(every, AT, "contoso")
    assert AT < soon <= AT + every
    assert next_of(every, soon - timedelta(microseconds=1), "contoso") == soon
    assert next_of(every, soon, "contoso") == soon + every
    assert (soon.second, soon.microsecond) == (0, 0)


def test_five_thousand_tenants_are_spread_over_the_day() -> None:
    moments = Counter(next_of(DAY, AT, f"tenant-{n}") for n in range(5_000))
    assert max(moments.values()) < 20
