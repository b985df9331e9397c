"""Schedules of timer triggers: NCRONTAB with six fields, or a time span (docs/notes.md 4.2)."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from functions_host.errors import ConfigError
from functions_host.settings.sections import parse_timespan
from functions_host.timestamps import EPOCH, to_us

_MONTHS = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
]  # fmt: skip
_DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
_FIELDS: tuple[tuple[str, int, int, list[str]], ...] = (  # name, lowest, highest, words
    ("second", 0, 59, []),
    ("minute", 0, 59, []),
    ("hour", 0, 23, []),
    ("day", 1, 31, []),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 6, _DAYS),
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
        self._weekdays = sets[5]
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
                found = self._on_day(day, moment_us, local)
                if found is not None:
                    return found
            day += timedelta(days=1)
        raise ConfigError(f"the schedule {self._text!r} never occurs")

    def _on_day(self, day: datetime, moment_us: int, base: datetime) -> int | None:
        """Find the first occurrence of a day.

        NCrontab goes on from the second of the moment *base* when only the minute or the hour changes, and so skips
        earlier seconds of that minute (seen with NCrontab.Signed 3.3.2).
        """
        later = [second for second in self._seconds if second > base.second] if day.date() == base.date() else []
        for hour in self._hours:
            top = to_us(day.replace(hour=hour, tzinfo=self._zone))
            if top + 3_600_000_000 <= moment_us:
                continue
            for minute in self._minutes:
                if top + (minute + 1) * 60_000_000 <= moment_us:
                    continue
                for second in later[:1] if later and top + minute * 60_000_000 > moment_us else self._seconds:
                    found = top + (minute * 60 + second) * 1_000_000
                    if found > moment_us:
                        return found
        return None


def _values(part: str, field: tuple[str, int, int, list[str]]) -> set[int]:
    """Read one field as NCrontab does: a step of 0 or less is 1, a range the wrong way round is turned."""
    name, lowest, highest, _ = field
    found: set[int] = set()
    for item in part.split(",") if not part.startswith(",") else [part]:
        values, slash, step = item.partition("/") if not item.startswith("/") else (item, "", "")
        if slash and not re.fullmatch(r"[+-]?\d+", step, re.ASCII):
            raise ConfigError(f"{item!r} is not a {name} of a schedule")
        first, dash, last = values.partition("-")
        if values == "*":
            low, high = lowest, highest
        else:
            low = _number(first, field)
            high = _number(last, field) if dash else (highest if slash else low)
        low, high = min(low, high), max(low, high)
        found.update(range(low, high + 1, max(1, int(step or 1))))
    return found


def _number(text: str, field: tuple[str, int, int, list[str]]) -> int:
    """Read a number, or the beginning of a name."""
    name, lowest, highest, words = field
    named = next((index for index, word in enumerate(words) if text and word.startswith(text.lower())), None)
    if named is not None:
        return named + lowest
    if not re.fullmatch(r"\d+", text, re.ASCII) or not lowest <= int(text) <= highest:
        raise ConfigError(f"{text!r} is not a {name} ({lowest}-{highest})")
    return int(text)
