"""Fires timer triggers (docs/notes.md 4.2): never two runs of one timer at once, one run for all that were missed."""

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Mapping
from datetime import timedelta

from azure.functions import meta

from functions_host.errors import ConfigError
from functions_host.functions.failures import error_text
from functions_host.functions.indexer import Function
from functions_host.functions.invoker import Invoker
from functions_host.log import log_event, log_invocation
from functions_host.scheduling.clocks import Clock
from functions_host.scheduling.timer_queue import TimerQueue
from functions_host.scheduling.work import Work
from functions_host.settings.config import resolve
from functions_host.settings.sections import parse_timespan
from functions_host.storage.store import Store
from functions_host.timestamps import stamp
from functions_host.triggers.ncrontab import Schedule, parse_schedule

_MINUTE_US = 60_000_000


class Timers:
    """Keeps the next occurrence of every timer trigger in the timer queue."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        timer_queue: TimerQueue,
        work: Work,
        invoker: Invoker,
    ) -> None:
        self._store, self._clock, self._timer_queue, self._work = store, clock, timer_queue, work
        self._invoker = invoker
        self._running: dict[str, asyncio.Task[None]] = {}
        self._schedules: dict[str, Schedule] = {}
        self._open = True

    async def start(self, functions: list[Function], environ: Mapping[str, str]) -> None:
        """Schedule every timer; one that was due while no host ran fires at once."""
        zone = environ.get("WEBSITE_TIME_ZONE")
        for function in functions:
            schedule = schedule_of(function, environ, zone)
            self._schedules[function.name] = schedule
            await self._schedule_first(function, schedule)

    def stop(self) -> None:
        """Fire no more timers."""
        self._open = False

    async def run_now(self, function: Function) -> None:
        """Run a timer now, beside its schedule."""
        self._work.begin("timer")
        self._work.scheduler.submit(lambda: self._begin_run_now(function))

    def _begin_run_now(self, function: Function) -> None:
        task = asyncio.create_task(self._run(function, self._clock.now_us(), past_due=False))
        self._running[f"{function.name}#{id(task)}"] = task
        task.add_done_callback(lambda t: self._ended_run_now(function, t))

    def _ended_run_now(self, function: Function, task: "asyncio.Task[None]") -> None:
        self._running.pop(f"{function.name}#{id(task)}", None)
        self._work.scheduler.finish()
        self._work.end("timer")

    async def _schedule_first(self, function: Function, schedule: Schedule) -> None:
        raw, now_us = function.trigger.raw, self._clock.now_us()
        row = self._store.reads.schedule(function.name) if _is_monitored(function, schedule) else None
        missed = row is not None and row[0] == schedule.text and row[2] is not None and row[2] <= now_us
        next_us = schedule.next_after(now_us)
        if row is not None and row[0] == schedule.text and not missed and row[2] is not None:
            next_us = row[2]
        if missed or raw.get("runOnStartup") is True:
            self._fire(function, schedule, now_us, past_due=missed)
        else:
            self._schedule(function, schedule, next_us)
            await self._record(function, schedule, None, next_us)

    def _schedule(self, function: Function, schedule: Schedule, due_us: int) -> None:
        self._timer_queue.put(
            ("timer", function.name),
            due_us,
            lambda: self._fire(function, schedule, due_us, past_due=False),
        )

    def _fire(self, function: Function, schedule: Schedule, due_us: int, *, past_due: bool) -> None:
        if not self._open:
            return
        self._work.begin("timer")
        self._work.scheduler.submit(lambda: self._begin(function, schedule, due_us, past_due=past_due))

    def _begin(self, function: Function, schedule: Schedule, due_us: int, *, past_due: bool) -> None:
        self._running[function.name] = asyncio.create_task(
            self._occurrence(function, schedule, due_us, past_due=past_due)
        )

    async def _occurrence(self, function: Function, schedule: Schedule, due_us: int, *, past_due: bool) -> None:
        """Run once, then schedule the next occurrence after now, or after what was due if that is later."""
        await self._run(function, due_us, past_due=past_due)
        next_us = schedule.next_after(max(self._clock.now_us(), due_us))
        await self._record(function, schedule, due_us, next_us)
        self._schedule(function, schedule, next_us)
        self._work.scheduler.finish()
        self._work.end("timer")

    async def _run(self, function: Function, due_us: int, *, past_due: bool) -> None:
        schedule = self._schedules[function.name]
        started = time.monotonic()
        datum = _datum(schedule, due_us, past_due=past_due)
        try:
            await _with_retries(function, self._invoker, datum)
        except Exception as error:  # noqa: BLE001 - user code
            location = self._invoker.location(error)
            log_invocation("timer", function.name, "failed", started, error_text(error), logging.ERROR, **location)
        else:
            log_invocation("timer", function.name, "ok", started, "past due" if past_due else "")
        self._work.scheduler.sort_submitted()

    async def _record(self, function: Function, schedule: Schedule, last_us: int | None, next_us: int) -> None:
        """Record for the next host when a monitored timer ran and when it is due."""
        if not _is_monitored(function, schedule):
            return
        row = (function.name, schedule.text, last_us, next_us, self._clock.now_us())

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO schedule VALUES (?, ?, ?, ?, ?) ON CONFLICT(fn) DO UPDATE SET"
                " spec = excluded.spec, last_us = coalesce(excluded.last_us, last_us),"
                " next_us = excluded.next_us, updated_us = excluded.updated_us",
                row,
            )

        await self._store.write(work, retried=True)


def schedule_of(function: Function, environ: Mapping[str, str], zone: str | None) -> Schedule:
    """Read a timer trigger's schedule; ``ConfigError`` names the function's location."""
    try:
        return parse_schedule(resolve(str(function.trigger.raw["schedule"]), environ), zone)
    except ConfigError as error:
        raise ConfigError(f"{function.location}: {function.name}: {error}") from error


def _is_monitored(function: Function, schedule: Schedule) -> bool:
    """Return whether a missed occurrence is made up for; those of timers with a period below a minute never are."""
    return function.trigger.raw.get("useMonitor") is not False and schedule.period_us >= _MINUTE_US


async def _with_retries(function: Function, invoker: Invoker, datum: meta.Datum) -> None:
    """Run with the function's own retry policy, if it has one; its waits are in real seconds."""
    policy = function.retry or {}
    tries = int(policy.get("max_retry_count") or 0)
    for attempt in range(tries + 1 if tries >= 0 else 2**31):
        try:
            await invoker.invoke(function, datum)
        except Exception as error:
            if attempt == tries:
                raise
            log_event("timer", f"{function.name} will be retried: {error_text(error)}", logging.WARNING)
            await asyncio.sleep(_pause(policy, attempt).total_seconds())
        else:
            return


def _pause(policy: Mapping[str, str], attempt: int) -> timedelta:
    if policy.get("strategy") == "exponential_backoff":
        lowest = parse_timespan(policy.get("minimum_interval") or "00:00:04")
        highest = parse_timespan(policy.get("maximum_interval") or "00:05:00")
        grown: timedelta = lowest * 2.0 ** min(attempt, 20)
        return min(grown, highest)
    return parse_timespan(policy.get("delay_interval") or "00:00:04")


def _datum(schedule: Schedule, due_us: int, *, past_due: bool) -> meta.Datum:
    moment = stamp(due_us)
    text = json.dumps(
        {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": {
                "Last": moment,
                "Next": stamp(schedule.next_after(due_us)),
                "LastUpdated": moment,
            },
            "IsPastDue": past_due,
        }
    )
    return meta.Datum(text, "json")
