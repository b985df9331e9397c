"""Requests over real connections: whose certificate is not known gets no token, and redirections are not followed."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import trustme

from deployment.clients import Client, DeploymentError, RefusedError


class Handler(BaseHTTPRequestHandler):
    """Answers by the path, and records the requests."""

    seen: list[tuple[str, str | None, bytes]]

    def _answer(self) -> None:
        length = int(self.headers.get("content-length", 0))
        self.seen.append((self.path, self.headers.get("authorization"), self.rfile.read(length)))
        status, body = {"/moved": (302, b""), "/no": (403, b'{"error": {"code": "No", "message": "not you"}}')}.get(
            self.path, (200, b'{"a": 1}')
        )
        self.send_response(status)
        self.send_header("Location", "https://elsewhere.example/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 - their names there

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Be quiet."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, type[Handler], Path]]:
    """A server with a certificate of an authority of its own: its address, its requests, the authority's file."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    handler = type("Noting", (Handler,), {"seen": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"https://localhost:{server.server_port}", handler, tmp_path / "ca.pem"
        server.shutdown()
        thread.join()


def client(base: str) -> Client:
    return Client(base, lambda: "secret", wait=lambda _: None)


def test_a_request_and_its_refusal_arrive(
    served: tuple[str, type[Handler], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    base, handler, authority = served
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    assert client(base).send("POST", "/x", {"b": 2}).json() == {"a": 1}
    assert handler.seen == [("/x", "Bearer secret", b'{"b": 2}')]
    with pytest.raises(RefusedError, match="403 No: not you"):
        client(base).get("/no")


def test_a_redirection_is_not_followed_with_the_token(
    served: tuple[str, type[Handler], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    base, handler, authority = served
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with pytest.raises(RefusedError, match="was answered 302"):
        client(base).get("/moved")
    assert len(handler.seen) == 1


def test_an_unknown_certificate_gets_no_token(served: tuple[str, type[Handler], Path]) -> None:
    base, handler, _ = served
    with pytest.raises(DeploymentError, match="CERTIFICATE_VERIFY_FAILED"):
        client(base).get("/x")
    assert handler.seen == []


def test_nobody_there_is_told(served: tuple[str, type[Handler], Path]) -> None:
    base, _, _ = served
    port = int(base.rpartition(":")[2])
    with pytest.raises(DeploymentError, match="GET https://localhost"):
        client(f"https://localhost:{port - 1 if port > 1024 else port + 1}").get("/x")
