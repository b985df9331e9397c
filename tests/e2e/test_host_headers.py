"""The headers that a browser obeys are on the answers of the host itself, which no function of ours has seen."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from http.client import HTTPConnection

import pytest

from local.options import APP
from local.stack import Stack
from tests.e2e.conftest import HOST

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(HOST != "embedded", reason="the statuses are of the embedded host, which checks no keys here"),
]

PROMISED: dict[str, str] = json.loads((APP / "host.json").read_text())["extensions"]["http"]["customHeaders"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/runtime/nothing", 404), ("/runtime/webhooks/durabletask/instances", 401), ("/admin/host/ping", 200)],
)
def test_the_hosts_own_answers_have_the_headers_of_host_json(stack: Stack, path: str, status: int) -> None:
    with closing(HTTPConnection(stack.addresses.api.removeprefix("http://"), timeout=60)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
    assert (answer.status, {name: answer.getheader(name) for name in PROMISED}) == (status, PROMISED)


@pytest.mark.parametrize(
    ("request_line", "status", "promised"), [("GET / HTTP/1.0", 500, True), ("NO SUCH REQUEST", 400, False)]
)
def test_what_cannot_be_a_request_has_them_where_the_host_has_read_it(
    stack: Stack, request_line: str, status: int, *, promised: bool
) -> None:
    address, port = stack.addresses.api.removeprefix("http://").split(":")
    with socket.create_connection((address, int(port)), timeout=60) as connection:
        connection.sendall(f"{request_line}\r\n\r\n".encode())
        first, *lines = connection.recv(65536).decode().split("\r\n")
    assert first.split()[1] == str(status)
    assert {line for line in lines if line.partition(": ")[0] in PROMISED} == {
        f"{name}: {value}" for name, value in PROMISED.items() if promised
    }
