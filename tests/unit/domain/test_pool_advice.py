"""Advice on the size of a warm pool, and its schedule of sizes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from shared.domain.policies.warm_pool import (
    AT_ONCE,
    REFILL,
    PoolSchedule,
    PoolSize,
    SizeException,
    SizePhase,
    refill_time,
)
from shared.domain.pools.advice import advised

MONDAY = datetime(2026, 11, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def ordinary(days: int = 20) -> list[datetime]:
    """Three people a day, an hour apart, as they begin to work."""
    return [MONDAY + number * DAY + timedelta(hours=hour) for number in range(days) for hour in range(3)]


def test_usual_days_are_advised_the_most_of_one_refill() -> None:
    advice = advised(ordinary(), PoolSize())
    assert (advice.asked, advice.desired, advice.busy_days) == (60, 2, ())


def test_a_day_that_stands_out_is_named_and_does_not_raise_the_usual_size() -> None:
    begin = MONDAY + 7 * DAY
    many = [begin + timedelta(seconds=30 * number) for number in range(200)]
    advice = advised([*ordinary(), *many], PoolSize())
    assert advice.desired == 2
    assert [(each.on, each.size) for each in advice.busy_days] == [(begin.date(), 203)]


def test_advice_keeps_the_limits_of_the_pool() -> None:
    assert advised(ordinary(), PoolSize(minimum=5)).desired == 5
    assert advised(ordinary(), PoolSize(maximum=1)).desired == 1


def test_there_is_no_advice_from_a_few_requests() -> None:
    advice = advised(ordinary(3), PoolSize())
    assert advice.desired is None
    assert "20 requests" in advice.why


@pytest.mark.parametrize(
    ("before", "size"),
    [
        (refill_time(200) + timedelta(minutes=1), 2),
        (refill_time(200), 200),
        (timedelta(), 200),
        (-timedelta(hours=3, minutes=59), 200),
        (-timedelta(hours=4, minutes=1), 2),
    ],
)
def test_a_date_has_sizes_of_its_own_and_its_members_are_begun_in_time(before: timedelta, size: int) -> None:
    usual, many, fewer = (SizePhase(begins=time(hour), size=size) for hour, size in ((0, 2), (8, 200), (12, 2)))
    schedule = PoolSchedule(
        time_zone="UTC", phases=(usual,), exceptions=(SizeException(on=date(2026, 11, 9), phases=(many, fewer)),)
    )
    assert schedule.size_at(MONDAY + 7 * DAY - before) == size


def test_members_are_begun_in_rounds() -> None:
    assert [refill_time(size) for size in (0, 1, AT_ONCE, AT_ONCE + 1)] == [timedelta(), REFILL, REFILL, 2 * REFILL]


def test_two_phases_at_one_time_are_refused() -> None:
    phases = (SizePhase(begins=time(8), size=1), SizePhase(begins=time(8), size=2, days=(1,)))
    assert [at for at, _ in PoolSchedule(time_zone="Europe/Berlin", phases=phases).problems()] == ["phases/1/begins"]
