"""Delivers an activity again that has reported its result (docs/notes.md 6.3).

Azure Storage shows a message again when nobody has taken it from its queue in time: an instance that dies after it has
reported, and before it has deleted the message, leaves an order that another one carries out five minutes later (seen
with host 4.1037 and a ``kill -9``).
"""

import logging
import random
import sqlite3
from collections.abc import Callable

from functions_host.log import log_event
from functions_host.scheduling.clocks import Clock
from functions_host.scheduling.timer_queue import TimerQueue
from functions_host.storage.state import Task
from functions_host.storage.store import Store

VISIBILITY_US = 300_000_000
"""``workItemQueueVisibilityTimeout`` of Azure's extension, by default."""
_OF_ONE = "WHERE id = ? AND execution_id = ? AND event_id = ?"


class Redelivery:
    """Chooses one activity in *n*, by a seed, the instance and the activity's number in it.

    What is to be delivered again is in the state file, in the transaction of the activity's result.
    """

    def __init__(self, store: Store, timer_queue: TimerQueue, clock: Clock, one_in: int, seed: int) -> None:
        self._store, self._timer_queue, self._clock = store, timer_queue, clock
        self._one_in, self._seed = one_in, seed
        self.deliver: Callable[[Task], None] = lambda _: None

    def moment(self, task: Task) -> int | None:
        """Return when *task*, which ends now, is delivered again; None if it is not chosen."""
        chance = random.Random(f"{self._seed}:{task.id}:{task.event_id}")
        if not self._one_in or chance.randrange(self._one_in):
            return None
        return self._clock.now_us() + VISIBILITY_US

    def recover(self) -> None:
        """Wait for messages of an earlier host, without ``--redeliver`` too: they are in the queue."""
        for task, due_us in self._store.reads.redeliveries():
            self.wait(task, due_us)

    def wait(self, task: Task, due_us: int) -> None:
        """Deliver *task* at that moment."""

        def again() -> None:
            text = f"{task.name} of {task.id} is delivered again: its result is known since five minutes"
            log_event("activity", text, logging.WARNING)
            self.deliver(task)

        self._timer_queue.put(("again", *task[:3]), due_us, again)

    async def begin(self, task: Task) -> int:
        """Count a delivery, before it runs: a host that ends meanwhile delivers it once more."""

        def counted(connection: sqlite3.Connection) -> int:
            count = f"UPDATE redelivery SET deliveries = deliveries + 1 {_OF_ONE} RETURNING deliveries"  # noqa: S608
            row = connection.execute(count, task[:3]).fetchone()
            return int(row[0]) if row else 0

        return await self._store.write(counted, retried=True)

    async def end(self, task: Task) -> None:
        """Take a delivery off the state file, after it has run; its second result is dropped."""
        remove = f"DELETE FROM redelivery {_OF_ONE}"  # noqa: S608 - a constant
        await self._store.write(lambda c: c.execute(remove, task[:3]), retried=True)
