"""Maintenance windows: times in which work on Cloud PCs may begin that disturbs people. Pure.

The names are those of Graph's ``maintenanceWindows``. Times are local: those of the region that a Cloud PC is in.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from shared.domain.graph_property import edit_of
from shared.domain.policies.policy import Assignment
from shared.domain.values import Counted, Label, LocalTime, NamedRecord, Value, wrong_at

SHORTEST = timedelta(hours=2)
"""A shorter window is refused, as Windows 365 refuses it."""

_A_WEEK = 8
_FRIDAY = 5
_DAY = timedelta(days=1)


class ScheduleType(StrEnum):
    """Days of a schedule: Monday to Friday, or Saturday and Sunday."""

    WEEKDAY = "weekday"
    WEEKEND = "weekend"


class MaintenanceSchedule(Value):
    """Hours of a maintenance window; an end that is not after the start is on the day after."""

    schedule_type: ScheduleType
    start_time: LocalTime = Field(description="local time")
    end_time: LocalTime = Field(
        description="local time, at least two hours after the start; it may be on the day after"
    )

    @model_validator(mode="after")
    def _is_long_enough(self) -> "MaintenanceSchedule":
        if self.length < SHORTEST:
            raise wrong_at("endTime", "a window is at least two hours long")
        return self

    @property
    def length(self) -> timedelta:
        """The time from the start to the end by the clock."""
        begin, end = (datetime.combine(date(2000, 1, 1), each) for each in (self.start_time, self.end_time))
        return end - begin if end > begin else end - begin + _DAY

    def is_of(self, day: date) -> bool:
        """Whether a window opens on a day."""
        return (day.isoweekday() <= _FRIDAY) is (self.schedule_type is ScheduleType.WEEKDAY)

    def opening(self, day: date, zone: str) -> tuple[datetime, datetime]:
        """Return the moments between which the window is open that opens on a day."""
        begin = datetime.combine(day, self.start_time)
        return _moment(begin, zone), _moment(begin + self.length, zone)


class MaintenanceWindowForm(Value):
    """A maintenance window to create."""

    display_name: Label
    description: Annotated[str, Field(max_length=1000)] = ""
    notification_lead_time_in_minutes: int = Field(
        60, ge=0, le=1440, description="how long before the work people are told"
    )
    schedules: Annotated[tuple[MaintenanceSchedule, ...], Field(min_length=1, max_length=14), Counted()]


MaintenanceWindowEdit = edit_of(
    MaintenanceWindowForm, "MaintenanceWindowEdit", "Changed properties of a maintenance window."
)


class CloudPcMaintenanceWindow(NamedRecord, MaintenanceWindowForm):
    """A maintenance window of a tenant, and the groups whose Cloud PCs it applies to."""

    assignments: tuple[Assignment, ...] = ()

    def openings(self, zone: str, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the openings of the day before *at* and of the week after it."""
        here = at.astimezone(ZoneInfo(zone)).date()
        for number in range(-1, _A_WEEK):
            day = here + number * _DAY
            yield from (each.opening(day, zone) for each in self.schedules if each.is_of(day))

    def next_begin(self, zone: str, at: datetime, needs: timedelta) -> datetime | None:
        """Return the first moment from *at* on at which work begins and ends inside an opening.

        It is *at* itself where that fits; None where no opening is long enough for the work.
        """
        fitting = (max(begin, at) for begin, end in self.openings(zone, at) if max(begin, at) + needs <= end)
        return min(fitting, default=None)


def window_of(windows: Iterable[CloudPcMaintenanceWindow], group_id: str | None) -> CloudPcMaintenanceWindow | None:
    """Return the window of the Cloud PCs of a group, or None without one; the first assignment counts."""
    found = [
        (assignment.assigned_at, window.id, window)
        for window in windows
        for assignment in window.assignments
        if assignment.group_id == group_id
    ]
    return min(found, key=lambda each: each[:2])[2] if found else None


def _moment(local: datetime, zone: str) -> datetime:
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
