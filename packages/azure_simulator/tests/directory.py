"""Graph's directory in a simulated cloud of a test's own process."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure_simulator.assembly import build
from azure_simulator.core.cloud import Options
from azure_simulator.core.requests import Reply, Request
from azure_simulator.core.times import OwnClock
from azure_simulator.seeds import TENANT_ID, demo_seed

from packages.azure_simulator.tests.in_process import START_US, InProcessCloud, keys

GRAPH = "https://graph.microsoft.com"
ADMINISTRATOR = "administrator"
WRITABLE_SETS = {
    "user": "users",
    "group": "groups",
    "device": "devices",
    "application": "applications",
    "servicePrincipal": "servicePrincipals",
    "managedDevice": "deviceManagement/managedDevices",
}
"""Kinds of entities that can be changed -> the path of their list."""


@dataclass
class Graph:
    """Requests to Graph, by default those of a caller with all rights."""

    app: InProcessCloud

    def send(self, method: str, path: str, body: Any = None, *, token: str = "", **headers: str) -> Reply:
        bare, _, query = path.partition("?")
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        bearer = token or self.app.token(ADMINISTRATOR, GRAPH)
        sent = {"host": "cloud", "authorization": f"Bearer {bearer}", "content-type": "application/json", **headers}
        version = "" if bare.startswith("/beta/") else "/v1.0"
        return self.app.cloud.handle(Request(method, f"{version}{bare}", query, sent, data))

    def __call__(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Send a request that must succeed and return its JSON."""
        reply = self.send(method, path, body, **options)
        assert reply.status < 300, (reply.status, reply.body)
        return json.loads(reply.body) if reply.body else None

    def error(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[int, str, str]:
        """Send a request that must be refused and return status, code and message."""
        reply = self.send(method, path, body, **options)
        assert reply.status >= 400, reply.body
        error = json.loads(reply.body)["error"]
        return reply.status, error["code"], error["message"]

    def token(self, app_id: str, secret: str, resource: str = GRAPH) -> Reply:
        """Ask for a token with a client secret."""
        form = f"grant_type=client_credentials&client_id={app_id}&client_secret={secret}&scope={resource}/.default"
        headers = {"host": "cloud", "content-type": "application/x-www-form-urlencoded"}
        return self.app.cloud.handle(Request("POST", f"/{TENANT_ID}/oauth2/v2.0/token", "", headers, form.encode()))


def open_directory(users: int = 6, journal: Path | None = None) -> Graph:
    """Open a cloud with the demo's directory; its clock stands still."""
    clock = OwnClock(START_US, 0)
    options = Options(7, "instant", {} if journal and journal.exists() else demo_seed(users))
    return Graph(InProcessCloud(build(clock, keys(), options, journal), clock))
