"""Maintenance windows: their openings in local time, and the moment at which work fits."""

from datetime import UTC, datetime, time, timedelta

import pytest
from pydantic import ValidationError

from shared.domain.policies.maintenance_window import (
    CloudPcMaintenanceWindow,
    MaintenanceSchedule,
    ScheduleType,
    window_of,
)
from shared.domain.policies.policy import Assignment

BERLIN = "Europe/Berlin"
HOUR = timedelta(hours=1)
WEEKDAY, WEEKEND = ScheduleType.WEEKDAY, ScheduleType.WEEKEND


def schedule(kind: ScheduleType, start: int, end: int) -> MaintenanceSchedule:
    return MaintenanceSchedule(schedule_type=kind, start_time=time(start), end_time=time(end))


def window(*schedules: MaintenanceSchedule, id: str = "w", at: datetime | None = None) -> CloudPcMaintenanceWindow:  # noqa: A002 - the word of every record
    since = at or datetime(2026, 1, 1, tzinfo=UTC)
    return CloudPcMaintenanceWindow(
        id=id,
        tenant_id="t",
        display_name=id,
        schedules=schedules,
        assignments=(Assignment(id=id, group_id="g", assigned_at=since),),
        created_date_time=since,
        last_modified_date_time=since,
    )


NIGHTS = window(schedule(WEEKDAY, 22, 4))


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of March 2026 by the clocks of Berlin before summer time; the 2nd is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - HOUR


@pytest.mark.parametrize(
    ("at", "hours", "begins"),
    [
        (berlin(2, 12), 1, berlin(2, 22)),
        (berlin(2, 23), 1, berlin(2, 23)),
        (berlin(3, 2), 1, berlin(3, 2)),  # opened on the day before
        (berlin(3, 3), 1, berlin(3, 3)),
        (berlin(3, 3, 1), 1, berlin(3, 22)),  # it would not end
        (berlin(3, 0), 5, berlin(3, 22)),
        (berlin(7, 1), 1, berlin(7, 1)),  # Friday's, on Saturday morning
        (berlin(7, 12), 1, berlin(9, 22)),  # none at the weekend
        (berlin(2, 12), 7, None),  # longer than any opening
    ],
)
def test_work_begins_where_it_ends_in_an_opening(at: datetime, hours: int, begins: datetime | None) -> None:
    assert NIGHTS.next_begin(BERLIN, at, hours * HOUR) == begins


def test_a_window_is_open_by_the_clock_of_its_place() -> None:
    assert NIGHTS.next_begin("America/New_York", berlin(2, 22), HOUR) == datetime(2026, 3, 3, 3, tzinfo=UTC)


def test_the_night_of_the_change_of_the_clocks_is_an_hour_shorter() -> None:
    weekends = window(schedule(WEEKEND, 22, 4))  # 29 March 2026, 2:00 becomes 3:00
    begin = datetime(2026, 3, 28, 21, tzinfo=UTC)
    assert weekends.next_begin(BERLIN, begin, 5 * HOUR) == begin
    assert weekends.next_begin(BERLIN, begin, 6 * HOUR) == datetime(2026, 3, 29, 20, tzinfo=UTC)


def test_the_earliest_of_several_schedules_counts() -> None:
    both = window(schedule(WEEKDAY, 22, 4), schedule(WEEKEND, 8, 20))
    assert both.next_begin(BERLIN, berlin(7, 5), HOUR) == berlin(7, 8)


@pytest.mark.parametrize(("start", "end"), [(8, 9), (23, 0), (22, 23)])
def test_a_window_is_at_least_two_hours_long(start: int, end: int) -> None:
    with pytest.raises(ValidationError, match="at least two hours"):
        schedule(WEEKDAY, start, end)


def test_a_whole_day_and_two_hours_over_midnight_are_windows() -> None:
    assert schedule(WEEKEND, 0, 0).length == timedelta(days=1)
    assert schedule(WEEKEND, 23, 1).length == 2 * HOUR


def test_the_window_that_was_assigned_first_counts() -> None:
    later = window(schedule(WEEKEND, 8, 20), id="a", at=datetime(2026, 2, 1, tzinfo=UTC))
    assert window_of([later, NIGHTS], "g") == NIGHTS
    assert window_of([later, NIGHTS], "other") is None
    assert window_of([NIGHTS], None) is None
