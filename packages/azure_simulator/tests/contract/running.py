"""A simulated cloud in the test's own event loop, with a clock that only moves by hand."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
from azure.identity.aio import ManagedIdentityCredential
from azure_simulator.assembly import build
from azure_simulator.certificates import Certificates
from azure_simulator.core.cloud import Cloud, Options
from azure_simulator.core.keys import Keys
from azure_simulator.core.resources import Resource
from azure_simulator.core.times import SECOND, OwnClock
from azure_simulator.seeds import demo_seed
from azure_simulator.server import Addresses, CloudServer

from packages.azure_simulator.tests.bodies import version_for
from packages.azure_simulator.tests.contract.connections import close_connections

START_US = 1_795_000_000 * SECOND
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/desks"
DIRECTORY = ("directoryOrphans", "sameNames", "sessionHostOrphans")
EVENTUAL = {"ConsistencyLevel": "eventual"}


@cache
def keys() -> Keys:
    """Make the signing keys once, because RSA keys take long to generate."""
    return Keys()


@dataclass
class Response:
    """Status, headers and JSON of a response."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def error(self) -> str:
        """The error code."""
        return str(self.body["error"]["code"])


@dataclass
class Running:
    """A cloud that listens, and requests to it."""

    cloud: Cloud
    url: str
    msi: str
    bundle: str
    session: aiohttp.ClientSession
    tokens: dict[str, str] = field(default_factory=dict)

    def advance(self, seconds: float) -> None:
        """Move the clock."""
        clock = self.cloud.clock
        assert isinstance(clock, OwnClock)
        clock.advance(timedelta(seconds=seconds))
        self.cloud.world.settle(clock.now_us())

    async def token(self, resource: str) -> str:
        """Get a token as production code does."""
        if resource not in self.tokens:
            async with ManagedIdentityCredential() as credential:
                self.tokens[resource] = (await credential.get_token(f"{resource}/.default")).token
        return self.tokens[resource]

    async def call(self, method: str, path: str, **options: Any) -> Response:
        """Send a request as it is."""
        url = path if path.startswith("https://") else self.url + path
        async with self.session.request(method, url, **options) as response:
            text = await response.text()
            body = json.loads(text) if text else None
            return Response(response.status, dict(response.headers), body)

    async def graph(self, path: str, method: str = "GET", **options: Any) -> Response:
        """Send a request to Graph with the managed identity's token; paths without a version are v1.0."""
        token = await self.token("https://graph.microsoft.com")
        headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
        if not path.startswith(("/v1.0", "/beta", "https://")):
            path = f"/v1.0{path}"
        return await self.call(method, path, headers=headers, **options)

    async def arm(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Send a request to ARM with the managed identity's token and an api-version that knows the path."""
        token = await self.token("https://management.azure.com")
        headers = {"Authorization": f"Bearer {token}"}
        answer = await self.call(method, f"{path}?api-version={version_for(path)}", headers=headers, json=body)
        assert answer.status < 300, answer.body
        return dict(answer.body or {})

    async def pages(self, path: str, **options: Any) -> list[Any]:
        """Follow nextLinks as they are given."""
        found: list[Any] = []
        while path:
            answer = await self.graph(path, **options)
            assert answer.status == 200, answer.body
            found += answer.body["value"]
            path = answer.body.get("@odata.nextLink", "")
        return found

    async def sim(self, path: str, body: Any) -> Any:
        """Send a request to `/_sim`."""
        answer = await self.call("POST", f"/_sim/{path}", json=body)
        assert answer.status < 300, answer.body
        return answer.body

    async def findings(self, *names: str) -> list[dict[str, Any]]:
        """List the findings of the invariants: of all, or of those named."""
        answer = await self.call("GET", "/_sim/invariants")
        return [each for each in answer.body["findings"] if not names or each["invariant"] in names]

    def add_machine(self, name: str, generation: int = 1) -> str:
        """Add a virtual machine, as ARM would, and return its id."""
        kind = "Microsoft.Compute/virtualMachines"
        path = f"{GROUP}/providers/{kind}/{name}"
        properties = {
            "vmId": self.cloud.world.guid("vm", name, generation),
            "provisioningState": "Succeeded",
            "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
        }
        body = {"id": path, "name": name, "type": kind, "location": "westeurope", "properties": properties}
        self.cloud.world.resources.add(
            Resource(path, kind, body, self.cloud.world.now_us, {"join": "entra", "allocated": True})
        )
        return path

    def remove_machine(self, vm_id: str, name: str) -> None:
        """Remove a virtual machine, as ARM would."""
        self.cloud.world.resources.remove(vm_id)
        self.cloud.world.publish("vm_deleted", vm_id=vm_id, computer_name=name)


@asynccontextmanager
async def running(
    certificates: Certificates, monkeypatch: Any, *, profile: str = "real", journal: Path | None = None, **seed: Any
) -> AsyncIterator[Running]:
    """Run a cloud seeded with the demo tenant; more `seed` replaces keys of it."""
    begin_with = {**demo_seed(), **seed}
    cloud = build(OwnClock(START_US, 0), keys(), Options(7, profile, begin_with), journal)
    server = CloudServer(cloud, certificates)
    taken = await server.start(Addresses())
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{taken.msi_port}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "any")
    connector = aiohttp.TCPConnector(ssl=certificates.client_context())
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Running(
            cloud,
            f"https://127.0.0.1:{taken.port}",
            f"http://127.0.0.1:{taken.msi_port}",
            str(certificates.authority),
            session,
        )
    await server.stop()
    await close_connections(taken.port, taken.msi_port)
