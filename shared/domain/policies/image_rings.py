"""Settings of image rings: the monthly rebuild of a policy's Cloud PCs by its image, on a canary first."""

from calendar import monthrange
from datetime import UTC, datetime
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import Field

from shared.domain.power.schedule import known_zone
from shared.domain.values import Id, Value, Word, when_written

NOT_KEPT = "keep deleted Cloud PCs first: the tenant's setting deletedCloudPcsKeptInDays is 0, and rebuilds lose disks"


class Month(NamedTuple):
    """A month of image rings: its name, and the moment at which it begins."""

    name: str
    begins: datetime


class ImageRings(Value):
    """The monthly rebuild of a policy's Cloud PCs by its image."""

    enabled: bool = Field(
        False, title="Every month", description="Whether Cloud PCs with an older image are rebuilt; disks must be kept."
    )
    day_of_month: int = Field(
        15, ge=1, le=31, title="Day", description="Of the month, from midnight on; a shorter month: its last day."
    )
    time_zone: Annotated[Word, when_written(known_zone)] = Field(
        "UTC", title="Time zone", description="Of the day; an IANA name, such as Europe/Berlin."
    )
    canary_percent: int = Field(
        5, ge=1, le=50, title="Canary (percent)", description="Of its Cloud PCs, rounded up; always the same ones."
    )
    canary_group_id: Id | None = Field(
        None, title="Canary group", description="A group of the policy: its Cloud PCs are the canary, not a share."
    )
    canary_days: int = Field(
        3, ge=1, le=14, title="Canary works for (days)", description="Before all others are rebuilt."
    )
    max_failures: int = Field(
        0, ge=0, le=100, title="Failures at most", description="Of the canary; with more the month is halted."
    )

    def month_at(self, now: datetime) -> Month:
        """Return the month whose day came last."""
        here = now.astimezone(ZoneInfo(self.time_zone))
        this = self._month(here.year, here.month)
        return this if this.begins <= now else self._month(*_before(here.year, here.month))

    def next_begin(self, now: datetime) -> datetime:
        """Return the begin of the month after the month of *now*."""
        name = self.month_at(now).name
        return self._month(*_after(*map(int, name.split("-")))).begins

    def _month(self, year: int, month: int) -> Month:
        day = min(self.day_of_month, monthrange(year, month)[1])
        begins = datetime(year, month, day, tzinfo=ZoneInfo(self.time_zone)).astimezone(UTC)
        return Month(f"{year:04d}-{month:02d}", begins)


def _before(year: int, month: int) -> tuple[int, int]:
    return (year - 1, 12) if month == 1 else (year, month - 1)


def _after(year: int, month: int) -> tuple[int, int]:
    return (year + 1, 1) if month == 12 else (year, month + 1)  # noqa: PLR2004 - December
