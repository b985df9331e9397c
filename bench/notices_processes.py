"""Processes of ``bench notices``: a receiver of webhooks, and a worker that is killed in the middle of its work.

Both are forked from a process that has imported everything. They share a moment in a file and write into files what has
arrived, so that a ``kill -9`` takes nothing with it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
import struct
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, TCPConnector, web
from azure.core.pipeline.transport import AioHttpTransport
from azure_simulator.certificates import Certificates

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Event, Status
from shared.domain.notices.endpoint import NoticeEndpointForm
from shared.services.notices import endpoints
from shared.storage.tables import Tables
from tests.identities import Identity
from tests.integration import things
from tests.integration.receivers import NoticeServices
from tests.integration.services import HandClock, in_place

BEGINS = things.NOW
LASTS = timedelta(hours=12)
"""Time over which the changes of records are spread."""
AWAY = (BEGINS + timedelta(hours=3), BEGINS + timedelta(hours=9))
"""Six hours in which the receiver is away."""


class FileClock(HandClock):
    """The moment that a file has: it outlives the processes that read and move it."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT)
        if os.fstat(self._file).st_size == 0:
            self.at = BEGINS

    @property
    def at(self) -> datetime:
        """The moment."""
        (passed,) = struct.unpack("d", os.pread(self._file, 8, 0))
        return BEGINS + timedelta(seconds=float(passed))

    @at.setter
    def at(self, moment: datetime) -> None:
        os.pwrite(self._file, struct.pack("d", (moment - BEGINS).total_seconds()), 0)


@dataclass(frozen=True)
class Place:
    """The folder and the certificates of all processes, the address of Azurite, and the vault's secrets."""

    folder: Path
    certificates: Certificates
    tables_url: str
    vault: dict[str, str]

    @property
    def clock(self) -> FileClock:
        """The moment of all processes."""
        return FileClock(self.folder / "moment")

    def arrived(self) -> list[tuple[str, str, int]]:
        """Return the requests in their order: path, id and the status of the answer."""
        lines = (self.folder / "arrived").read_text().splitlines()
        return [(path, id_, int(status)) for path, id_, status in (line.split(" ") for line in lines)]

    def port(self) -> int:
        """Return the receiver's port, once it listens."""
        path = self.folder / "port"
        return int(path.read_text()) if path.exists() and path.read_text().strip() else 0

    async def with_services(self, prefix: str, act: Callable[[NoticeServices], Coroutine[Any, Any, None]]) -> None:
        """Act with the service on Azurite, as one process has it."""
        tls = self.certificates.client_context()
        async with ClientSession(connector=TCPConnector(ssl=tls)) as session:
            transport = AioHttpTransport(session=session, session_owner=False)
            services = NoticeServices(
                Tables(self.tables_url, Identity, prefix=prefix, transport=transport), tls, self.clock
            )
            services.paper_vault.kept = self.vault
            with in_place(services):
                await act(services)
            await services.sender.close()
            await services.tables.close()


def forked(run: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run something in a process of its own; return its id."""
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        asyncio.run(run())
        status = 0
    finally:
        os._exit(status)


def ended(child: int, *, kill: bool = False) -> int:
    """Wait for the end of a process, after a ``kill -9`` of it if asked; return its status."""
    if kill:
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


async def receive(place: Place) -> None:
    """Answer until the process is killed: 500 to the path /bad, 503 to /away while the receiver is away, else 204."""
    clock = place.clock
    log = os.open(place.folder / "arrived", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        status = 500 if request.path == "/bad" else 204
        if request.path == "/away" and AWAY[0] <= clock.at < AWAY[1]:
            status = 503
        os.write(log, f"{request.path} {request.headers['webhook-id']} {status}\n".encode())
        return web.Response(status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(place.certificates.server, place.certificates.server_key)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    (place.folder / "port").write_text(str(runner.addresses[0][1]))
    await asyncio.Event().wait()


async def make_endpoint(services: NoticeServices, port: int, path: str) -> str:
    """Create an endpoint behind which a path of the receiver is; return its id."""
    address = f"https://localhost:{port}{path}"
    form = NoticeEndpointForm.model_validate({"displayName": path.strip("/"), "address": address})
    return (await endpoints.create_endpoint(services.context(), form)).stored.value.id


async def change_and_send(place: Place, changes: int) -> None:
    """Change records, send the notices that are due and move the moment; go on from where an earlier process ended."""

    async def act(services: NoticeServices) -> None:
        clock = services.hand
        done = {each.value.id: each.value async for each in services.cloud_pcs.each(things.TENANT_ID)}
        for number in range(changes):
            pc = done.get(f"pc{number:04}")
            if pc is not None and pc.status is not Status.PROVISIONING:
                continue
            at = BEGINS + LASTS * number / changes
            if clock.at < at:
                await services.until_quiet(limit=at - clock.at)
                clock.at = max(clock.at, at)
            if pc is None:
                new = things.cloud_pc(id=f"pc{number:04}", user=things.user(f"u{number}"), status=Status.PROVISIONING)
                pc = (await services.cloud_pcs.insert(new)).value
            await services.cloud_pcs.change(pc.tenant_id, pc.id, partial(_succeeded, at=clock.at))
        await services.until_quiet()

    await place.with_services("killed", act)


def _succeeded(pc: CloudPc, at: datetime) -> CloudPc:
    return pc.after(Event.SUCCEEDED, at=at)
