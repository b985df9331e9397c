"""Durable entities: one batch of operations of an entity at a time; its state and replies go into one commit."""

import asyncio
import json
import logging
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import azure.functions as func

from functions_host.durable.dispatcher import Dispatcher
from functions_host.functions.failures import error_text
from functions_host.functions.indexer import Function
from functions_host.log import log_event
from functions_host.scheduling.clocks import Clock
from functions_host.scheduling.work import Work
from functions_host.storage.events import EventType, event
from functions_host.storage.reads import EntityCallRow
from functions_host.storage.state import Message
from functions_host.storage.store import Store

Key = tuple[str, str]


class Entities:
    """Runs operations in order, and stores each entity's state.

    *faults*: an entity that an operation has reached exists from then on, as Azure's host reads the SDK's answer.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        work: Work,
        dispatcher: Dispatcher,
        functions: Mapping[str, Function],
        batch: int,
        at_once: int,
        *,
        faults: bool = False,
    ) -> None:
        self._store, self._clock, self._work = store, clock, work
        self._dispatcher, self._functions, self._batch = dispatcher, functions, batch
        self._faults = faults
        self._slots = asyncio.Semaphore(at_once)
        self._running: dict[Key, asyncio.Task[None]] = {}
        self._again: set[Key] = set()
        self._open = True
        dispatcher.on_entity_calls = self.wake

    def recover(self) -> None:
        """Run the operations that wait in the store."""
        self.wake(self._store.reads.entity_keys())

    def stop(self) -> None:
        """Begin no more batches."""
        self._open = False

    def wake(self, keys: list[Key]) -> None:
        """Let entities read their messages."""
        for key in keys:
            if key in self._running:
                self._again.add(key)
            elif self._open:
                self._work.begin("entity")
                self._running[key] = asyncio.create_task(self._run(key))

    async def _run(self, key: Key) -> None:
        try:
            async with self._slots, self._scheduled(key):
                while self._open and await self._batch_of(key):
                    pass
        except Exception as error:  # noqa: BLE001 - user code, or the store
            log_event("entity", f"@{key[0]}@{key[1]} failed: {error_text(error)}", logging.ERROR)
            asyncio.get_running_loop().call_later(5.0, self.wake, [key])
        finally:
            del self._running[key]
            self._work.end("entity")
            if key in self._again:
                self._again.discard(key)
                self.wake([key])

    @asynccontextmanager
    async def _scheduled(self, key: Key) -> AsyncIterator[None]:
        begun = asyncio.Event()
        self._work.scheduler.submit(begun.set, f"@{key[0]}@{key[1]}")
        await begun.wait()
        try:
            yield
        finally:
            self._work.scheduler.finish()

    async def _batch_of(self, key: Key) -> bool:
        """Run one batch and commit it; False when nothing waits."""
        calls = self._store.reads.entity_calls(*key, self._batch)
        if not calls:
            return False
        found = self._store.reads.entity(*key)
        state = found[0] if found else None
        function = self._functions.get(key[0].casefold())
        results, exists, after = [_missing(key[0])] * len(calls), found is not None, state
        if function is not None:
            try:
                answered = await asyncio.to_thread(self._call, function, key, calls, state, found)
                results, exists, after = answered["results"], answered["entityExists"], answered["entityState"]
                _log_errors(key, calls, results)
            except (SystemExit, KeyboardInterrupt) as error:  # meant for the process; here it fails the operations
                log_event("entity", f"@{key[0]}@{key[1]} failed: {error_text(error)}", logging.ERROR)
                results = [_failed(error_text(error))] * len(calls)
        stays = exists or (self._faults and after is not None)
        await self._commit(key, calls, results, after if stays else None, exists=stays)
        return True

    def _call(
        self,
        function: Function,
        key: Key,
        calls: list[EntityCallRow],
        state: str | None,
        found: object,
    ) -> dict[str, Any]:
        batch = [{"name": c[1], "input": c[2], "isSignal": bool(c[3])} for c in calls]
        body = json.dumps(
            {
                "self": {"name": key[0], "key": key[1]},
                "exists": found is not None,
                "state": state,
                "batch": batch,
            }
        )
        context = func.EntityContext(body)
        answered: dict[str, Any] = json.loads(function.call(**{function.trigger.name: context}))
        return answered

    async def _commit(
        self,
        key: Key,
        calls: list[EntityCallRow],
        results: list[dict[str, Any]],
        state: str | None,
        *,
        exists: bool,
    ) -> None:
        now_us = self._clock.now_us()
        replies = [
            self._reply(call, result, now_us)
            for call, result in zip(calls, results, strict=True)
            if call[5] is not None
        ]

        def work(connection: sqlite3.Connection) -> None:
            if exists:
                connection.execute("INSERT OR REPLACE INTO entity VALUES (?, ?, ?, ?)", (*key, state, now_us))
            else:
                connection.execute("DELETE FROM entity WHERE name = ? AND key = ?", key)
            connection.executemany("DELETE FROM entity_msg WHERE n = ?", [(call[0],) for call in calls])
            connection.executemany("INSERT INTO inbox VALUES (?,?,?,?,?,?,?,?,?)", replies)

        await self._store.write(work, retried=True)
        for reply in replies:
            self._dispatcher.wake(reply.id)

    def _reply(self, call: EntityCallRow, result: dict[str, Any], now_us: int) -> Message:
        """Answer a call: an event named by its guid; the result must never be null."""
        reply: dict[str, object] = {"result": result["result"] if result["result"] is not None else "null"}
        if result["isError"]:
            reply["exceptionType"] = "Error"
        kind, guid = EventType.EVENT_RAISED, call[4]
        body = event(kind, now_us, Name=guid, Input=json.dumps(reply))
        n = self._store.next_n()
        return Message(n, str(call[5]), call[6], 0, kind, guid, call[7], body)

    async def signal(self, key: Key, operation: str, input_text: str | None) -> None:
        """Send an operation without a reply; ``input_text`` is a JSON string that holds JSON."""
        row = (*key, operation, input_text, 1, self._dispatcher.new_id())

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO entity_msg(name,key,op,input,is_signal,guid) VALUES (?,?,?,?,?,?)",
                row,
            )

        await self._store.write(work)
        self.wake([key])


def _log_errors(key: Key, calls: list[EntityCallRow], results: list[dict[str, Any]]) -> None:
    """Log the errors of operations; the SDK keeps the text and not the exception."""
    for call, result in zip(calls, results, strict=True):
        if result["isError"]:
            text = str(json.loads(result["result"] or "null"))
            log_event("entity", f"@{key[0]}@{key[1]}: {call[1]} failed: {text}", logging.ERROR)


def _missing(name: str) -> dict[str, Any]:
    return _failed(f"The entity function '{name}' doesn't exist.")


def _failed(text: str) -> dict[str, Any]:
    return {"isError": True, "result": json.dumps(text)}
