"""The recorded app for HTTP with other settings in host.json, of which Microsoft's host left notes and no recording."""

import json
import re
import socket
from collections.abc import Callable, Iterator

import pytest
from host_testing.recorded import RecordedApp, differing, known_differences, recorded
from host_testing.running import RunningHost
from host_testing.storage_account import Certificates, Emulator

OF_THE_PREFIX = {"GET /", "GET prefix", "GET prefix/", "upper prefix"}
"""Requests to the prefix alone, which is the page at ``/`` without one, or with the prefix in capitals."""
CUSTOM = {"X-Custom": "c1", "X-Content-Type-Options": "nosniff", "Server": "mine", "Content-Type": "text/weird"}
Variant = Callable[..., RecordedApp]


@pytest.fixture(scope="module")
def variant(tmp_path_factory: pytest.TempPathFactory, azurite_server: Emulator, certificates: Certificates) -> Variant:
    """Return a function that makes the app with settings for HTTP."""
    return lambda **http: RecordedApp("http", tmp_path_factory.mktemp("app"), azurite_server, certificates, http)


@pytest.mark.timeout(300)
def test_without_a_prefix_the_answers_are_the_same(variant: Variant) -> None:
    found = variant(routePrefix="").answers(PROBE_PART="short", PROBE_PREFIX="")
    asked = {row["name"] for row in found}
    text = json.dumps([row for row in recorded("http") if row["name"] in asked])
    expected = json.loads(re.sub(r"(http://[^/\"]+)/api/", r"\1/", text))
    assert differing(expected, found).keys() - known_differences("http").keys() == OF_THE_PREFIX


@pytest.fixture(scope="module")
def host(variant: Variant) -> Iterator[RunningHost]:
    with variant(customHeaders=CUSTOM).running() as running:
        yield running


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 200),
        ("/api/nothing", 404),
        ("/api/auth/func", 401),
        ("/admin/host/status", 401),
        ("/admin/vfs/?code={master}", 403),
        ("/api/raise/value", 500),
        ("/api/status/400", 400),
        ("/api/status/200", 200),
    ],
)
def test_custom_headers_are_on_every_answer(host: RunningHost, path: str, status: int) -> None:
    answer = host.call("GET", path.format(master=master(host)))
    assert answer.status == status
    for name, value in CUSTOM.items():
        if name != "Content-Type":
            assert answer.headers.get_all(name) == [value]


def test_a_content_type_of_host_json_replaces_none(host: RunningHost) -> None:
    types = [host.call("GET", path).headers["Content-Type"] for path in ("/api/nothing", "/api/status/200")]
    assert (types[0], types[1] == "text/weird") == ("text/weird", False)


def test_custom_headers_are_not_on_the_servers_own_400(host: RunningHost) -> None:
    address, port = host.url.removeprefix("http://").split(":")
    with socket.create_connection((address, int(port)), timeout=30) as connection:
        connection.sendall(b"GET /api/echo/p HTTP/1.1\r\nHost: h\r\nX-A: \xe9\r\n\r\n")
        head = connection.recv(65536).decode("latin-1").lower()
    assert head.startswith("http/1.1 400 ")
    assert [name for name in CUSTOM if f"{name.lower()}: {CUSTOM[name]}" in head] == []


def master(host: RunningHost) -> str:
    return next(words[-1] for words in map(str.split, host.command("keys").splitlines()) if "_master" in words)
