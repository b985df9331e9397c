"""The deployment's clients on a simulated cloud in the test's own process."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from azure_simulator.core.requests import Request
from azure_simulator.seeds import TENANT_ID

from deployment.clients import Client, Reply
from deployment.environment import Environment
from deployment.report import Report
from deployment.steps import Place
from deployment.templates import VERSION
from packages.azure_simulator.tests.directory import ADMINISTRATOR, GRAPH, open_directory
from packages.azure_simulator.tests.in_process import ARM, InProcessCloud

SUBSCRIPTION = "22222222-2222-4222-8222-222222222222"


@dataclass
class Cloud:
    """A simulated cloud; `wrote` has each request that is no read, as `METHOD path`."""

    app: InProcessCloud = field(default_factory=lambda: open_directory().app)
    wrote: list[str] = field(default_factory=list)

    def transport(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        """Answer a request of a client as the service of its host does."""
        parts = urlsplit(url)
        if method not in {"GET", "HEAD"} and not parts.path.endswith("/whatIf"):
            self.wrote.append(f"{method} {parts.path}")
        sent = {"host": parts.netloc, **{name.lower(): value for name, value in headers.items()}}
        reply = self.app.cloud.handle(Request(method, parts.path, parts.query, sent, body or b""))
        return Reply(reply.status, {name.lower(): value for name, value in reply.headers.items()}, reply.body)

    def client(self, base: str, audience: str, **more: Any) -> Client:
        """Return a client of one service; its waits move the cloud's clock."""
        return Client(
            base,
            lambda: self.app.token(f"{ADMINISTRATOR} {audience}", audience),
            self.transport,
            self.app.advance,
            **more,
        )

    @property
    def graph(self) -> Client:
        """Graph."""
        return self.client(GRAPH, GRAPH)

    @property
    def arm(self) -> Client:
        """Resource Manager."""
        return self.client(ARM, ARM, version=VERSION)


def place(cloud: Cloud, folder: Path, **values: str) -> Place:
    """Return an installation with an environment of its own."""
    environment = Environment(folder, "test", {})
    given = {"AZURE_LOCATION": "westeurope", "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION, "AZURE_TENANT_ID": TENANT_ID}
    for name, value in {**given, **values}.items():
        environment.set(name, value)
    return Place(environment, cloud.graph, cloud.arm)


def quiet(*, dry: bool = False) -> Report:
    """Return a report that prints nothing."""
    return Report(dry=dry, say=lambda _: None)


def written(value: Any) -> str:
    """Return JSON in one order, to compare."""
    return json.dumps(value, sort_keys=True)
