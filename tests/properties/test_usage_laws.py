"""Laws of recorded usage: a point stays as it was recorded first, and reports make nothing up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.spot.engine.usage import RECORDED, SpotUsage
from shared.domain.usage import MOST_POINTS, USUAL_POINTS, Interval, Mark, Point, UsageDay, aggregated, span_of

DAY = datetime(2026, 3, 2, tzinfo=UTC)
SLOT, SECOND = RECORDED.length, timedelta(seconds=1)
MARKS = st.builds(Mark, action=st.sampled_from(["start", "stop"]), reason=st.just("idle"), text=st.text(max_size=20))
POINTS = st.builds(
    Point,
    at=st.integers(0, 287).map(lambda slot: DAY + slot * SLOT),
    values=st.dictionaries(st.sampled_from(["seats", "signIns", "peakSessions", "newer"]), st.integers(0, 10**6)),
    marks=st.lists(MARKS, max_size=2).map(tuple),
)


def day_of(points: list[Point]) -> UsageDay:
    day = UsageDay(tenant_id="contoso", subject="group", day=DAY.date())
    for point in points:
        day = day.with_points(point)
    return day


@given(points=st.lists(POINTS, max_size=12))
def test_the_first_point_of_an_interval_stays_and_comes_back_in_order(points: list[Point]) -> None:
    first: Mapping[datetime, Point] = {each.at: each for each in reversed(points)}
    assert day_of(points).points() == [first[at] for at in sorted(first)]


@given(points=st.lists(POINTS, max_size=6))
def test_a_day_survives_its_row(points: list[Point]) -> None:
    day = day_of(points)
    assert UsageDay.model_validate(day.to_json()).points() == day.points()


@given(points=st.lists(POINTS, max_size=20, unique_by=lambda each: each.at), interval=st.sampled_from(Interval))
def test_totals_are_the_same_in_every_interval_and_averages_lie_between(
    points: list[Point], interval: Interval
) -> None:
    report = aggregated(points, span_of(DAY, DAY + timedelta(days=1), interval, RECORDED), SLOT, SpotUsage)
    seats = [each.values["seats"] for each in points if "seats" in each.values]
    assert sum(each.sign_ins or 0 for each in report) == sum(each.values.get("signIns", 0) for each in points)
    assert max((each.peak_sessions or 0 for each in report), default=0) == max(
        (each.values.get("peakSessions", 0) for each in points), default=0
    )
    assert all(min(seats) <= each.seats <= max(seats) for each in report if each.seats is not None)
    assert sum(each.recorded_minutes for each in report) == 5 * len(points)
    assert sum(mark.count for each in report for mark in each.marks) == sum(len(each.marks) for each in points)


@given(points=st.lists(POINTS, max_size=20, unique_by=lambda each: each.at), interval=st.sampled_from(Interval))
def test_an_interval_without_a_point_is_a_gap(points: list[Point], interval: Interval) -> None:
    report = aggregated(points, span_of(DAY, DAY + timedelta(days=1), interval, RECORDED), SLOT, SpotUsage)
    begins = [each.interval_start_date_time for each in report]
    assert begins == sorted({interval.begin(each.at) for each in points})


@given(later=st.timedeltas(timedelta(), timedelta(days=365)), long=st.timedeltas(SECOND, timedelta(days=90)))
def test_a_period_without_an_interval_has_whole_ones_and_few_points(later: timedelta, long: timedelta) -> None:
    start = DAY + later
    span = span_of(start, start + long, None, RECORDED)
    assert span.start <= start < start + long <= span.end
    assert (span.start, span.end) == (span.interval.begin(span.start), span.interval.begin(span.end))
    assert (span.end - span.start) / span.interval.length <= USUAL_POINTS + 1 <= MOST_POINTS
