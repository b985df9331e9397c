"""Queue triggers (docs/notes.md 4.3): polling, renewal, dequeue counts and the poison queue.

All of it runs in real time: the storage account decides when a message is visible again.
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

from functions_host.errors import ConfigError
from functions_host.functions.failures import error_text
from functions_host.functions.indexer import Function
from functions_host.functions.invoker import Invoker
from functions_host.functions.queue_clients import queue_name, queue_service, send
from functions_host.functions.retries import with_retries
from functions_host.log import log_event, log_invocation
from functions_host.scheduling.work import Work
from functions_host.settings.config import QueueSettings
from functions_host.triggers.queue_metadata import datum_of, metadata_of, metadata_of_run

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
        """Begin to poll; ``ConfigError`` when a connection is not set."""
        for function in functions:
            raw = function.trigger.raw
            connection = str(raw.get("connection") or "AzureWebJobsStorage")
            try:
                if connection not in self._services:
                    self._services[connection] = queue_service(connection, environ)
                name = queue_name(raw, environ)
            except ConfigError as error:
                text = f"{function.location}: {function.name}: {error}"
                raise ConfigError(text) from error
            listener = _Listener(
                function, self._services[connection], name, self._settings, self._invoker,
                self._work, self._visibility,
            )  # fmt: skip
            self._listeners.append(listener)
            listener.begin()

    def stop(self) -> None:
        """Receive no more messages; those being processed continue."""
        for listener in self._listeners:
            listener.stop()

    async def run_now(self, function: Function, body: str) -> None:
        """Call a queue function with a body from the admin API, also if it is disabled."""
        self._work.begin("queue")
        try:
            await self._invoker.invoke(function, datum_of(function, body.encode()), metadata_of_run(function, body))
        finally:
            self._work.end("queue")

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
        self._below_threshold = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None
        self._problem = ""

    def begin(self) -> None:
        """Start polling."""
        self._poller = asyncio.create_task(self._poll())

    def stop(self) -> None:
        """Stop polling."""
        if self._poller is not None:
            self._poller.cancel()

    async def _poll(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            while len(self._tasks) > self._settings.new_batch_threshold:
                self._below_threshold.clear()
                await self._below_threshold.wait()
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
            self._report_problem("not there yet: its function waits for it", logging.INFO)
            return False
        except AzureError as error:
            first = (str(error).splitlines() or [""])[0][:200]
            self._report_problem(f"not readable: {type(error).__name__}: {first}", logging.WARNING)
            return False
        self._report_recovery()
        for message in batch:
            self._work.begin("queue")
            task = asyncio.create_task(self._handle(message))
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        return bool(batch)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._below_threshold.set()

    def _report_problem(self, problem: str, level: int) -> None:
        """Log once why the queue cannot be read, not at every poll."""
        kind = problem.partition(": ")[0]
        if kind != self._problem:
            log_event("queue", f"{self._name} is {problem}", level)
        self._problem = kind

    def _report_recovery(self) -> None:
        if self._problem:
            log_event("queue", f"{self._name} can be read")
        self._problem = ""

    async def _handle(self, message: QueueMessage) -> None:
        try:
            await self._process(message)
        except AzureError as error:
            log_event("queue", f"{self._name} {message.id}: {type(error).__name__}", logging.WARNING)
        finally:
            self._work.end("queue")

    async def _process(self, message: QueueMessage) -> None:
        """Process one message: it is deleted, made visible again, or moved to the poison queue."""
        limit = self._settings.max_dequeue_count
        count = int(message.dequeue_count or 1)
        if count > limit:
            await self._poison(message)
            return
        renewal = asyncio.create_task(self._renew(message))
        try:
            succeeded = await self._attempt(message)
        finally:
            renewal.cancel()
            await asyncio.gather(renewal, return_exceptions=True)
        if succeeded:
            await self._queue.delete_message(message.id, message.pop_receipt)
        elif count >= limit:
            await self._poison(message)
        else:
            await self._queue.update_message(
                message.id,
                message.pop_receipt,
                visibility_timeout=int(self._settings.visibility_seconds),
            )

    async def _attempt(self, message: QueueMessage) -> bool:
        """Call the function; return False when it raised or the body cannot be decoded."""
        started, name = time.monotonic(), self.function.name
        facts: dict[str, Any] = {"id": message.id, "count": message.dequeue_count}
        try:
            body = self._decoded(message)
            datum, metadata = datum_of(self.function, body), metadata_of(self.function, message, body)
            await with_retries(
                "queue",
                self.function,
                lambda retry: self._invoker.invoke(self.function, datum, metadata, retry=retry),
            )
        except (binascii.Error, UnicodeDecodeError):
            log_invocation("queue", name, "failed", started, "the message is not base64 text", logging.ERROR, **facts)
            return False
        except Exception as error:  # noqa: BLE001 - user code
            facts |= self._invoker.location(error)
            log_invocation("queue", name, "failed", started, error_text(error), logging.ERROR, **facts)
            return False
        log_invocation("queue", name, "ok", started, **facts)
        return True

    def _decoded(self, message: QueueMessage) -> bytes:
        if not self._settings.base64:
            return str(message.content).encode()
        return base64.b64decode(message.content, validate=True)

    async def _renew(self, message: QueueMessage) -> None:
        """Keep the message invisible while its function runs."""
        while True:
            await asyncio.sleep(self._visibility / 2)
            try:
                renewed = await self._queue.update_message(
                    message.id, message.pop_receipt, visibility_timeout=self._visibility
                )
                message.pop_receipt = renewed.pop_receipt
                log_event("queue", f"{message.id} is renewed", logging.DEBUG)
            except AzureError as error:
                log_event("queue", f"{message.id} was not renewed: {type(error).__name__}", logging.WARNING)

    async def _poison(self, message: QueueMessage) -> None:
        """Move a message to the poison queue; a message of a poison queue is deleted."""
        if not self._name.endswith("-poison"):
            poison = self._service.get_queue_client(f"{self._name}-poison")
            await send(poison, message.content)
            log_event("queue", f"{message.id} moved to {self._name}-poison", logging.WARNING)
        await self._queue.delete_message(message.id, message.pop_receipt)
