"""A service of a test's own: it gives the test's answers, and records its requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Thread
from typing import Any

import pytest
from deskwright.__main__ import run


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.import_plugin("tests.plugin")


ME = {"id": "a", "name": "Ada", "roles": ["CloudPC.Administrator"], "tenants": [{"id": "contoso"}]}
HANG_UP = -1
"""A status that ends the connection without an answer."""


@dataclass
class Asked:
    """A request that has arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Service:
    """Answers in the order in which they were put for an address; the last one again and again."""

    address: str = ""
    answers: dict[str, list[tuple[int, Any, dict[str, str]]]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    _news: Condition = field(default_factory=Condition)

    def hear(self, asked: Asked) -> None:
        """Remember a request."""
        with self._news:
            self.asked.append(asked)
            self._news.notify_all()

    def until_asked(self, method: str, path: str) -> None:
        """Wait until a request has arrived."""
        with self._news:
            assert self._news.wait_for(lambda: self.requests(method, path), timeout=60)

    def put(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.setdefault(f"{method} /api{path}", []).append((status, body, named))

    def requests(self, method: str, path: str) -> list[Asked]:
        return [each for each in self.asked if each.method == method and each.path.partition("?")[0] == f"/api{path}"]

    def answer(self, method: str, path: str) -> tuple[int, Any, dict[str, str]]:
        found = self.answers.get(f"{method} {path}") or self.answers.get(f"{method} {path.partition('?')[0]}")
        if not found:
            return 404, {"title": "There is no such thing", "detail": path, "traceId": "t1"}, {}
        return found.pop(0) if len(found) > 1 else found[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: Service

    def _handle(self) -> None:
        if "Transfer-Encoding" in self.headers:  # Azure Functions hands no such body on to the service
            self.close_connection = True
            self.send_error(411)
            return
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.service.hear(Asked(self.command, self.path, headers, json.loads(content) if content else None))
        status, body, more = self.service.answer(self.command, self.path)
        if status == HANG_UP:
            self.close_connection = True
            return
        text = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(text)), "Connection": "close", **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _handle  # noqa: N815 - the names of the base class

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[Service]:
    known = Service()
    known.put("GET", "/me", ME)
    handler = type("Handler", (_Handler,), {"service": known})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        known.address = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield known
        server.shutdown()
        thread.join()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person without any settings, in an empty folder."""
    for name in ("ADDRESS", "TENANT", "TOKEN", "CONTEXT", "OUTPUT", "RUN", "AS"):
        monkeypatch.delenv(f"DESKWRIGHT_{name}", raising=False)
    monkeypatch.setenv("DESKWRIGHT_CONFIG_DIR", str(tmp_path / "settings"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "settings"


@dataclass(frozen=True)
class Ended:
    """Result of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Ended]


@pytest.fixture
def deskwright(
    service: Service, settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run a command against the service, with a token."""
    monkeypatch.setenv("DESKWRIGHT_ADDRESS", service.address)
    monkeypatch.setenv("DESKWRIGHT_TOKEN", "a-token")

    def command(*words: str) -> Ended:
        monkeypatch.setattr("sys.argv", ["deskwright", *words])
        capsys.readouterr()
        code = run()
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return command
