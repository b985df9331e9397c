"""Delivers an activity again that has reported its result (docs/notes.md 6.3).

Azure Storage shows a message again when nobody has taken it from its queue in time: an instance that dies after it has
reported, and before it has deleted the message, leaves an order that another one carries out five minutes later (seen
with host 4.1037 and a ``kill -9``).
"""

import logging
import random
from collections.abc import Callable

from functions_host.log import log_event
from functions_host.scheduling.clocks import Clock
from functions_host.scheduling.timer_queue import TimerQueue
from functions_host.storage.state import Task

VISIBILITY_US = 300_000_000
"""``workItemQueueVisibilityTimeout`` of Azure's extension, by default."""


class Redelivery:
    """Chooses one activity in so many, by a seed, the instance and the activity's number in it."""

    def __init__(self, timer_queue: TimerQueue, clock: Clock, one_in: int, seed: int) -> None:
        self._timer_queue, self._clock, self._one_in, self._seed = timer_queue, clock, one_in, seed

    def after(self, task: Task, deliver: Callable[[Task], None]) -> None:
        """Deliver *task* again after the visibility time, if it is chosen; its second result is dropped."""
        chance = random.Random(f"{self._seed}:{task.id}:{task.event_id}")
        if not self._one_in or chance.randrange(self._one_in):
            return

        def again() -> None:
            text = f"{task.name} of {task.id} is delivered again: its result is known since five minutes"
            log_event("activity", text, logging.WARNING)
            deliver(task)

        key = ("again", task.id, task.execution_id, task.event_id)
        self._timer_queue.put(key, self._clock.now_us() + VISIBILITY_US, again)
