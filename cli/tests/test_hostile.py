"""Answers that nobody should give: the command ends with a word about it, in time, and shows no token to anybody."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
import trustme
from deskwright import client, contexts, sign_in, transport
from deskwright.contexts import Context
from deskwright.errors import ExitCode

from cli.tests.conftest import Command, Service

TOKEN = "a-token"


class Rogue:
    """A server that sends a test's bytes to every client, and keeps the requests."""

    def __init__(self, answer: bytes, *, ends: bool) -> None:
        self.heard: list[bytes] = []
        self._answer, self._ends, self._over = answer, ends, Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.address = f"http://127.0.0.1:{self.port}"
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._over.is_set():
            with suppress(OSError):
                came, _ = self._listener.accept()
                with came:
                    self.heard.append(came.recv(65_536))
                    came.sendall(self._answer)
                    if not self._ends:
                        self._over.wait(10)

    def close(self) -> None:
        self._over.set()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self._listener.close()


Begin = Callable[..., Rogue]


@pytest.fixture
def rogue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    begun: list[Rogue] = []

    def begin(answer: bytes = b"", *, ends: bool = True) -> Rogue:
        begun.append(Rogue(answer, ends=ends))
        return begun[-1]

    monkeypatch.setattr(client, "_FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setenv("DESKWRIGHT_TENANT", "contoso")
    yield begin
    for each in begun:
        each.close()


def http(body: bytes, kind: str = "application/json", status: str = "200 OK", **headers: str) -> bytes:
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    said = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close", **more}
    head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


HTML = b"<html><h1>It works!</h1></html>"
ANSWERS = {
    "a page in place of JSON": (http(HTML, "text/html"), "answers with text/html, not JSON"),
    "a page with an error": (http(HTML, "text/html", "500 Oops"), "the service answered 500"),
    "half an answer": (http(b"{", Content_Length="1000"), "cut off"),
    "no HTTP": (b"220 mail.example ESMTP\r\n", "no whole HTTP"),
    "nothing": (b"", "cannot be reached"),
    "wrong chunks": (http(b"zz\r\n", Transfer_Encoding="chunked"), "no whole HTTP"),
    "no content": (http(b""), "something that is no list"),
    "another shape": (http(b'{"value": 3}'), "something that is no list"),
    "items that are none": (http(b'{"value": [1]}'), "something that is no list"),
    "a deep one": (http(b'{"value":' + b"[" * 100_000), "not JSON"),
    "a circle of pages": (http(b'{"value": [], "nextLink": "/api/x"}'), "lead in a circle"),
    "too many headers": (http(b"{}", **{f"X{n}": "y" for n in range(200)}), "no whole HTTP"),
    "control characters": (http(b'{"title": "\\u001b[2Jgone"}', status="400 Bad"), "gone"),
    "a redirect": (
        http(b"", status="302 Found", Location="https://evil.example/x"),
        "redirects to https://evil.example",
    ),
}


@pytest.mark.parametrize("case", ANSWERS)
@pytest.mark.parametrize("words", [("policy", "list"), ("policy", "delete", "Office", "--yes")])
def test_a_wrong_answer_is_told(
    deskwright: Command, rogue: Begin, monkeypatch: pytest.MonkeyPatch, case: str, words: tuple[str, ...]
) -> None:
    answer, said = ANSWERS[case]
    monkeypatch.setenv("DESKWRIGHT_ADDRESS", rogue(answer).address)
    ended = deskwright(*words)
    assert ended.code in {ExitCode.FAILED, ExitCode.USAGE}
    assert said in ended.err
    for never in (TOKEN, "Traceback", "\x1b"):
        assert never not in ended.out + ended.err


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_gets_no_token(
    deskwright: Command, rogue: Begin, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    other = rogue(http(b'{"value": []}'))
    first = rogue(http(b"", status=status, Location=f"{other.address}/api/tenants"))
    monkeypatch.setenv("DESKWRIGHT_ADDRESS", first.address)
    assert deskwright("tenant", "list").code == ExitCode.FAILED
    assert len(first.heard) == 1
    assert other.heard == []


def test_a_link_to_another_host_is_read_at_ours(deskwright: Command, rogue: Begin, service: Service) -> None:
    other = rogue(http(b'{"value": []}'))
    service.put("GET", "/tenants?$top=500", {"value": [{"id": "a"}], "nextLink": f"{other.address}/api/tenants?p=2"})
    service.put("GET", "/tenants?p=2", {"value": [{"id": "b"}]})
    assert [each["id"] for each in deskwright("tenant", "list", "-o", "json").json] == ["a", "b"]
    assert other.heard == []


@pytest.mark.parametrize(
    ("name", "value", "answer", "said"),
    [
        ("_TIMEOUT_SECONDS", 0.1, b"", "no answer in time"),
        ("_LONGEST_SECONDS", -1.0, http(b"{}"), "no answer in time"),
        ("_MOST_BYTES", 5, http(b'{"value": []}'), "more than"),
    ],
)
def test_an_answer_without_an_end_ends(
    deskwright: Command,
    rogue: Begin,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: float,
    answer: bytes,
    said: str,
) -> None:
    monkeypatch.setattr(transport, name, value)
    monkeypatch.setattr(client, "_LOST_TRIES", 1)
    monkeypatch.setenv("DESKWRIGHT_ADDRESS", rogue(answer, ends=bool(answer)).address)
    ended = deskwright("tenant", "list")
    assert (ended.code, said in ended.err) == (ExitCode.FAILED, True), ended.err


def test_a_proxy_is_not_told_of_this_machine(
    deskwright: Command, rogue: Begin, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = rogue(http(b"{}"))
    monkeypatch.setenv("HTTP_PROXY", proxy.address)
    monkeypatch.setenv("http_proxy", proxy.address)
    service.put("GET", "/tenants", {"value": []})
    assert deskwright("tenant", "list", "-o", "json").json == []
    assert proxy.heard == []


def test_a_proxy_is_asked_for_a_tunnel_and_sees_no_token(
    deskwright: Command, rogue: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = rogue(http(b"", status="407 Proxy Authentication Required"))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("https_proxy", proxy.address)
    monkeypatch.setenv("DESKWRIGHT_ADDRESS", "https://deskwright.example")
    ended = deskwright("tenant", "list")
    assert (ended.code, "407" in ended.err) == (ExitCode.FAILED, True)
    assert proxy.heard[0].startswith(b"CONNECT deskwright.example:443")
    assert TOKEN.encode() not in b"".join(proxy.heard)


@pytest.mark.parametrize("token", ["secret-2\r\nX-Evil: 1", "secret-2 x", "secret-2é", "\n"])
def test_what_is_no_token_is_told_and_not_shown(
    deskwright: Command, service: Service, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("DESKWRIGHT_TOKEN", token)
    ended = deskwright("tenant", "list")
    assert (ended.code, service.asked) == (ExitCode.SIGN_IN, [])
    assert "secret-2" not in ended.out + ended.err


def test_a_token_with_a_line_break_behind_it_is_one(
    deskwright: Command, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKWRIGHT_TOKEN", "a-token\n")
    service.put("GET", "/tenants", {"value": []})
    assert deskwright("tenant", "list").code == 0
    assert service.requests("GET", "/tenants")[0].headers["authorization"] == "Bearer a-token"


def test_where_it_happened_is_shown_without_the_token(rogue: Begin, settings: Path) -> None:
    address = rogue(http(b"{}")).address
    environment = {**os.environ, "DESKWRIGHT_ADDRESS": address, "DESKWRIGHT_TOKEN": TOKEN, "DESKWRIGHT_DEBUG": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "deskwright", "operation", "wait", "7"],
        env=environment, capture_output=True, text=True, check=False, cwd=settings.parent,
    )  # fmt: skip
    assert "Traceback" in done.stderr
    assert TOKEN not in done.stdout + done.stderr


KEEP = """
import sys
from deskwright import contexts, private_files
from deskwright.contexts import Context
for number in range(5):
    name = f"{sys.argv[1]}-{number}"
    with contexts.changing() as known:
        known.contexts[name] = Context(name, "https://x.example")
    with private_files.changing("tokens.json") as tokens:
        tokens[name] = "x"
"""


def test_processes_that_write_at_once_lose_nothing(settings: Path) -> None:
    running = [subprocess.Popen([sys.executable, "-c", KEEP, str(number)]) for number in range(4)]
    assert [each.wait() for each in running] == [0] * 4
    names = {f"{process}-{number}" for process in range(4) for number in range(5)}
    assert set(json.loads((settings / "contexts.json").read_text())["contexts"]) == names
    assert set(json.loads((settings / "tokens.json").read_text())) == names


def test_a_folder_that_is_none_is_told(
    deskwright: Command, settings: Path, monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    monkeypatch.delenv("DESKWRIGHT_ADDRESS")
    settings.write_text("a file")
    for words in (("whoami",), ("context", "list"), ("login", service.address, "--with", "azure-cli")):
        ended = deskwright(*words)
        assert ended.code == ExitCode.FAILED
        assert str(settings) in ended.err


@pytest.mark.parametrize("kept", ["[]", '{"contexts": []}', '{"contexts": {"a": {"colour": "red"}}}'])
def test_contexts_of_another_version_are_not_overwritten(deskwright: Command, settings: Path, kept: str) -> None:
    settings.mkdir()
    (settings / "contexts.json").write_text(kept)
    assert deskwright("context", "use", "a").code == ExitCode.FAILED
    assert (settings / "contexts.json").read_text() == kept


def test_a_folder_that_is_gone_is_no_fault(
    deskwright: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    monkeypatch.delenv("DESKWRIGHT_ADDRESS")
    assert deskwright("whoami").code == ExitCode.SIGN_IN
    assert deskwright("deploy", "all").code == ExitCode.USAGE


def test_a_certificate_that_nobody_knows_is_told_with_the_way_to_trust_it(
    deskwright: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        monkeypatch.setenv("DESKWRIGHT_ADDRESS", f"https://localhost:{server.server_port}")
        ended = deskwright("whoami")
        server.shutdown()
        thread.join()
    assert (ended.code, "CERTIFICATE_VERIFY_FAILED" in ended.err, "--ca-bundle" in ended.err) == (1, True, True)


STEERS = "\x1b[2J\x1b]0;mine\x07\r\x9b31mgone"
GROUP = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
GRAPH = "/tenants/contoso/beta/deviceManagement/virtualEndpoint"
ENDED = {"id": "7", "kind": STEERS, "status": "failed", "error": {"message": STEERS, "advice": STEERS}}
STEP = {"name": "a", "title": STEERS, "endedAt": "1", "outcome": STEERS}
SAID: dict[str, tuple[str, object, int, tuple[str, ...]]] = {
    "a property of a refusal": (
        f"DELETE {GRAPH}/spotGroups/{GROUP}",
        {"title": "Conflict", "details": {f"would{STEERS}": [STEERS]}},
        409,
        ("spot", "delete", GROUP),
    ),
    "an operation": ("GET /tenants/contoso/operations/7", {**ENDED, "steps": [STEP]}, 200, ("operation", "wait", "7")),
    "a bulk action": (
        "POST /tenants/contoso/bulkActions",
        {"possible": STEERS, "refused": STEERS},
        200,
        ("bulk", "create", "--action", "retry"),
    ),
    "who signs in": (
        "GET /me",
        {"name": STEERS, "roles": [STEERS], "tenants": [{"id": STEERS}]},
        200,
        ("login", "--name", "prod"),
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_what_is_written_for_people_steers_no_terminal(
    deskwright: Command, service: Service, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    named, body, status, words = SAID[case]
    method, _, path = named.partition(" ")
    service.answers.pop(f"{method} /api{path}", None)
    service.put(method, path, body, status)
    monkeypatch.setenv("DESKWRIGHT_TENANT", "contoso")
    with contexts.changing() as known:
        known.contexts["prod"] = Context("prod", service.address, scope="api://a/b", authority="https://x.example")
    if words[0] == "login":
        monkeypatch.setattr(sign_in, "begin", lambda _: None)
        monkeypatch.setattr(sign_in, "tokens", lambda _: lambda *_: TOKEN)
    ended = deskwright(*words)
    assert "gone" in ended.err
    assert not {"\x1b", "\x07", "\r", "\x9b"} & {*ended.err, *ended.out}


def test_the_message_of_a_device_code_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    class Issuer:
        def initiate_device_flow(self, *_: object) -> dict[str, str]:
            return {"user_code": "x", "message": f"Open a page {STEERS}"}

        def acquire_token_by_device_flow(self, *_: object) -> dict[str, str]:
            return {"access_token": TOKEN}

    sign_in._device_code(Issuer(), Context("prod", "https://prod.example"))
    said = capsys.readouterr().err
    assert said.startswith("Open a page")
    assert not {"\x1b", "\x07", "\r", "\x9b"} & {*said}
