"""Status of a timer trigger: its last and its next run (docs/notes.md 4.2)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from azure.functions import meta

from functions_host.errors import ConfigError
from functions_host.functions.indexer import Function
from functions_host.settings.config import resolve
from functions_host.timestamps import EPOCH
from functions_host.triggers.ncrontab import Schedule, parse_schedule

_MINUTE_US = 60_000_000
_NEVER = "0001-01-01T00:00:00+00:00"  # the default of .NET


@dataclass(frozen=True, slots=True)
class Status:
    """The moment of the last run (None before the first), of the next run, and of the last change of these two."""

    last_us: int | None
    next_us: int
    updated_us: int | None

    @classmethod
    def after(cls, schedule: Schedule, moment_us: int) -> "Status":
        """Return the status after a run that began at a moment."""
        return cls(moment_us, schedule.next_after(moment_us), moment_us)

    def as_json(self) -> Mapping[str, str]:
        """Return the status as a function is given it in ``schedule_status``."""
        moments = {"Last": self.last_us, "Next": self.next_us, "LastUpdated": self.updated_us}
        return {name: _NEVER if moment is None else _moment(moment) for name, moment in moments.items()}


def schedule_of(function: Function, environ: Mapping[str, str], zone: str | None) -> Schedule:
    """Read a timer trigger's schedule; ``ConfigError`` names the function's location."""
    try:
        return parse_schedule(resolve(str(function.trigger.raw["schedule"]), environ), zone)
    except ConfigError as error:
        raise ConfigError(f"{function.location}: {function.name}: {error}") from error


def is_monitored(function: Function, schedule: Schedule) -> bool:
    """Return whether a missed occurrence is made up for; never for timers with a period below a minute."""
    return function.trigger.raw.get("useMonitor") is not False and schedule.period_us >= _MINUTE_US


def datum(schedule: Schedule, status: Status | None, *, past_due: bool) -> meta.Datum:
    """Return the argument of a timer's function; *status*: None without a monitor."""
    called_with = {
        "Schedule": {"AdjustForDST": schedule.adjusts},
        "ScheduleStatus": status.as_json() if status else None,
        "IsPastDue": past_due,
    }
    return meta.Datum(json.dumps(called_with, separators=(",", ":")), "json")


def short_moment(moment_us: int) -> str:
    """Write a moment as .NET's ``DateTime.ToString`` does; it is in the metadata of a timer."""
    return (EPOCH + timedelta(microseconds=moment_us)).strftime("%m/%d/%Y %H:%M:%S")


def _moment(moment_us: int) -> str:
    """Write a moment as .NET does: a seventh digit of the fraction, and none where it is zero."""
    whole, fraction = divmod(moment_us, 1_000_000)
    text = (EPOCH + timedelta(seconds=whole)).strftime("%Y-%m-%dT%H:%M:%S")
    digits = f".{fraction:06}0".rstrip("0") if fraction else ""
    return f"{text}{digits}+00:00"
