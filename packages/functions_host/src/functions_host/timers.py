"""Fires timer triggers (host.md 4.2): never two at once, and one run for all that was missed."""

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Mapping
from datetime import timedelta

from azure.functions import meta

from functions_host.agenda import Agenda
from functions_host.config import resolve
from functions_host.driving import Clock
from functions_host.errors import ConfigError
from functions_host.events import stamp
from functions_host.indexer import Function
from functions_host.invoke import Invoker, error_text
from functions_host.log import ran, say
from functions_host.ncrontab import Schedule, parse_schedule
from functions_host.sections import parse_timespan
from functions_host.store import Store
from functions_host.work import Work

_MINUTE_US = 60_000_000


class Timers:
    """Keeps every timer trigger's next occurrence on the agenda."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        agenda: Agenda,
        work: Work,
        invoker: Invoker,
    ) -> None:
        self._store, self._clock, self._agenda, self._work = store, clock, agenda, work
        self._invoker = invoker
        self._running: dict[str, asyncio.Task[None]] = {}
        self._schedules: dict[str, Schedule] = {}
        self._open = True

    async def start(self, functions: list[Function], environ: Mapping[str, str]) -> None:
        """Enter every timer; one whose moment passed while no host ran goes at once."""
        zone = environ.get("WEBSITE_TIME_ZONE")
        for function in functions:
            schedule = schedule_of(function, environ, zone)
            self._schedules[function.name] = schedule
            await self._enter(function, schedule)

    def stop(self) -> None:
        """Fire no more timers."""
        self._open = False

    async def fire_by_hand(self, function: Function) -> None:
        """Run a timer now; its schedule stays as it is."""
        self._work.begin("timer")
        self._work.lane.enter(lambda: self._begin_by_hand(function))

    def _begin_by_hand(self, function: Function) -> None:
        task = asyncio.create_task(self._run(function, self._clock.now_us(), past_due=False))
        self._running[f"{function.name}#{id(task)}"] = task
        task.add_done_callback(lambda t: self._ended_by_hand(function, t))

    def _ended_by_hand(self, function: Function, task: "asyncio.Task[None]") -> None:
        self._running.pop(f"{function.name}#{id(task)}", None)
        self._work.lane.leave()
        self._work.end("timer")

    async def _enter(self, function: Function, schedule: Schedule) -> None:
        raw, now_us = function.trigger.raw, self._clock.now_us()
        row = self._store.reads.schedule(function.name) if _is_monitored(function, schedule) else None
        missed = row is not None and row[0] == schedule.text and row[2] is not None and row[2] <= now_us
        next_us = schedule.next_after(now_us)
        if row is not None and row[0] == schedule.text and not missed and row[2] is not None:
            next_us = row[2]
        if missed or raw.get("runOnStartup") is True:
            self._fire(function, schedule, now_us, past_due=missed)
        else:
            self._put(function, schedule, next_us)
            await self._remember(function, schedule, None, next_us)

    def _put(self, function: Function, schedule: Schedule, due_us: int) -> None:
        self._agenda.put(
            ("timer", function.name),
            due_us,
            lambda: self._fire(function, schedule, due_us, past_due=False),
        )

    def _fire(self, function: Function, schedule: Schedule, due_us: int, *, past_due: bool) -> None:
        if not self._open:
            return
        self._work.begin("timer")
        self._work.lane.enter(lambda: self._begin(function, schedule, due_us, past_due=past_due))

    def _begin(self, function: Function, schedule: Schedule, due_us: int, *, past_due: bool) -> None:
        self._running[function.name] = asyncio.create_task(
            self._occurrence(function, schedule, due_us, past_due=past_due)
        )

    async def _occurrence(self, function: Function, schedule: Schedule, due_us: int, *, past_due: bool) -> None:
        """Run once, then enter the next occurrence after the later of now and what was due."""
        await self._run(function, due_us, past_due=past_due)
        next_us = schedule.next_after(max(self._clock.now_us(), due_us))
        await self._remember(function, schedule, due_us, next_us)
        self._put(function, schedule, next_us)
        self._work.lane.leave()
        self._work.end("timer")

    async def _run(self, function: Function, due_us: int, *, past_due: bool) -> None:
        schedule = self._schedules[function.name]
        started = time.monotonic()
        datum = _datum(schedule, due_us, past_due=past_due)
        try:
            await _with_retries(function, self._invoker, datum)
        except Exception as error:  # noqa: BLE001 - user code
            place = self._invoker.place(error)
            ran("timer", function.name, "failed", started, error_text(error), logging.ERROR, **place)
        else:
            ran("timer", function.name, "ok", started, "past due" if past_due else "")
        self._work.lane.sort()

    async def _remember(self, function: Function, schedule: Schedule, last_us: int | None, next_us: int) -> None:
        """Write down when it ran and when it is due, for a host that comes later: only of what is monitored."""
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

        await self._store.write(work, patient=True)


def schedule_of(function: Function, environ: Mapping[str, str], zone: str | None) -> Schedule:
    """Read a timer trigger's schedule; ``ConfigError`` names the function's place."""
    try:
        return parse_schedule(resolve(str(function.trigger.raw["schedule"]), environ), zone)
    except ConfigError as error:
        raise ConfigError(f"{function.place}: {function.name}: {error}") from error


def _is_monitored(function: Function, schedule: Schedule) -> bool:
    """Whether an occurrence that nobody was there for is made up for; what comes within the minute never is."""
    return function.trigger.raw.get("useMonitor") is not False and schedule.period_us >= _MINUTE_US


async def _with_retries(function: Function, invoker: Invoker, datum: meta.Datum) -> None:
    """Run under the function's own retry policy, if it has one; waits are real seconds."""
    policy = function.retry or {}
    tries = int(policy.get("max_retry_count") or 0)
    for attempt in range(tries + 1 if tries >= 0 else 2**31):
        try:
            await invoker.invoke(function, datum)
        except Exception as error:
            if attempt == tries:
                raise
            say("timer", f"{function.name} will be retried: {error_text(error)}", logging.WARNING)
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
