"""The one writer of the host's file, and readers beside it.

The writes of many turns are committed together: one transaction holds whatever was submitted while the last one was
on its way to the disk. The effects of each turn are committed whole. When the file cannot be written (the disk is
full), callers from outside get an error; what the host itself has to write is kept and tried again until it succeeds.
"""

import fcntl
import logging
import queue
import sqlite3
import threading
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from functions_host.errors import StoreError
from functions_host.storage import schema, writes
from functions_host.storage.reads import Reads
from functions_host.storage.state import Effects

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]
Delivery = Callable[[Any, BaseException | None], None]
GROUP = 256
RETRY_SECONDS = 1.0
_log = logging.getLogger("host")


@dataclass(slots=True)
class _Item:
    work: Work | Effects | writes.ActivityCompletion
    deliver: Delivery
    retried: bool


_Outcome = tuple[_Item, Any, BaseException | None]


class Store:
    """Opens the file for this process alone; writes come back on the event loop."""

    def __init__(self, path: Path, hub: str, loop: AbstractEventLoop) -> None:
        self.path = path
        self._loop = loop
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = path.with_name(path.name + ".lock").open("w")
        except OSError as error:
            raise StoreError(f"{path} cannot be used: {error.strerror}") from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            raise StoreError(f"another host runs on {path}") from error
        self._connection = schema.prepare(path, hub)
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._readers = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._numbers = count(writes.last_n(self._connection) + 1)
        self._unwritable = False
        self._thread = threading.Thread(target=self._write_loop, name="store-writer", daemon=True)
        self._thread.start()

    def next_n(self) -> int:
        """Return the next message number; no other process writes to the inbox."""
        return next(self._numbers)

    @property
    def reads(self) -> Reads:
        """Return the calling thread's own reader."""
        reads: Reads | None = getattr(self._readers, "reads", None)
        if reads is None:
            connection = schema.connect(self.path)
            connection.execute("PRAGMA query_only=ON")
            self._opened.append(connection)
            reads = self._readers.reads = Reads(connection)
        return reads

    def submit(
        self, work: Work | Effects | writes.ActivityCompletion, deliver: Delivery, *, retried: bool = False
    ) -> None:
        """Queue work for the next commit; ``deliver`` is called on the loop after it.

        *retried*: try again while the file cannot be written; turns and completions of activities always are.
        """
        self._queue.put(_Item(work, deliver, retried or isinstance(work, Effects | writes.ActivityCompletion)))

    async def write(self, work: Callable[[sqlite3.Connection], T], *, retried: bool = False) -> T:
        """Run a transaction and wait until it is on the disk; *retried* as in ``submit``."""
        future: Future[T] = self._loop.create_future()

        def deliver(result: T, error: BaseException | None) -> None:
            if future.cancelled():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self.submit(work, deliver, retried=retried)
        return await future

    def close(self) -> None:
        """Commit queued writes, move the write-ahead log into the file, and close it."""
        self._queue.put(None)
        self._thread.join()
        for connection in self._opened:
            connection.close()
        try:
            schema.record_shutdown(self._connection)
        except sqlite3.OperationalError as error:  # the log stays beside the file; the next host reads both
            _log.warning("the write-ahead log was not moved into the state file: %s", error)
        self._connection.close()
        self._lock.close()

    def _write_loop(self) -> None:
        while True:
            batch, more = self._next_batch()
            if batch:
                self._commit(batch)
            if not more:
                return

    def _next_batch(self) -> tuple[list[_Item], bool]:
        batch: list[_Item] = []
        item = self._queue.get()
        while item is not None:
            batch.append(item)
            if len(batch) == GROUP or self._queue.empty():
                return batch, True
            item = self._queue.get()
        return batch, False

    def _commit(self, batch: list[_Item]) -> None:
        """Commit a group; if that fails, one by one, so that only the write at fault fails."""
        try:
            results: list[Any] = self._transaction(batch)
            outcomes: list[_Outcome] = [(item, result, None) for item, result in zip(batch, results, strict=True)]
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets it
            if len(batch) > 1:
                for item in batch:
                    self._commit([item])
                return
            if batch[0].retried and isinstance(error, sqlite3.OperationalError):
                self._retry_later(batch[0], error)
                return
            _log.error("a write failed: %s", error)
            outcomes = [(batch[0], None, error)]
        else:
            self._log_recovery()
        self._loop.call_soon_threadsafe(_deliver, outcomes)

    def _retry_later(self, item: _Item, error: sqlite3.OperationalError) -> None:
        """Submit an item again after a pause."""
        if not self._unwritable:
            self._unwritable = True
            _log.error("the state file cannot be written, next tries every %g s: %s", RETRY_SECONDS, error)
        self._loop.call_soon_threadsafe(lambda: self._loop.call_later(RETRY_SECONDS, self._queue.put, item))

    def _log_recovery(self) -> None:
        if self._unwritable:
            self._unwritable = False
            _log.warning("the state file can be written again")

    def _transaction(self, batch: list[_Item]) -> list[Any]:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            results = writes.run(connection, [item.work for item in batch], self.next_n)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite has rolled back already where the disk was full
                connection.execute("ROLLBACK")
            raise
        return results


def _deliver(outcomes: "list[_Outcome]") -> None:
    for item, result, error in outcomes:
        item.deliver(result, error)
