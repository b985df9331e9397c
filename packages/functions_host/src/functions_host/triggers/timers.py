"""Fires timer triggers (docs/notes.md 4.2): never two runs of one timer at once, one run for all that were missed."""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import replace

from azure.functions import meta

from functions_host.functions.failures import error_text
from functions_host.functions.indexer import Function
from functions_host.functions.invoker import Invoker
from functions_host.functions.retries import with_retries
from functions_host.log import log_event, log_invocation
from functions_host.scheduling.clocks import Clock
from functions_host.scheduling.timer_queue import TimerQueue
from functions_host.scheduling.work import Work
from functions_host.storage.store import Store
from functions_host.timestamps import stamp
from functions_host.triggers.ncrontab import Schedule
from functions_host.triggers.timer_monitor import Monitor
from functions_host.triggers.timer_status import Status, datum, is_monitored, schedule_of, short_moment


class Timers:
    """Keeps the next occurrence of every timer trigger in the timer queue.

    *wake_seconds*: nobody listens for a timer between its runs; an instance comes up so long after an occurrence, as
    on a plan that scales each timer function to zero. 0: this host listens all the time.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        timer_queue: TimerQueue,
        work: Work,
        invoker: Invoker,
        wake_seconds: float = 0.0,
    ) -> None:
        self._monitor, self._clock, self._timer_queue, self._work = Monitor(store), clock, timer_queue, work
        self._invoker = invoker
        self._wake_us = int(wake_seconds * 1_000_000)
        self._running: dict[str, asyncio.Task[None] | asyncio.Task[bool]] = {}
        self._status: dict[str, Status] = {}
        self._schedules: dict[str, Schedule] = {}
        self._open = True

    async def start(self, functions: list[Function], environ: Mapping[str, str]) -> None:
        """Listen for every timer; a monitored timer that was due while no host ran fires at once."""
        zone = environ.get("WEBSITE_TIME_ZONE")
        for function in functions:
            self._schedules[function.name] = schedule_of(function, environ, zone)
            await self._listen(function)
        await self._monitor.flush()

    def stop(self) -> None:
        """Fire no more timers."""
        self._open = False

    def close(self) -> None:
        """Record the rows that the monitor has not written yet; the runs have ended."""
        self._monitor.close()

    async def run_now(self, function: Function, value: str | None) -> None:
        """Run a timer now, beside its schedule; *value*: the caller's value, which is in the metadata."""
        self._work.begin("timer")
        self._work.scheduler.submit(lambda: self._begin_run_now(function, value))

    def _begin_run_now(self, function: Function, value: str | None) -> None:
        stored = self._monitor.stored(function, self._schedules[function.name])
        task = asyncio.create_task(self._run(function, stored, past_due=False, value=value))
        self._running[f"{function.name}#{id(task)}"] = task
        task.add_done_callback(lambda t: self._ended_run_now(function, t))

    def _ended_run_now(self, function: Function, task: "asyncio.Task[None]") -> None:
        self._running.pop(f"{function.name}#{id(task)}", None)
        self._work.scheduler.finish()
        self._work.end("timer")

    async def _listen(self, function: Function) -> bool:
        """Begin to listen, as an instance does that comes up; return whether the function runs at once.

        Only what a monitor has recorded says that an occurrence was missed: without one the next is after now.
        """
        schedule, now_us = self._schedules[function.name], self._clock.now_us()
        stored = self._monitor.stored(function, schedule)
        missed = stored is not None and stored.next_us < now_us
        self._status[function.name] = stored or Status(None, schedule.next_after(now_us), None)
        if stored is None:
            await self._monitor.record(function, schedule, replace(self._status[function.name], updated_us=now_us))
        at_once = missed or function.trigger.raw.get("runOnStartup") is True
        if at_once:
            self._fire(function, past_due=missed)
        else:
            self._wait(function)
        return at_once

    def _wait(self, function: Function) -> None:
        """Fire at the next occurrence, at once if it has passed; or let the instance go until some time after it."""
        next_us = self._status[function.name].next_us
        if self._wake_us and next_us > self._clock.now_us():
            self._timer_queue.put(("timer", function.name), next_us + self._wake_us, lambda: self._wake(function))
        else:
            self._timer_queue.put(("timer", function.name), next_us, lambda: self._fire(function, past_due=False))

    def _wake(self, function: Function) -> None:
        """Bring up an instance for an occurrence that has passed meanwhile."""
        if not self._open:
            return
        missed_us = self._status[function.name].next_us
        self._work.begin("start")
        task = asyncio.create_task(self._listen(function))
        self._running[f"{function.name}#up"] = task
        task.add_done_callback(lambda done: self._woken(function, done, missed_us))

    def _woken(self, function: Function, task: "asyncio.Task[bool]", missed_us: int) -> None:
        self._running.pop(f"{function.name}#up", None)
        if not task.cancelled() and task.exception() is None and not task.result():
            text = f"{function.name}: nobody listened at {stamp(missed_us)}, and without a monitor that run is lost"
            log_event("timer", text, logging.WARNING)
        self._work.end("start")

    def _fire(self, function: Function, *, past_due: bool) -> None:
        if not self._open:
            return
        self._work.begin("timer")
        self._work.scheduler.submit(lambda: self._begin(function, past_due=past_due))

    def _begin(self, function: Function, *, past_due: bool) -> None:
        self._running[function.name] = asyncio.create_task(self._occurrence(function, past_due=past_due))

    async def _occurrence(self, function: Function, *, past_due: bool) -> None:
        """Run once; the next occurrence is the one after this run began, and fires at once if that has passed."""
        schedule, began_us = self._schedules[function.name], self._clock.now_us()
        status = self._status[function.name]
        await self._run(function, status if is_monitored(function, schedule) else None, past_due=past_due)
        self._status[function.name] = Status.after(schedule, began_us)
        await self._monitor.record(function, schedule, self._status[function.name])
        self._wait(function)
        self._work.scheduler.finish()
        self._work.end("timer")

    async def _run(
        self, function: Function, status: Status | None, *, past_due: bool, value: str | None = None
    ) -> None:
        started = time.monotonic()
        called_with = datum(self._schedules[function.name], status, past_due=past_due)
        metadata = {"TimerTrigger": meta.Datum(short_moment(self._clock.now_us()), "string")}
        if value is not None:
            metadata[function.trigger.name] = meta.Datum(value, "string")
        try:
            await with_retries(
                "timer",
                function,
                lambda retry: self._invoker.invoke(function, called_with, metadata, retry=retry),
            )
        except Exception as error:  # noqa: BLE001 - user code
            location = self._invoker.location(error)
            log_invocation("timer", function.name, "failed", started, error_text(error), logging.ERROR, **location)
        else:
            log_invocation("timer", function.name, "ok", started, "past due" if past_due else "")
        self._work.scheduler.sort_submitted()
