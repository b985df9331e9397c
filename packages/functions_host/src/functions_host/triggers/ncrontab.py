"""Schedules of timer triggers: NCRONTAB with six fields, or a time span (docs/notes.md 4.2)."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from functions_host.errors import ConfigError
from functions_host.settings.sections import parse_timespan
from functions_host.timestamps import EPOCH, to_us

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_FIELDS: tuple[tuple[str, int, int, list[str]], ...] = (  # name, lowest, highest, words
    ("second", 0, 59, []),
    ("minute", 0, 59, []),
    ("hour", 0, 23, []),
    ("day", 1, 31, []),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 7, _DAYS),
)
_YEARS_AHEAD = 30  # February 29 on one weekday occurs every 28 years


class Schedule:
    """Computes the next occurrence after a moment, in microseconds since the epoch."""

    def __init__(self, text: str, next_after: Callable[[int], int], period_us: int, *, adjusts: bool = True) -> None:
        self.text = text
        self.adjusts = adjusts  # to daylight saving time: a time span does not
        self.next_after = next_after
        self.period_us = period_us  # approximate; decides whether missed occurrences are recorded


def parse_schedule(text: str, zone_name: str | None = None) -> Schedule:
    """Read a schedule; ``ConfigError`` names the field that cannot be read."""
    if ":" in text:
        span_us = int(parse_timespan(text) / timedelta(microseconds=1))
        if span_us <= 0:
            raise ConfigError(f"the schedule {text!r} must be longer than zero")
        return Schedule(text, lambda moment_us: moment_us + span_us, span_us, adjusts=False)
    cron = _Cron(text, _zone(zone_name))
    first = cron.next_after(0)
    return Schedule(text, cron.next_after, cron.next_after(first) - first)


def _zone(name: str | None) -> tzinfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(f"WEBSITE_TIME_ZONE {name!r} is not known on this machine") from error


class _Cron:
    """Six sets of allowed values; day and day of week must both match."""

    def __init__(self, text: str, zone: tzinfo) -> None:
        parts = text.split()
        if len(parts) == len(_FIELDS) - 1:
            parts = ["0", *parts]
        if len(parts) != len(_FIELDS):
            raise ConfigError(
                f"the schedule {text!r} must have six fields "
                "{second} {minute} {hour} {day} {month} {day of week}"
            )
        sets = [_values(part, field) for part, field in zip(parts, _FIELDS, strict=True)]
        self._seconds, self._minutes, self._hours = (sorted(one) for one in sets[:3])
        self._days, self._months = sets[3], sets[4]
        self._weekdays = {value % 7 for value in sets[5]}
        self._text, self._zone = text, zone

    def next_after(self, moment_us: int) -> int:
        """Find the first occurrence that is later than a moment."""
        start = EPOCH + timedelta(microseconds=moment_us)
        local = start.astimezone(self._zone)
        day = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        last = day + timedelta(days=366 * _YEARS_AHEAD)
        while day <= last:
            if day.month not in self._months:
                day = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
                continue
            if day.day in self._days and (day.weekday() + 1) % 7 in self._weekdays:
                found = self._on_day(day, moment_us)
                if found is not None:
                    return found
            day += timedelta(days=1)
        raise ConfigError(f"the schedule {self._text!r} never occurs")

    def _on_day(self, day: datetime, moment_us: int) -> int | None:
        for hour in self._hours:
            top = to_us(day.replace(hour=hour, tzinfo=self._zone))
            if top + 3_600_000_000 <= moment_us:
                continue
            for minute in self._minutes:
                if top + (minute + 1) * 60_000_000 <= moment_us:
                    continue
                for second in self._seconds:
                    found = top + (minute * 60 + second) * 1_000_000
                    if found > moment_us:
                        return found
        return None


def _values(part: str, field: tuple[str, int, int, list[str]]) -> set[int]:
    name, lowest, highest, _ = field
    found: set[int] = set()
    for item in part.split(","):
        match = re.fullmatch(r"(\*|\w+)(?:-(\w+))?(?:/(\d+))?", item)
        if match is None:
            raise ConfigError(f"{item!r} is not a {name} of a schedule")
        start, end, step = match.groups()
        if start == "*":
            low, high = lowest, 6 if name == "day of week" else highest
        else:
            low = _number(start, field)
            high = _number(end, field) if end else (highest if step else low)
        if high < low or step == "0":
            raise ConfigError(f"{item!r} is not a {name} of a schedule")
        found.update(range(low, high + 1, int(step or 1)))
    return found


def _number(text: str, field: tuple[str, int, int, list[str]]) -> int:
    name, lowest, highest, words = field
    if text.lower()[:3] in words and not text.isdigit():
        return words.index(text.lower()[:3]) + lowest
    if not text.isdigit() or not lowest <= int(text) <= highest:
        raise ConfigError(f"{text!r} is not a {name} ({lowest}-{highest})")
    return int(text)
