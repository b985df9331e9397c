"""Runs activities: at least once each, and exactly one result enters the history."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from azure.functions import meta

from functions_host.durable.http_activity import call_http
from functions_host.durable.numbering import HTTP_ACTIVITY, missing_activity
from functions_host.durable.redelivery import Redelivery
from functions_host.functions.failures import error_text
from functions_host.functions.indexer import Function
from functions_host.functions.invoker import Invoker
from functions_host.log import log_event, log_invocation
from functions_host.scheduling.clocks import Clock
from functions_host.scheduling.work import Work
from functions_host.storage.events import EventType, event
from functions_host.storage.state import Message, Task
from functions_host.storage.store import Store
from functions_host.storage.writes import ActivityCompletion

if TYPE_CHECKING:
    import sqlite3

MAX_DELIVERIES = 20


class Activities:
    """Runs up to ``at_once`` activities concurrently; their results go to the instances' inboxes."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        work: Work,
        invoker: Invoker,
        functions: Mapping[str, Function],
        at_once: int,
        redelivery: Redelivery,
    ) -> None:
        self._store, self._clock, self.work = store, clock, work
        self._invoker, self._functions = invoker, functions
        self._at_once, self._redelivery = at_once, redelivery
        redelivery.deliver = self._deliver_again
        self._waiting: deque[tuple[Task, int]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = True
        self.wake: Callable[[str], None] = lambda _: None

    def recover(self) -> None:
        """Run the tasks that an earlier host left; those that it had begun run again."""
        for task, deliveries in self._store.reads.tasks():
            self._take(task, deliveries + 1)
        self._redelivery.recover()

    def take(self, task: Task) -> None:
        """Run a committed activity as soon as the limit allows."""
        self._take(task, 0)

    def stop(self) -> None:
        """Begin no more activities."""
        self._open = False

    @property
    def running(self) -> int:
        """Count the activities that run."""
        return len(self._tasks)

    def _take(self, task: Task, delivery: int) -> None:
        self.work.begin("activity")
        self.work.scheduler.submit(lambda: self._queue(task, delivery))

    def _queue(self, task: Task, delivery: int) -> None:
        self._waiting.append((task, delivery))
        self._pump()

    def _pump(self) -> None:
        while self._open and self._waiting and len(self._tasks) < self._at_once:
            task, delivery = self._waiting.popleft()
            runner = asyncio.create_task(self._run(task, delivery))
            self._tasks.add(runner)
            runner.add_done_callback(self._ended)

    def _ended(self, runner: asyncio.Task[None]) -> None:
        self._tasks.discard(runner)
        self._pump()

    async def _run(self, task: Task, delivery: int) -> None:
        if delivery:
            await self._store.write(lambda c: _count_delivery(c, task, delivery), retried=True)
        started = time.monotonic()
        result: str | None = None
        error: str | None
        facts: dict[str, Any] = {"instance": task.id, "id": task.event_id}
        if delivery > MAX_DELIVERIES:
            error = f"activity crashed the host {MAX_DELIVERIES} times"
        else:
            result, error = await self._call(task, facts)
        if error is None:
            log_invocation("activity", task.name, "ok", started, level=logging.DEBUG, **facts)
        else:
            first = (error.splitlines() or [""])[0][:300]
            log_invocation("activity", task.name, "failed", started, first, logging.WARNING, **facts)
        self.work.scheduler.sort_submitted()
        self._complete(task, result, error)

    def _deliver_again(self, task: Task) -> None:
        """Call an activity whose result is in the history already; it gets no place in the queue."""
        self.work.begin("activity")
        self.work.scheduler.submit(lambda: self._start_again(task))

    def _start_again(self, task: Task) -> None:
        runner = asyncio.create_task(self._run_again(task))
        self._tasks.add(runner)
        runner.add_done_callback(self._ended)

    async def _run_again(self, task: Task) -> None:
        started = time.monotonic()
        facts: dict[str, Any] = {"instance": task.id, "id": task.event_id}
        if await self._redelivery.begin(task) <= MAX_DELIVERIES:
            _, error = await self._call(task, facts)
            first = (error.splitlines() or [""])[0][:300] if error else ""
            log_invocation("activity", task.name, "again", started, first, logging.WARNING, **facts)
        await self._redelivery.end(task)
        self.work.scheduler.finish()
        self.work.end("activity")

    async def _call(self, task: Task, facts: dict[str, Any]) -> tuple[str | None, str | None]:
        """Return (result as JSON, None) or (None, reason of the failure); add to *facts* where it raised."""
        try:
            if task.name == HTTP_ACTIVITY:
                return await call_http(task.input), None
            function = self._functions.get(task.name.casefold())
            if function is None:
                return None, missing_activity(task.name)
            result = await self._invoker.invoke(function, meta.Datum(task.input, "string"))
        except Exception as error:  # noqa: BLE001 - user code may raise anything
            facts |= self._invoker.location(error)
            # Two spaces, as the extension writes it; user code may look for them.
            return None, f"Activity function '{task.name}' failed:  {error_text(error)}"
        text = str(result.value) if result else "null"
        return (None if text == "null" else text), None

    def _complete(self, task: Task, result: str | None, error: str | None) -> None:
        now_us = self._clock.now_us()
        kind = EventType.TASK_COMPLETED if error is None else EventType.TASK_FAILED
        fields: dict[str, object] = {"TaskScheduledId": task.event_id}
        if error is None:
            fields["Result"] = result
        else:
            fields |= {"Reason": error, "Details": "", "FailureDetails": None}
        message = Message(
            self._store.next_n(), task.id, task.execution_id, 0, kind, None, task.event_id,
            event(kind, now_us, **fields),
        )  # fmt: skip
        completion = ActivityCompletion(task, message, self._redelivery.moment(task))
        self._store.submit(completion, lambda was_there, failure: self._completed(completion, was_there, failure))

    def _completed(
        self,
        completion: ActivityCompletion,
        was_there: bool,  # noqa: FBT001
        failure: BaseException | None,
    ) -> None:
        task, again_us = completion.task, completion.again_us
        if failure is not None:
            log_event("activity", f"the result of {task.name} is lost: {failure}", logging.ERROR)
        elif was_there:
            self.wake(task.id)
            if again_us is not None:
                self._redelivery.wait(task, again_us)
        self.work.scheduler.finish()
        self.work.end("activity")


def _count_delivery(connection: "sqlite3.Connection", task: Task, delivery: int) -> None:
    connection.execute(
        "UPDATE activity SET deliveries = ? WHERE id = ? AND execution_id = ? AND event_id = ?",
        (delivery, task.id, task.execution_id, task.event_id),
    )
