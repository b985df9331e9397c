"""Starts Microsoft's worker and ours, each as a process, once a session for each app."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.worker import environment
from tests.worker.environment import ROOT
from tests.worker.workers import Value, Workers, text

SHAPES = ROOT / "packages" / "functions_host" / "tests" / "apps" / "durable"


@pytest.fixture(scope="session")
def worker_python() -> Path:
    """Return the interpreter that has Microsoft's worker."""
    try:
        return environment.prepare()
    except environment.NoInterpreterError as missing:
        pytest.skip(str(missing))


class FakeServices(ThreadingHTTPServer):
    """Services for the functions: a durable host that records all requests, an identity endpoint without tokens."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def client(self) -> Value:
        """The durable client's input, as the extension writes it (docs/notes/host.md 2.1)."""
        rpc = f"{self.url}/runtime/webhooks/durabletask/"
        named = {"statusQueryGetUri", "sendEventPostUri", "terminatePostUri", "purgeHistoryDeleteUri"}
        links = {name: f"{rpc}instances/INSTANCEID?{name}" for name in sorted(named)}
        creation = {
            "createNewInstancePostUri": f"{rpc}orchestrators/{{functionName}}[/{{instanceId}}]?code=k",
            "createAndWaitOnNewInstancePostUri": f"{rpc}orchestrators/{{functionName}}[/{{instanceId}}]?w=1&code=k",
        }
        described = {
            "taskHubName": "Hub",
            "creationUrls": creation,
            "managementUrls": {"id": "INSTANCEID", **links},
            "baseUrl": rpc.rstrip("/"),
            "requiredQueryStringParameters": "code=k",
            "rpcBaseUrl": rpc,
        }
        return text(json.dumps(described))

    def take_requests(self) -> list[tuple[str, str, Any]]:
        """Return the requests since the last time, bodies read as JSON."""
        received, self.received = self.received, []
        return received


class _Handler(BaseHTTPRequestHandler):
    server: FakeServices

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/msi"):
            self._send(400, {"error": "invalid_request", "error_description": "there are no tokens here"})
            return
        self.server.received.append((self.command, self.path, json.loads(body) if body else None))
        if self.command == "DELETE":
            self._send(200, {"instancesDeleted": 3})
        else:
            self._send(202, {"id": "started-1"})

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - BaseHTTPRequestHandler's names

    def _send(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def services() -> Iterator[FakeServices]:
    """Start the services that the functions call."""
    server = FakeServices()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def settings(services: FakeServices) -> dict[str, str]:
    """Return the sample settings; the managed identity is the one that gives no token."""
    sample = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]
    return {**sample, "IDENTITY_ENDPOINT": f"{services.url}/msi/token", "IDENTITY_HEADER": "h"}


@pytest.fixture(scope="session")
def deskwright(worker_python: Path, services: FakeServices) -> Iterator[Workers]:
    """Start both workers for Deskwright."""
    workers = Workers.of(worker_python, settings(services), ROOT)
    yield workers
    workers.end()


@pytest.fixture(scope="session")
def shapes(worker_python: Path, services: FakeServices) -> Iterator[Workers]:
    """Start both workers for the host's own test app."""
    workers = Workers.of(worker_python, settings(services), SHAPES)
    yield workers
    workers.end()


@pytest.fixture(scope="session")
def any_app(worker_python: Path) -> Iterator[Workers]:
    """Start both workers, for apps of a test's own."""
    workers = Workers.of(worker_python, {})
    yield workers
    workers.end()
