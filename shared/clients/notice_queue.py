"""The queue of notices: messages that an outbox has events, or that an endpoint has waiting notices.

Whatever has to be done is in tables and has a due row: a message that is lost costs a minute or two.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.clients.storage import send

if TYPE_CHECKING:
    from azure.storage.queue.aio import QueueClient

QUEUE = "notices"

_AT_LEAST = 1.0
"""Seconds between two messages of a process about one outbox: a thousand changes are one message each second."""

_log = logging.getLogger("deskwright.notices")


class NoticeQueue:
    """The queue; *queue* returns the client of a name."""

    def __init__(self, queue: Callable[[str], QueueClient]) -> None:
        self._queue = queue
        self._told: set[tuple[str, str]] = set()
        self._task: asyncio.Task[None] | None = None

    async def wake(self, tenant_id: str, endpoint_id: str, after: timedelta = timedelta()) -> None:
        """Queue a message that an endpoint has waiting notices; it becomes visible after the time *after*."""
        await self._put({"tenant": tenant_id, "endpoint": endpoint_id}, after)

    def tell(self, table: str, tenant_id: str) -> None:
        """Queue, in a background task, a message that the outbox of a table has events."""
        self._told.add((table, tenant_id))
        loop = asyncio.get_running_loop()
        if self._task is None or self._task.done() or self._task.get_loop() is not loop:
            self._task = loop.create_task(self._put_until_quiet())

    async def _put_until_quiet(self) -> None:
        while self._told:
            told, self._told = self._told, set()
            for table, tenant_id in sorted(told):
                try:
                    await self._put({"tenant": tenant_id, "table": table})
                except Exception as error:  # noqa: BLE001 - the sweep finds the events
                    _log.warning("the events of %s could not be announced: %s", tenant_id, type(error).__name__)
            await asyncio.sleep(_AT_LEAST)

    async def _put(self, message: Mapping[str, str], after: timedelta = timedelta()) -> None:
        await send(self._queue(QUEUE), json.dumps(message), after=after)
