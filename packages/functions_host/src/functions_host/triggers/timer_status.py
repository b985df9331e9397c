"""What is known of a timer trigger: when it last ran, and when it runs next (docs/notes.md 4.2)."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from azure.functions import meta

from functions_host.errors import ConfigError
from functions_host.functions.indexer import Function
from functions_host.settings.config import resolve
from functions_host.storage.store import Store
from functions_host.timestamps import EPOCH
from functions_host.triggers.ncrontab import Schedule, parse_schedule

_MINUTE_US = 60_000_000
_NEVER = "0001-01-01T00:00:00+00:00"  # the default of .NET


@dataclass(frozen=True, slots=True)
class Status:
    """The moment of the last run (None: there was none), of the next one, and of the last change of these two."""

    last_us: int | None
    next_us: int
    updated_us: int | None

    @classmethod
    def after(cls, schedule: Schedule, moment_us: int) -> "Status":
        """Return the status after a run that began at a moment."""
        return cls(moment_us, schedule.next_after(moment_us), moment_us)

    def as_json(self) -> Mapping[str, str]:
        """Return what a function is given as ``schedule_status``."""
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


def stored_status(store: Store, function: Function, schedule: Schedule) -> Status | None:
    """Return what the monitor has recorded of a timer; None when its schedule was another one, or there is nothing."""
    row = store.reads.schedule(function.name) if is_monitored(function, schedule) else None
    if row is None or row[0] != schedule.text or row[2] is None:
        return None
    return Status(row[1], row[2], row[3])


async def store_status(store: Store, function: Function, schedule: Schedule, status: Status) -> None:
    """Record a status for the next host or instance, if the timer is monitored."""
    if not is_monitored(function, schedule):
        return
    row = (function.name, schedule.text, status.last_us, status.next_us, status.updated_us)

    def work(connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT INTO schedule VALUES (?, ?, ?, ?, ?) ON CONFLICT(fn) DO UPDATE SET spec = excluded.spec,"
            " last_us = excluded.last_us, next_us = excluded.next_us, updated_us = excluded.updated_us",
            row,
        )

    await store.write(work, retried=True)


def datum(schedule: Schedule, status: Status | None, *, past_due: bool) -> meta.Datum:
    """Return what a timer's function is called with; *status*: None without a monitor."""
    called_with = {
        "Schedule": {"AdjustForDST": schedule.adjusts},
        "ScheduleStatus": status.as_json() if status else None,
        "IsPastDue": past_due,
    }
    return meta.Datum(json.dumps(called_with), "json")


def _moment(moment_us: int) -> str:
    """Write a moment as .NET does: a seventh digit of the fraction, and none where it is zero."""
    whole, fraction = divmod(moment_us, 1_000_000)
    text = (EPOCH + timedelta(seconds=whole)).strftime("%Y-%m-%dT%H:%M:%S")
    digits = f".{fraction:06}0".rstrip("0") if fraction else ""
    return f"{text}{digits}+00:00"
