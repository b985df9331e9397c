"""Receivers of webhooks on this machine, and the service with a vault on paper that sends to them."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from aiohttp import web
from azure_simulator.certificates import Certificates

from shared.clients.webhooks import Webhooks
from shared.contracts.outcomes import MissingError, Refused
from shared.domain.notices.endpoint import NoticeEndpointForm
from shared.domain.operations.operation import Actor
from shared.services.notices import endpoints
from shared.services.notices.delivering import deliver, deliver_due
from shared.services.notices.relaying import events_due
from shared.services.operations.action_context import ActionContext
from shared.storage.due import DueKind
from shared.storage.tables import Tables
from tests.integration import things
from tests.integration.services import HandClock, IdleHost, PaperServices

LOOPBACK = ip_network("127.0.0.0/8")
RULES = {DueKind.EVENTS: events_due, DueKind.DELIVER: deliver_due}


class PaperVault:
    """A vault in memory, with addresses as Key Vault has them."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def store(self, name: str, value: str, *, tags: dict[str, str] | None = None) -> str:
        assert tags is not None
        self.kept[f"https://vault.invalid/secrets/{name}"] = value
        return f"https://vault.invalid/secrets/{name}"

    async def read(self, address: str) -> str:
        if address not in self.kept:
            raise MissingError(Refused(code="SecretNotFound", message=address))
        return self.kept[address]

    async def delete(self, address: str) -> None:
        self.kept.pop(address, None)


@dataclass
class Receiver:
    """A receiver of webhooks. *answer*: makes the response to the nth request of an id."""

    port: int = 0
    answer: Callable[[str, int], web.StreamResponse] = lambda _id, _nth: web.Response(status=204)
    pause: float = 0.0
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        """The ids in the order in which they came."""
        return [id_ for id_, _, _ in self.got]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        id_ = request.headers.get("webhook-id", "")
        self.got.append((id_, dict(request.headers), body))
        await asyncio.sleep(self.pause)
        return self.answer(id_, self.ids.count(id_))


@asynccontextmanager
async def listening(certificates: Certificates, receiver: Receiver) -> AsyncIterator[Receiver]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificates.server, certificates.server_key)
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    receiver.port = int(runner.addresses[0][1])
    try:
        yield receiver
    finally:
        await runner.cleanup()


class NoticeServices(PaperServices):
    """The service with a vault and a queue on paper, which may send to this machine."""

    def __init__(self, tables: Tables, tls: ssl.SSLContext, hand: HandClock | None = None) -> None:
        super().__init__(tables, hand)
        self.paper_vault = PaperVault()

        async def resolve(host: str, port: int, family: int) -> list[str]:
            del host, port, family
            return ["127.0.0.1"]

        self.sender = Webhooks([LOOPBACK], resolve=resolve, tls=tls)

    def vault(self) -> Any:
        return self.paper_vault

    @property
    def webhooks(self) -> Any:
        return self.sender

    def context(self, *seed: str) -> ActionContext:
        return ActionContext(
            deps=self,
            actor=Actor(id="admin", name="Admin", kind="itPro"),
            subject=things.tenant(),
            verb="Microsoft.CloudPC/noticeEndpoints/create",
            trace_id="trace",
            now=self.hand.at,
            seed=seed or (self.new_id(),),
        )

    async def endpoint(self, receiver: Receiver, name: str = "Desk", **form: Any) -> endpoints.EndpointWithSecret:
        """Create an endpoint that the receiver is behind."""
        address = f"https://localhost:{receiver.port}/notices?sig=secret"
        made = NoticeEndpointForm.model_validate({"displayName": name, "address": address, **form})
        return await endpoints.create_endpoint(self.context(), made)

    async def sweep(self) -> None:
        """Carry out the due rows, as the sweep does, and the messages that follow from them."""
        for due in await self.due.due_among(RULES, self.hand.at):
            again = await RULES[due.kind](self, IdleHost(), due)
            await (self.due.drop(due) if again is None else self.due.postpone(due, again))
        await self.work()

    async def work(self) -> None:
        """Carry out the messages that may be seen: hidden ones are seen when the time is moved."""
        woken, self.paper_queue.woken = self.paper_queue.woken, []
        for endpoint_id, after in woken:
            if after:
                self.paper_queue.woken.append((endpoint_id, timedelta()))
            else:
                await deliver(self, things.TENANT_ID, endpoint_id)

    async def until_quiet(self, *, limit: timedelta = timedelta(days=5), step: timedelta | None = None) -> None:
        """Move the clock from one due row to the next until nothing is due any more."""
        end = self.hand.at + limit
        while self.hand.at < end:
            await self.sweep()
            rows = await self.due.due_among(RULES, end)
            if not rows and not self.paper_queue.woken:
                return
            first = min((row.at for row in rows), default=end)
            self.hand.at = max(self.hand.at + (step or timedelta(seconds=5)), min(first, end))
