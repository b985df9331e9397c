"""The addresses of Azure for programs of a test, which reach them through a proxy: nothing leaves this machine.

`HTTPS_PROXY` leads a program here. Each host has a certificate of the run's authority, and a place on this machine
that answers for it; another host is refused.
"""

import http.client
import ssl
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import trustme
from azure_simulator.certificates import Certificates

Place = Callable[[str], str]
"""Return the address on this machine that answers for a host; empty where there is none."""
_HOP = frozenset({"connection", "content-length", "keep-alive", "transfer-encoding", "proxy-connection", "host"})
_SECONDS = 120


class Internet(ThreadingHTTPServer):
    """A proxy that ends the encryption of each host with a certificate of its own."""

    daemon_threads = True

    def __init__(self, certificates: Certificates, place: Place, said: tuple[str, str]) -> None:
        """Listen; in answers the first text of *said* is written as the second."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.place, self.said = place, said
        self.trusted = certificates.client_context()
        key = certificates.authority_key.read_bytes()
        self._authority = trustme.CA.from_pem(certificates.authority.read_bytes(), key)

    @property
    def address(self) -> str:
        """The address for `HTTPS_PROXY`."""
        return f"http://127.0.0.1:{self.server_port}"

    def context(self, host: str) -> ssl.SSLContext:
        """Return the certificate of a host."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(host).configure_cert(context)
        return context


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Internet
    host = ""

    def do_CONNECT(self) -> None:
        host = self.path.rpartition(":")[0]
        if not self.server.place(host):
            self.send_error(502, f"nobody answers for {host}")
            return
        self.send_response_only(200)
        self.end_headers()
        self.connection = self.server.context(host).wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.host, self.close_connection = host, False

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        parts = urllib.parse.urlsplit(self.server.place(self.host))
        secure = parts.scheme == "https"
        made = (
            http.client.HTTPSConnection(parts.netloc, timeout=_SECONDS, context=self.server.trusted)
            if secure
            else http.client.HTTPConnection(parts.netloc, timeout=_SECONDS)
        )
        headers = {name: each for name, each in self.headers.items() if name.lower() not in _HOP}
        made.request(self.command, self.path, body or None, {**headers, "Host": self.host})
        answer = made.getresponse()
        content = answer.read().replace(self.server.said[0].encode(), self.server.said[1].encode())
        self.send_response_only(answer.status)
        for name, each in answer.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, each)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        made.close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass  # noqa: N815 - their names there

    def finish(self) -> None:
        super().finish()
        self.connection.close()  # the encrypted one, which the server does not know

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Be quiet."""


@contextmanager
def internet(certificates: Certificates, place: Place, said: tuple[str, str]) -> Iterator[Internet]:
    """Answer for Azure's hosts while the block runs."""
    with Internet(certificates, place, said) as made:
        thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            made.shutdown()
            thread.join()
