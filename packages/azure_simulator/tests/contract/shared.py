"""One simulated cloud for a whole session of contract tests, in a thread with a loop of its own.

Sync clients block their thread, so the cloud needs another one. Its clock stands still, operations take no time,
nothing is throttled; every test has a resource group of its own.
"""

import asyncio
import json
import ssl
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from typing import Any, Self

from azure.core.credentials import AccessToken
from azure_simulator.arm.registry import registry
from azure_simulator.arm.resource_types import Target
from azure_simulator.assembly import build
from azure_simulator.certificates import Certificates
from azure_simulator.core.cloud import Cloud, Options
from azure_simulator.core.requests import Reply, Request
from azure_simulator.core.times import OwnClock
from azure_simulator.seeds import demo_seed
from azure_simulator.server import Addresses, CloudServer

from packages.azure_simulator.tests.contract.connections import close_connections
from packages.azure_simulator.tests.contract.running import START_US, keys

_HOUR_S = 3600


@dataclass(frozen=True)
class ArmResponse:
    """A response of ARM: the resource type and the request, its status, its JSON."""

    target: Target
    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class SharedCloud:
    """A cloud that listens in its own thread, and every response of ARM that it sent."""

    url: str
    bundle: str
    cloud: Cloud
    responses: list[ArmResponse] = field(default_factory=list)

    def sim(self, path: str, body: Any) -> Any:
        """Send a request to `/_sim`."""
        context = ssl.create_default_context(cafile=self.bundle)
        data, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/_sim/{path}", data, headers)  # noqa: S310 - https
        with urllib.request.urlopen(request, context=context) as answer:  # noqa: S310 - https
            return json.loads(answer.read())

    def token(self, scope: str) -> AccessToken:
        """Get a token for a scope."""
        made = self.sim("tokens", {"name": "contract", "audience": scope.removesuffix("/.default")})
        return AccessToken(made["access_token"], int(time.time()) + _HOUR_S)

    def watch(self) -> None:
        """Record the responses of ARM from now on."""
        handle = self.cloud.handle

        def watched(request: Request) -> Reply:
            reply = handle(request)
            route, _, _ = self.cloud.router.find(request.method, request.path)
            if route is not None and route.plane == "arm":
                target = registry(self.cloud.world).target(route)
                body = json.loads(reply.body) if reply.body else None
                self.responses.append(
                    ArmResponse(target, request.method, request.path, reply.status, reply.headers, body)
                )
            return reply

        self.cloud.handle = watched  # type: ignore[method-assign]


class Shared:
    """Starts the thread and stops it."""

    def __init__(self, certificates: Certificates) -> None:
        self._certificates = certificates
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="simulated cloud", daemon=True)

    def start(self) -> SharedCloud:
        """Listen, and return the cloud with its address."""
        cloud = build(OwnClock(START_US, 0), keys(), Options(7, "instant", demo_seed()))
        self._server = CloudServer(cloud, self._certificates)
        self._thread.start()
        taken = self._await(self._server.start(Addresses()))
        found = SharedCloud(f"https://127.0.0.1:{taken.port}", str(self._certificates.authority), cloud)
        found.sim("config", {"throttling": {"enabled": False}})
        found.watch()
        return found

    def stop(self) -> None:
        """Stop listening and end the thread."""
        self._await(self._server.stop())
        self._await(close_connections())  # those that clients have not closed yet
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _await(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


class Credential:
    """The sync credential of a caller of the shared cloud."""

    def __init__(self, cloud: SharedCloud) -> None:
        self._cloud = cloud

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return self._cloud.token(scopes[0])


class AioCredential:
    """Its aio counterpart."""

    def __init__(self, cloud: SharedCloud) -> None:
        self._cloud = cloud

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return await asyncio.to_thread(self._cloud.token, scopes[0])

    async def close(self) -> None:
        """Hold nothing open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hold nothing open."""
