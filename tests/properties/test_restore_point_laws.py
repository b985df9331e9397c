"""Laws of restore points: what is kept, whatever has been made, whenever, by any actor."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.machines.restore_points import (
    BY_HAND_KEPT,
    MOST,
    WEEKS,
    RestorePoint,
    is_time,
    next_moment,
    obsolete,
)

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
EVERY = st.sampled_from([timedelta(hours=hours) for hours in (4, 6, 12, 16, 24)])


@st.composite
def points(draw: st.DrawFn) -> tuple[RestorePoint, ...]:
    ages = sorted(draw(st.lists(st.integers(0, 60 * 24), max_size=60)), reverse=True)
    return tuple(
        RestorePoint(id=str(number), created_at=NOW - timedelta(hours=age), automatic=draw(st.booleans()))
        for number, age in enumerate(ages)
    )


def kept(among: tuple[RestorePoint, ...], *, automatic: bool, at: datetime = NOW) -> list[RestorePoint]:
    gone = obsolete(among, at)
    return [point for point in among if point.id not in gone and point.automatic is automatic]


@given(points())
def test_by_hand_ten_are_kept_for_four_weeks(among: tuple[RestorePoint, ...]) -> None:
    young = [point for point in among if not point.automatic and NOW - point.created_at < BY_HAND_KEPT]
    assert kept(among, automatic=False) == young[-MOST:]


@given(points())
def test_by_the_clock_the_ten_newest_and_four_of_older_weeks_are_kept(among: tuple[RestorePoint, ...]) -> None:
    clocked = [point for point in among if point.automatic]
    left = kept(among, automatic=True)
    assert left[-MOST:] == clocked[-MOST:]
    assert len(left) <= MOST + WEEKS
    weeks = {point.created_at.isocalendar()[:2] for point in clocked}
    assert sorted(weeks)[-WEEKS:] == sorted({point.created_at.isocalendar()[:2] for point in left})[-WEEKS:]


@given(points())
def test_forgetting_twice_is_forgetting_once(among: tuple[RestorePoint, ...]) -> None:
    gone = obsolete(among, NOW)
    assert obsolete([point for point in among if point.id not in gone], NOW) == ()


@given(EVERY, st.integers(1, 60))
def test_made_for_weeks_there_are_ten_short_and_four_long_ones(every: timedelta, days: int) -> None:
    made: list[RestorePoint] = []
    at, weeks = NOW, set()
    while at < NOW + timedelta(days=days):
        made.append(RestorePoint(id=at.isoformat(), created_at=at, automatic=True))
        weeks.add(at.isocalendar()[:2])
        gone = obsolete(made, at)
        made = [point for point in made if point.id not in gone]
        at = next_moment("pc", every, at)
    assert len(made) <= MOST + WEEKS
    assert len({point.created_at.isocalendar()[:2] for point in made}) == min(WEEKS, len(weeks))


@given(st.text(max_size=20), EVERY, st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)))  # noqa: DTZ001 - made aware
def test_each_has_its_own_minute_and_always_the_same(cloud_pc_id: str, every: timedelta, moment: datetime) -> None:
    at = moment.replace(tzinfo=UTC)
    following = next_moment(cloud_pc_id, every, at)
    assert timedelta() < following - at <= every
    assert next_moment(cloud_pc_id, every, following) == following + every


@given(EVERY)
def test_one_that_was_just_made_is_not_made_again(every: timedelta) -> None:
    by_hand = RestorePoint(id="h", created_at=NOW)
    clocked = RestorePoint(id="c", created_at=NOW - every / 3, automatic=True)
    assert is_time([by_hand], every, NOW)
    assert not is_time([clocked], every, NOW)
    assert is_time([clocked], every, NOW + every)
