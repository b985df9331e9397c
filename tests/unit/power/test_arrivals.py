"""Starts before working hours by the usual arrival of a user, also on days on which clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.domain.networks.regions import SUPPORTED_REGIONS
from shared.domain.power.arrivals import KEPT, arrived, expected
from shared.domain.power.hours import hold_until, working_hours
from shared.domain.power.schedule import is_zone
from shared.domain.power.settings import PowerPhase, PowerScheduleForm, PowerSettings
from shared.domain.power.zones import ZONES, zone_of

BERLIN, MINUTE = ZoneInfo("Europe/Berlin"), timedelta(minutes=1)
WEEK = PowerScheduleForm(display_name="x").settings("Europe/Berlin")
ASLEEP = WEEK.but(stops_in_working_hours=True)


def local(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=BERLIN).astimezone(UTC)


def came(*minutes: int, first: date = date(2026, 3, 16)) -> tuple[datetime, ...]:
    """Arrivals of the days from *first* on, as minutes after eight o'clock."""
    return tuple(local(first + timedelta(days=n), 8) + each * MINUTE for n, each in enumerate(minutes))


MONDAY = date(2026, 3, 23)
BEFORE = local(MONDAY, 3)


def test_the_first_time_of_a_day_s_work_is_kept_of_the_last_ten_days() -> None:
    found: tuple[datetime, ...] = ()
    for day in range(12):
        for hour in (9, 14):
            found = arrived(found, local(MONDAY + timedelta(days=day), hour))
    assert (len(found), found[0]) == (KEPT, local(MONDAY + timedelta(days=2), 9))


def test_who_comes_back_after_midnight_has_come_once() -> None:
    came_at = local(MONDAY, 21, 50)
    assert arrived((came_at,), local(date(2026, 3, 24), 2)) == (came_at,)


def starts(schedule: PowerSettings, arrivals: tuple[datetime, ...], now: datetime = BEFORE) -> datetime | None:
    found = expected(schedule, arrivals, now, "a")
    return found.starts if found else None


def test_a_machine_that_sleeps_starts_before_its_user_usually_comes_and_waits_until_the_latest_usual_time() -> None:
    found = expected(ASLEEP, came(60, 62, 64, 58, 60), BEFORE, "a")
    assert found == (local(MONDAY, 8, 40), local(MONDAY, 9, 12))


def test_the_earliest_usual_time_counts_where_somebody_comes_now_and_now() -> None:
    assert starts(ASLEEP, came(20, 20, 60, 60, 60)) == local(MONDAY, 8, 10)


def test_one_odd_day_and_days_before_the_clocks_change_make_no_difference() -> None:
    tuesday = date(2026, 3, 31)  # the clocks were put forward on the 29th
    assert starts(ASLEEP, came(60, 60, 0, 60, 60), local(tuesday, 3)) == local(tuesday, 8, 40)


def test_of_a_shift_that_begins_before_midnight_the_usual_time_is_that_of_its_evening() -> None:
    nights = ASLEEP.but(
        phases=(
            PowerPhase(begins=time(21, 30), days=(1, 2, 3, 4, 5), working=True),
            PowerPhase(begins=time(6, 30), days=(2, 3, 4, 5, 6), working=False),
        )
    )
    arrivals = (*came(13 * 60 + 50, 13 * 60 + 50, 13 * 60 + 50), local(date(2026, 3, 20), 0, 10))
    assert starts(nights, arrivals) == local(MONDAY, 21, 30)


def test_nobody_is_expected_on_a_weekday_on_which_they_have_not_come_for_weeks() -> None:
    mondays = tuple(local(MONDAY - timedelta(weeks=week), 9) for week in (4, 3, 2, 1))
    tuesday = date(2026, 3, 24)
    assert starts(ASLEEP, mondays, local(tuesday, 3)) == local(tuesday, 19)
    assert starts(ASLEEP, mondays) == local(MONDAY, 8, 40)


def test_a_machine_that_is_kept_on_runs_when_working_hours_begin_whenever_its_user_comes() -> None:
    for minutes in ((), (60, 70, 80), (-70, -70, -70), (-300, -300, -300)):
        found = starts(WEEK, came(*minutes))
        assert found is not None
        assert local(MONDAY, 6, 45) <= found <= local(MONDAY, 7), minutes


def test_starts_without_history_are_spread() -> None:
    found = {expected(WEEK, (), BEFORE, f"machine-{n}") for n in range(200)}
    assert len(found) > 30


def test_without_working_hours_nothing_starts() -> None:
    assert starts(PowerSettings(time_zone="UTC"), came(1, 2, 3)) is None
    assert starts(ASLEEP, ()) is None


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (local(MONDAY, 3), local(MONDAY, 6, 45)),
        (local(MONDAY, 12), local(date(2026, 3, 24), 6, 45)),
        (local(date(2026, 3, 27), 20), local(date(2026, 3, 30), 6, 45)),
    ],
)
def test_a_hold_ends_with_the_next_working_hours(now: datetime, until: datetime) -> None:
    assert hold_until(WEEK, now, timedelta(days=1)) == until


def test_without_working_hours_a_hold_lasts_for_its_longest_time() -> None:
    never = WEEK.but(phases=(PowerPhase(begins=time(0), working=False),))
    for schedule in (None, never):
        assert hold_until(schedule, BEFORE, timedelta(days=1)) == BEFORE + timedelta(days=1)


def test_working_hours_have_a_begin_and_an_end() -> None:
    assert working_hours(WEEK, BEFORE) == (local(MONDAY, 7), local(MONDAY, 19))


def test_every_supported_region_has_a_time_zone() -> None:
    assert set(ZONES) == {region.id for region in SUPPORTED_REGIONS}
    assert all(is_zone(zone) for zone in ZONES.values())
    assert zone_of("nowhere") == "UTC"
