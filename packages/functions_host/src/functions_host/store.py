"""The one writer of the host's file, and readers beside it.

What many turns want to write is committed together: one transaction holds whatever came in
while the last one was on its way to the disk. Each turn's effects stay whole in it. When the file
cannot be written (the disk is full), callers from outside are told; what the host itself wants to
write is kept and tried again until it can.
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

from functions_host import schema, writes
from functions_host.errors import StoreError
from functions_host.reads import Reads
from functions_host.state import Effects

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]
Delivery = Callable[[Any, BaseException | None], None]
GROUP = 256
AGAIN_SECONDS = 1.0
_log = logging.getLogger("host")


@dataclass(slots=True)
class _Item:
    work: Work | Effects | writes.Answered
    deliver: Delivery
    patient: bool


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
        self._refused = False
        self._thread = threading.Thread(target=self._write_on, name="store-writer", daemon=True)
        self._thread.start()

    def next_n(self) -> int:
        """Number a message for the inbox; no other process writes there."""
        return next(self._numbers)

    @property
    def reads(self) -> Reads:
        """Give the calling thread its own reader."""
        reads: Reads | None = getattr(self._readers, "reads", None)
        if reads is None:
            connection = schema.connect(self.path)
            connection.execute("PRAGMA query_only=ON")
            self._opened.append(connection)
            reads = self._readers.reads = Reads(connection)
        return reads

    def submit(self, work: Work | Effects | writes.Answered, deliver: Delivery, *, patient: bool = False) -> None:
        """Queue work for the next commit; ``deliver`` is called on the loop after it.

        Turns and answers are always patient: a file that cannot be written now is waited for.
        """
        self._queue.put(_Item(work, deliver, patient or isinstance(work, Effects | writes.Answered)))

    async def write(self, work: Callable[[sqlite3.Connection], T], *, patient: bool = False) -> T:
        """Run a transaction and wait until it is on the disk; see ``submit``."""
        future: Future[T] = self._loop.create_future()

        def deliver(result: T, error: BaseException | None) -> None:
            if future.cancelled():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self.submit(work, deliver, patient=patient)
        return await future

    def close(self) -> None:
        """Commit what is queued, fold the log into the file, and let go of it."""
        self._queue.put(None)
        self._thread.join()
        for connection in self._opened:
            connection.close()
        try:
            schema.leave(self._connection)
        except sqlite3.OperationalError as error:  # the log stays beside the file: the next host reads both
            _log.warning("the log was not folded into the state file: %s", error)
        self._connection.close()
        self._lock.close()

    def _write_on(self) -> None:
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
        """Commit a group; if it fails, one by one, so that only the guilty one fails."""
        try:
            results: list[Any] = self._transaction(batch)
            outcomes: list[_Outcome] = [(item, result, None) for item, result in zip(batch, results, strict=True)]
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to its writer
            if len(batch) > 1:
                for item in batch:
                    self._commit([item])
                return
            if batch[0].patient and isinstance(error, sqlite3.OperationalError):
                self._wait(batch[0], error)
                return
            _log.error("a write failed: %s", error)
            outcomes = [(batch[0], None, error)]
        else:
            self._say_again()
        self._loop.call_soon_threadsafe(_deliver, outcomes)

    def _wait(self, item: _Item, error: sqlite3.OperationalError) -> None:
        """Keep an item for a while; whatever it belongs to goes on as soon as it is on the disk."""
        if not self._refused:
            self._refused = True
            _log.error("the state file cannot be written, it is tried every %g s: %s", AGAIN_SECONDS, error)
        self._loop.call_soon_threadsafe(lambda: self._loop.call_later(AGAIN_SECONDS, self._queue.put, item))

    def _say_again(self) -> None:
        if self._refused:
            self._refused = False
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
