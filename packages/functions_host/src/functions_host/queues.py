"""Feeds queue triggers (host.md 4.3): polling, renewal, dequeue counts and the poison queue.

All of it runs on real time: visibility is the storage account's business.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import random
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.functions import meta

from functions_host.config import QueueSettings
from functions_host.errors import ConfigError
from functions_host.indexer import Function
from functions_host.invoke import Invoker, error_text
from functions_host.log import ran, say
from functions_host.queue_clients import queue_name, queue_service, send
from functions_host.work import Work

if TYPE_CHECKING:
    from azure.storage.queue import QueueMessage
    from azure.storage.queue.aio import QueueClient, QueueServiceClient

VISIBILITY_SECONDS = 600
_FIRST_PAUSE = 0.1


class Queues:
    """Runs one poller for every queue trigger."""

    def __init__(self, settings: QueueSettings, invoker: Invoker, work: Work, visibility_seconds: int) -> None:
        self._settings, self._invoker = settings, invoker
        self._work, self._visibility = work, visibility_seconds
        self._services: dict[str, QueueServiceClient] = {}
        self._listeners: list[_Listener] = []

    def start(self, functions: list[Function], environ: Mapping[str, str]) -> None:
        """Begin to listen; ``ConfigError`` when a connection is set nowhere."""
        for function in functions:
            raw = function.trigger.raw
            connection = str(raw.get("connection") or "AzureWebJobsStorage")
            try:
                if connection not in self._services:
                    self._services[connection] = queue_service(connection, environ)
                name = queue_name(raw, environ)
            except ConfigError as error:
                text = f"{function.place}: {function.name}: {error}"
                raise ConfigError(text) from error
            listener = _Listener(
                function, self._services[connection], name, self._settings, self._invoker,
                self._work, self._visibility,
            )  # fmt: skip
            self._listeners.append(listener)
            listener.begin()

    def stop(self) -> None:
        """Receive no more messages; those in hand go on."""
        for listener in self._listeners:
            listener.stop()

    async def fire_by_hand(self, function: Function, body: str) -> None:
        """Call a queue function with a body that came from the admin API."""
        listener = next(one for one in self._listeners if one.function is function)
        await listener.run_body(body)

    async def close(self) -> None:
        """Close the clients."""
        for service in self._services.values():
            await service.close()


class _Listener:
    """Polls one queue and runs its function."""

    def __init__(
        self,
        function: Function,
        service: QueueServiceClient,
        name: str,
        settings: QueueSettings,
        invoker: Invoker,
        work: Work,
        visibility_seconds: int,
    ) -> None:
        self.function = function
        self._service, self._name = service, name
        self._queue: QueueClient = service.get_queue_client(name)
        self._settings, self._invoker = settings, invoker
        self._work, self._visibility = work, visibility_seconds
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None
        self._trouble = ""

    def begin(self) -> None:
        """Start polling."""
        self._poller = asyncio.create_task(self._poll())

    def stop(self) -> None:
        """Stop polling."""
        if self._poller is not None:
            self._poller.cancel()

    async def run_body(self, body: str) -> None:
        """Call the function with a body, as if it had come out of the queue once."""
        self._work.begin("queue")
        try:
            datum, metadata = meta.Datum(body, "string"), _metadata_by_hand(self._name)
            await self._call(datum, metadata)
        finally:
            self._work.end("queue")

    async def _poll(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            while len(self._tasks) > self._settings.new_batch_threshold:
                self._room.clear()
                await self._room.wait()
            if await self._receive():
                pause = _FIRST_PAUSE
                continue
            await asyncio.sleep(min(pause, self._settings.max_poll_seconds))
            spread = random.uniform(0.8, 1.2)
            pause = min(pause * 2 * spread, self._settings.max_poll_seconds)

    async def _receive(self) -> bool:
        """Fetch one batch and start its messages; a queue that is not there is empty."""
        try:
            pages = self._queue.receive_messages(
                messages_per_page=self._settings.batch_size,
                visibility_timeout=self._visibility,
            ).by_page()
            batch = [message async for message in await anext(pages)]
        except StopAsyncIteration:
            batch = []
        except ResourceNotFoundError:
            self._complain("not there yet: its function waits for it", logging.INFO)
            return False
        except AzureError as error:
            first = (str(error).splitlines() or [""])[0][:200]
            self._complain(f"not readable: {type(error).__name__}: {first}", logging.WARNING)
            return False
        self._well()
        for message in batch:
            self._work.begin("queue")
            task = asyncio.create_task(self._handle(message))
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        return bool(batch)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.set()

    def _complain(self, trouble: str, level: int) -> None:
        """Say once what is wrong with the queue, not with every poll."""
        kind = trouble.partition(": ")[0]
        if kind != self._trouble:
            say("queue", f"{self._name} is {trouble}", level)
        self._trouble = kind

    def _well(self) -> None:
        if self._trouble:
            say("queue", f"{self._name} can be read")
        self._trouble = ""

    async def _handle(self, message: QueueMessage) -> None:
        try:
            await self._process(message)
        except AzureError as error:
            say("queue", f"{self._name} {message.id}: {type(error).__name__}", logging.WARNING)
        finally:
            self._work.end("queue")

    async def _process(self, message: QueueMessage) -> None:
        """Run one message to its end: deleted, given back, or moved to the poison queue."""
        most = self._settings.max_dequeue_count
        count = int(message.dequeue_count or 1)
        if count > most:
            await self._poison(message)
            return
        renewal = asyncio.create_task(self._renew(message))
        try:
            good = await self._attempt(message)
        finally:
            renewal.cancel()
            await asyncio.gather(renewal, return_exceptions=True)
        if good:
            await self._queue.delete_message(message.id, message.pop_receipt)
        elif count >= most:
            await self._poison(message)
        else:
            await self._queue.update_message(
                message.id,
                message.pop_receipt,
                visibility_timeout=int(self._settings.visibility_seconds),
            )

    async def _attempt(self, message: QueueMessage) -> bool:
        """Call the function; False when it raised or the body cannot be decoded."""
        started, name = time.monotonic(), self.function.name
        facts: dict[str, Any] = {"id": message.id, "count": message.dequeue_count}
        try:
            body = self._decoded(message)
            await self._call(meta.Datum(body, "string"), _metadata(message, body))
        except (binascii.Error, UnicodeDecodeError):
            ran("queue", name, "failed", started, "the message is not base64 text", logging.ERROR, **facts)
            return False
        except Exception as error:  # noqa: BLE001 - user code
            facts |= self._invoker.place(error)
            ran("queue", name, "failed", started, error_text(error), logging.ERROR, **facts)
            return False
        ran("queue", name, "ok", started, **facts)
        return True

    def _decoded(self, message: QueueMessage) -> str:
        if not self._settings.base64:
            return str(message.content)
        return base64.b64decode(message.content, validate=True).decode()

    async def _call(self, datum: meta.Datum, metadata: Mapping[str, meta.Datum]) -> None:
        await self._invoker.invoke(self.function, datum, metadata)

    async def _renew(self, message: QueueMessage) -> None:
        """Keep the message invisible while its function runs."""
        while True:
            await asyncio.sleep(self._visibility / 2)
            try:
                renewed = await self._queue.update_message(
                    message.id, message.pop_receipt, visibility_timeout=self._visibility
                )
                message.pop_receipt = renewed.pop_receipt
                say("queue", f"{message.id} is renewed", logging.DEBUG)
            except AzureError as error:
                say("queue", f"{message.id} was not renewed: {type(error).__name__}", logging.WARNING)

    async def _poison(self, message: QueueMessage) -> None:
        """Move a message to the poison queue; poison queues have none of their own."""
        if not self._name.endswith("-poison"):
            poison = self._service.get_queue_client(f"{self._name}-poison")
            await send(poison, message.content)
            say("queue", f"{message.id} moved to {self._name}-poison", logging.WARNING)
        await self._queue.delete_message(message.id, message.pop_receipt)


def _metadata(message: QueueMessage, body: str) -> dict[str, meta.Datum]:
    facts: dict[str, Any] = {
        "Id": message.id,
        "DequeueCount": str(message.dequeue_count),
        "PopReceipt": message.pop_receipt,
        "ExpirationTime": _moment(message.expires_on),
        "InsertionTime": _moment(message.inserted_on),
        "NextVisibleTime": _moment(message.next_visible_on),
        "QueueTrigger": body,
    }
    return {name: meta.Datum(value, "string") for name, value in facts.items() if value}


def _metadata_by_hand(queue: str) -> dict[str, meta.Datum]:
    facts = {"Id": "by-hand", "DequeueCount": "1", "PopReceipt": "by-hand", "QueueTrigger": queue}
    return {name: meta.Datum(value, "string") for name, value in facts.items()}


def _moment(moment: Any) -> str | None:  # noqa: ANN401 - a datetime, or nothing
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")
