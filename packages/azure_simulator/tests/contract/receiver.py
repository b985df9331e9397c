"""A receiver of change notifications whose responses a test controls, and the requests that most tests need."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from azure_simulator.certificates import Certificates
from azure_simulator.core.times import iso_z
from azure_simulator.seeds import DOMAIN

from packages.azure_simulator.tests.contract.running import Response, Running

SECRET = "between-us"
MINUTE = 60
TIMEOUT_S = 60


@dataclass
class Receiver:
    """Received events, and the answer to send: `status` after `pause_s`; `handshake` after `silence_s`."""

    url: str = ""
    status: int = 202
    pause_s: float = 0
    silence_s: float = 0
    handshake: Callable[[str], web.Response] = lambda token: web.Response(text=token)
    tokens: list[str] = field(default_factory=list)
    posts: list[list[dict[str, Any]]] = field(default_factory=list)
    _received: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def notifications(self) -> list[dict[str, Any]]:
        """All notifications that were received, in order."""
        return [each for post in self.posts for each in post]

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if "Transfer-Encoding" in request.headers:  # Azure Functions hands no such body on
            return web.Response(status=411)
        if "validationToken" in request.query:
            self.tokens.append(request.query["validationToken"])
            await asyncio.sleep(self.silence_s)
            return self.handshake(request.query["validationToken"])
        body = await request.json()
        if self.pause_s:
            await asyncio.sleep(self.pause_s)
        async with self._received:
            self.posts.append(body["value"])
            self._received.notify_all()
        return web.Response(status=self.status)

    async def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many notifications were received, and return them all."""
        async with asyncio.timeout(TIMEOUT_S), self._received:
            await self._received.wait_for(lambda: len(self.notifications) >= count)
        return self.notifications


@asynccontextmanager
async def receiving(certificates: Certificates | None = None) -> AsyncIterator[Receiver]:
    """Listen on a free port; with `certificates` over TLS."""
    found = Receiver()
    runner = web.ServerRunner(web.Server(found.answer), shutdown_timeout=0.1)
    await runner.setup()
    context = None
    if certificates is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificates.server, certificates.server_key)
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    found.url = f"{'https' if context else 'http'}://127.0.0.1:{runner.addresses[0][1]}/changes"
    yield found
    await runner.cleanup()


def subscription_body(cloud: Running, receiver: Receiver, minutes: float = 1_000, **changes: Any) -> dict[str, Any]:
    body = {
        "changeType": "updated",
        "notificationUrl": receiver.url,
        "resource": "/users",
        "expirationDateTime": iso_z(cloud.cloud.world.now_us + int(minutes * MINUTE * 1_000_000)),
        "clientState": SECRET,
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


async def subscribe(cloud: Running, receiver: Receiver, minutes: float = 1_000, **changes: Any) -> dict[str, Any]:
    answer = await cloud.graph("/subscriptions", "POST", json=subscription_body(cloud, receiver, minutes, **changes))
    assert answer.status == 201, answer.body
    return dict(answer.body)


async def refused(cloud: Running, receiver: Receiver, minutes: float = 1_000, **changes: Any) -> Response:
    answer = await cloud.graph("/subscriptions", "POST", json=subscription_body(cloud, receiver, minutes, **changes))
    assert answer.status >= 400, answer.body
    return answer


async def rename(cloud: Running, number: int, name: str) -> None:
    await cloud.sim("graph/users", {"user": f"user{number:02d}@{DOMAIN}", "displayName": name})


async def outbox(cloud: Running) -> dict[str, Any]:
    return dict((await cloud.call("GET", "/_sim/webhooks")).body)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        while not await condition():  # noqa: ASYNC110 - nothing signals what the server does
            await asyncio.sleep(0.005)


async def attempted(cloud: Running) -> bool:
    return any(each["attempts"] for each in (await outbox(cloud))["pending"])


async def settled(cloud: Running) -> bool:
    return not (await outbox(cloud))["pending"]
