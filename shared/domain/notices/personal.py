"""The mail preferences of users: the types that they leave out, and quiet hours in their own time. Pure."""

from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from shared.domain.notices.events import EventType
from shared.domain.power.schedule import known_zone
from shared.domain.values import Value, distinct, when_written, wrong_at

_DAY = timedelta(days=1)

CHOICES = tuple(each for each in EventType if each.personal and not each.mandatory)
"""Types that a user may leave out: nobody opts out of removals and security."""


def _may_be_left_out(value: str) -> str:
    if value not in set(CHOICES):
        raise ValueError(f"write one of {', '.join(CHOICES)}: all other mail is always sent")
    return value


OptedOut = Annotated[
    tuple[Annotated[str, Field(max_length=100), when_written(_may_be_left_out)], ...],
    Field(max_length=50, description="types of events that are not mailed"),
    AfterValidator(distinct),
]
OwnZone = Annotated[str, Field(max_length=100), when_written(known_zone)]


class QuietHours(Value):
    """Hours of every day in which no mail is sent that can wait; an end before the start is on the day after."""

    start_time: time = Field(description="local time")
    end_time: time = Field(description="local time")

    @model_validator(mode="after")
    def _is_some_of_the_day(self) -> "QuietHours":
        if self.start_time.tzinfo or self.end_time.tzinfo:
            raise wrong_at("startTime", "write a local time, without a time zone")
        if self.start_time == self.end_time:
            raise wrong_at("endTime", "write another time than the start: the whole day is never quiet")
        return self

    def end_after(self, at: datetime, zone: str) -> datetime | None:
        """Return when the quiet hours end in which *at* is, None where it is in none. *zone*: an IANA name."""
        here = ZoneInfo(zone)
        for day in (at.astimezone(here).date() - _DAY, at.astimezone(here).date()):
            begin = datetime.combine(day, self.start_time, here)
            last = day if self.start_time < self.end_time else day + _DAY
            end = datetime.combine(last, self.end_time, here)
            if begin.timestamp() <= at.timestamp() < end.timestamp():
                return datetime.fromtimestamp(end.timestamp(), at.tzinfo)
        return None


class PersonalNoticesEdit(Value):
    """Changes of the caller's mail preferences; properties that are left out stay, null takes a value back."""

    opted_out: OptedOut | None = None
    quiet_hours: QuietHours | None = Field(None, description="mail that can wait is sent at their end")
    time_zone: OwnZone | None = Field(None, description="an IANA name; null: of the user's country, or of the site")


class PersonalNotices(Value):
    """The mail preferences of a user. *id*: of the user.

    *time_zone*: of their quiet hours, None for the one of their country, or of the site of the Cloud PC.
    """

    id: str
    tenant_id: str
    opted_out: OptedOut = ()
    quiet_hours: QuietHours | None = None
    time_zone: OwnZone | None = None
    last_modified_date_time: datetime | None = None

    def wants(self, event_type: str) -> bool:
        """Whether the user gets mail of a type of events. A choice of before that became mandatory does not count."""
        return event_type not in self.opted_out or event_type not in set(CHOICES)

    def changed(self, edit: PersonalNoticesEdit, at: datetime) -> "PersonalNotices":
        """Return the preferences after an edit; the same values are no change."""
        given = {name: getattr(edit, name) for name in edit.model_fields_set}
        if given.get("opted_out", ()) is None:
            given["opted_out"] = ()
        after = self.but(**given)
        return self if after == self else after.but(last_modified_date_time=at)
