"""The monitor of timer triggers: it records for the next host or instance when each ran, and when it runs next.

In simulated time thousands of ticks pass in a real second, and each record would be a transaction of its own. What
changes within a second of the last transaction is written together when that second is over. A host that is killed may
lose it: the next one then runs those timers once more, past due, as an Azure host does that is killed before it has
written a tick.
"""

import asyncio
import sqlite3
from collections.abc import Sequence

from functions_host.functions.indexer import Function
from functions_host.storage.store import Store
from functions_host.triggers.ncrontab import Schedule
from functions_host.triggers.timer_status import Status, is_monitored

PAUSE_SECONDS = 1.0

_Row = tuple[str, str, int | None, int, int | None]


class Monitor:
    """Records the status of every monitored timer; at most one transaction in ``PAUSE_SECONDS``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[str, _Row] = {}
        self._writes_or_rests = False
        self._pause: asyncio.TimerHandle | None = None

    def stored(self, function: Function, schedule: Schedule) -> Status | None:
        """Return the recorded status of a timer; None without one, or when its schedule was another one."""
        if not is_monitored(function, schedule):
            return None
        kept = self._kept.get(function.name)
        row = kept[1:] if kept else self._store.reads.schedule(function.name)
        if row is None or row[0] != schedule.text or row[2] is None:
            return None
        return Status(row[1], row[2], row[3])

    async def record(self, function: Function, schedule: Schedule, status: Status) -> None:
        """Record a status, if the timer is monitored: at once, or with others when the pause is over."""
        if not is_monitored(function, schedule):
            return
        self._kept[function.name] = (function.name, schedule.text, status.last_us, status.next_us, status.updated_us)
        if not self._writes_or_rests:
            await self._write()

    async def flush(self) -> None:
        """Write now the values that wait for the end of the pause."""
        if self._kept:
            await self._write()

    def close(self) -> None:
        """Hand the remaining rows to the store, which is about to be closed and commits them."""
        rows = list(self._kept.values())
        if self._pause is not None:
            self._pause.cancel()
        self._store.submit(lambda connection: _write(connection, rows), lambda *_: None)

    async def _write(self) -> None:
        """Write the rows that were kept, and begin a pause."""
        rows, self._writes_or_rests = list(self._kept.values()), True
        if self._pause is not None:
            self._pause.cancel()
        await self._store.write(lambda connection: _write(connection, rows), retried=True)
        for row in rows:
            if self._kept.get(row[0]) == row:
                del self._kept[row[0]]
        self._pause = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._pause_is_over)

    def _pause_is_over(self) -> None:
        self._writes_or_rests = False
        if self._kept:
            self._writing = asyncio.create_task(self._write())  # the loop itself keeps no reference


def _write(connection: sqlite3.Connection, rows: Sequence[_Row]) -> None:
    connection.executemany(
        "INSERT INTO schedule VALUES (?, ?, ?, ?, ?) ON CONFLICT(fn) DO UPDATE SET spec = excluded.spec,"
        " last_us = excluded.last_us, next_us = excluded.next_us, updated_us = excluded.updated_us",
        rows,
    )
