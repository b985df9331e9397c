"""The sockets: one TLS port for every plane, one plain port for the managed identity."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiohttp import web
from simulation_base.hosts import REFUSAL, is_address

from azure_simulator.core.requests import LARGEST, Reply, Request
from azure_simulator.core.times import SECOND
from azure_simulator.sender import Sender

if TYPE_CHECKING:
    from azure_simulator.certificates import Certificates
    from azure_simulator.core.cloud import Cloud

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_LOOK_S = 0.02
_UNREADABLE = b"\xff"
"""Stands for a body that cannot be decoded: it is no JSON, which each plane refuses in its own words."""
LARGEST_SEED = 256 << 20
"""Bytes of the largest body of a control route, and of a package of an app."""
_LARGE = ("/_sim", "/api/publish")
MSI_PREFIXES = ("/msi/", "/metadata/")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses to listen on; port 0 asks the kernel for a free one."""

    host: str = "127.0.0.1"
    port: int = 0
    msi_port: int = 0


class CloudServer:
    """Serve a cloud; `start` gives the addresses really taken."""

    def __init__(self, cloud: Cloud, certificates: Certificates) -> None:
        self.cloud = cloud
        self._certificates = certificates
        self._runners: list[web.ServerRunner] = []
        self._sender = Sender(cloud, certificates)

    async def start(self, wanted: Addresses) -> Addresses:
        """Listen on both ports, and begin to deliver notifications."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificates.server, self._certificates.server_key)
        taken = Addresses(
            wanted.host,
            await self._listen(wanted.host, wanted.port, context),
            await self._listen(wanted.host, wanted.msi_port, None),
        )
        self.cloud.handshake = self._sender.handshake
        await self._sender.start()
        return taken

    async def stop(self) -> None:
        """Stop sending, close both ports and the journal."""
        await self._sender.stop()
        for runner in self._runners:
            await runner.cleanup()
        self.cloud.journal.close()

    async def _listen(self, host: str, port: int, context: ssl.SSLContext | None) -> int:
        scheme = "https" if context else "http"

        async def handler(request: web.BaseRequest) -> web.StreamResponse:
            return await self._answer(request, scheme)

        runner = web.ServerRunner(web.Server(handler), shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, host, port, ssl_context=context, backlog=2048)
        await site.start()
        self._runners.append(runner)
        taken: int = runner.addresses[0][1]
        return taken

    async def _answer(self, request: web.BaseRequest, scheme: str) -> web.StreamResponse:
        path, _, query = request.raw_path.partition("?")
        if scheme == "http" and not path.startswith(MSI_PREFIXES):
            return web.Response(status=404, text="only the managed identity answers without TLS")
        if path.startswith("/_sim") and request.remote not in _LOOPBACK:
            return web.Response(status=403, text="/_sim answers on the loopback only")
        if path.startswith("/_sim") and not is_address(request.headers.get("host", "")):
            return web.Response(status=403, text=REFUSAL)
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await _body(request, LARGEST_SEED if path.startswith(_LARGE) else LARGEST + 1)
        log = self.cloud.log
        log.in_flight += 1
        log.peak_in_flight = max(log.peak_in_flight, log.in_flight)
        try:
            reply = self.cloud.handle(Request(request.method, path, query, headers, body, scheme))
            if reply.later is not None:
                reply = await reply.later()
            await self._held(reply)
        finally:
            log.in_flight -= 1
        if reply.drop and request.transport is not None:
            request.transport.abort()
        return web.Response(status=reply.status, headers=reply.headers, body=reply.body)

    async def _held(self, reply: Reply) -> None:
        if reply.hold_s:
            await asyncio.sleep(reply.hold_s)
        if reply.hold_us:
            until_us = self.cloud.clock.now_us() + reply.hold_us
            # there is no event to wait for: another process moves simulated time
            while self.cloud.clock.now_us() < until_us:  # noqa: ASYNC110
                await asyncio.sleep(min(_LOOK_S, reply.hold_us / SECOND))


async def _body(request: web.BaseRequest, most: int) -> bytes:
    """Read a body, and no more of it than tells that it is too large."""
    if not request.can_read_body:
        return b""
    try:
        return await request.content.readexactly(most)
    except asyncio.IncompleteReadError as short:
        return short.partial
    except web.RequestPayloadError:  # not what its Content-Encoding says
        return _UNREADABLE
