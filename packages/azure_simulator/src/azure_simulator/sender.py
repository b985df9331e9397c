"""The sockets of outgoing notifications: handshakes with receivers, and deliveries.

`azure_simulator.core.webhooks` decides what is due; here it goes over the wire. TLS receivers are
trusted with the bundle: certifi's roots and the throw-away authority.
"""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
import time
from collections import deque
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import aiohttp

from azure_simulator.core import webhooks
from azure_simulator.core.answers import Problem
from azure_simulator.core.requests import Request

if TYPE_CHECKING:
    from azure_simulator.certificates import Certificates
    from azure_simulator.core.cloud import Cloud
    from azure_simulator.core.webhooks import Post
    from azure_simulator.core.world import World

_LOG = logging.getLogger(__name__)
_LOOK_S = 0.02
_FAILED = "Subscription validation request failed."
_MUST = "Notification endpoint must respond with 200 OK to validation request."
_NAMES = {each.value: each.phrase.replace(" ", "") for each in HTTPStatus}
_UNANSWERED = 0


class Sender:
    """Deliver the notifications of a running cloud; the server starts and stops it."""

    def __init__(self, cloud: Cloud, certificates: Certificates) -> None:
        self._cloud = cloud
        self._certificates = certificates
        self._ready: dict[str, deque[Post]] = {}
        self._flying: dict[str, int] = {}
        self._world: World | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._started = False

    async def start(self) -> None:
        """Begin to poll the clock."""
        self._started = True
        self._begin(self._run())

    async def stop(self) -> None:
        """Stop sending; unanswered notifications stay in the outbox."""
        self._started = False
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def handshake(self, url: str, token: str) -> None:
        """Let a receiver prove that it wants notifications; raise Graph's 400 when it does not."""
        address = f"{url}{'&' if '?' in url else '?'}validationToken={quote(token, safe='')}"
        seconds = webhooks.setting(self._cloud.world, "handshakeSeconds")
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        try:
            status, kind, text = await self._post(address, b"", headers, seconds)
        except TimeoutError as error:
            raise Problem(400, "ValidationError", "Subscription validation request timed out.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise Problem(400, "ValidationError", f"{_FAILED} {_MUST}") from error
        if status != HTTPStatus.OK:
            name = _NAMES.get(status, str(status))
            raise Problem(400, "ValidationError", f"{_FAILED} HTTP status code is '{name}'. {_MUST}")
        if kind != "text/plain" or text != token:
            text = f"{_FAILED} Response must exactly match validationToken query parameter."
            raise Problem(400, "ValidationError", text)

    async def _run(self) -> None:
        while True:
            try:
                self._collect()
            except Exception:  # noqa: BLE001 - what one change broke must not silence all the others
                _LOG.exception("notifications that came due could not be sent")
            # there is no event to wait for: another process moves simulated time
            await asyncio.sleep(_LOOK_S)

    def _collect(self) -> None:
        world = self._cloud.world
        if world is not self._world:
            self._world, self._ready = world, {}
        box, now_us = webhooks.outbox(world), self._cloud.clock.now_us()
        if box.watched and world.next_due_us is not None and world.next_due_us <= now_us:
            world.settle(now_us)
        for post in box.take(now_us):
            self._ready.setdefault(post.url, deque()).append(post)
        parallel = int(webhooks.setting(world, "parallel")) if self._ready else 1
        for url in list(self._ready):
            while self._ready.get(url) and self._flying.get(url, 0) < parallel:
                self._begin(self._deliver(url, self._batch(world, url)))

    def _batch(self, world: World, url: str) -> list[Post]:
        waiting = self._ready[url]
        batch = [waiting.popleft() for _ in range(min(len(waiting), int(webhooks.setting(world, "batchSize"))))]
        if not waiting:
            del self._ready[url]
        self._flying[url] = self._flying.get(url, 0) + 1
        return batch

    async def _deliver(self, url: str, batch: list[Post]) -> None:
        world = self._cloud.world
        cipher = world.protector.cipher()
        value = [
            each.body | {name: cipher.decrypt(secret).decode() for name, secret in each.encrypted.items()}
            for each in batch
        ]
        data = json.dumps({"value": value}).encode()
        started, status = time.monotonic(), _UNANSWERED
        try:
            seconds = webhooks.setting(world, "timeoutSeconds")
            status, _, _ = await self._post(url, data, {"Content-Type": "application/json; charset=utf-8"}, seconds)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            _LOG.info("%s did not take its notifications: %s", url, type(error).__name__)
        finally:
            self._flying[url] -= 1
        if world is self._cloud.world:
            answered = {"ids": [each.id for each in batch], "status": status, "seconds": time.monotonic() - started}
            self._cloud.handle(Request("POST", "/_sim/webhooks/answered", body=json.dumps(answered).encode()))

    async def _post(self, url: str, data: bytes, headers: dict[str, str], seconds: float) -> tuple[int, str, str]:
        if not self._started:
            raise ConnectionError("the cloud does not listen yet, so it cannot call either")
        if self._session is None:  # not before it is needed: reading the roots takes longer than starting the rest
            context = ssl.create_default_context(cafile=str(self._certificates.bundle))
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context))
        timeout = aiohttp.ClientTimeout(total=seconds)
        options: Any = {"data": data, "headers": headers, "timeout": timeout, "allow_redirects": False}
        async with self._session.post(url, **options) as answer:
            return answer.status, answer.content_type, (await answer.read()).decode(errors="replace")

    def _begin(self, work: Any) -> None:  # noqa: ANN401 - a coroutine of ours
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
