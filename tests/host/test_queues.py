"""Queue triggers against Azurite, over TLS, with a managed identity (host.md 8, 61-65)."""

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient

from local.azurite import Azurite
from local.certificates import Certificates
from tests.host.conftest import RunningHost, until
from tests.identities import Identity

pytestmark = pytest.mark.azurite
HEADER = "only-this-test"


class _Endpoint(BaseHTTPRequestHandler):
    """The managed identity endpoint of App Service, as far as a client needs it."""

    def do_GET(self) -> None:
        assert self.headers["X-IDENTITY-HEADER"] == HEADER
        resource = parse_qs(urlparse(self.path).query)["resource"][0]
        token = asyncio.run(Identity().get_token(f"{resource}/.default"))
        body = {"access_token": token.token, "expires_on": str(token.expires_on)}
        body |= {"resource": resource, "token_type": "Bearer"}
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def queue_host(
    azurite_server: Azurite, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningHost]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place: Path = tmp_path_factory.mktemp("queue-host")
    host = RunningHost(
        place / "state.db",
        place / "log",
        environ={
            **certificates.environment(),
            "AzureWebJobsStorage": "",
            "AzureWebJobsStorage__queueServiceUri": azurite_server.queues_url,
            "IDENTITY_ENDPOINT": f"http://127.0.0.1:{server.server_port}/msi/token",
            "IDENTITY_HEADER": HEADER,
        },
    ).start()
    yield host
    assert host.stop() == 0
    server.shutdown()
    server.server_close()


class _SyncIdentity:
    def get_token(self, *scopes: str, **_: object) -> object:
        return asyncio.run(Identity().get_token(*scopes))


def client(azurite_server: Azurite, certificates: Certificates, name: str) -> QueueClient:
    return QueueClient(
        azurite_server.queues_url,
        name,
        credential=_SyncIdentity(),  # type: ignore[arg-type]
        connection_verify=str(certificates.bundle),
    )


def messages(host: RunningHost, body: str) -> list[dict[str, object]]:
    return [one for one in host.call("GET", "/api/messages").json if one["body"] == body]


def test_a_missing_queue_is_waited_for_and_then_read(
    queue_host: RunningHost, azurite_server: Azurite, certificates: Certificates
) -> None:
    with client(azurite_server, certificates, "inbound") as queue:
        with suppress(ResourceExistsError):
            queue.create_queue()
        queue.send_message(base64.b64encode("grüße".encode()).decode())
        until(lambda: messages(queue_host, "grüße"))
        until(lambda: queue.get_queue_properties().approximate_message_count == 0)
    assert messages(queue_host, "grüße")[0]["count"] == 1


def test_a_message_that_always_fails_is_tried_five_times_then_moved_to_poison(
    queue_host: RunningHost, azurite_server: Azurite, certificates: Certificates
) -> None:
    with client(azurite_server, certificates, "inbound") as queue:
        with suppress(ResourceExistsError):
            queue.create_queue()
        queue.send_message(base64.b64encode(b"fail").decode())
    until(lambda: len(messages(queue_host, "fail")) == 5, 30)
    assert [one["count"] for one in messages(queue_host, "fail")] == [1, 2, 3, 4, 5]
    until(lambda: "moved to inbound-poison" in queue_host.log.read_text())
    with client(azurite_server, certificates, "inbound-poison") as poison:
        bodies = [base64.b64decode(one.content) for one in poison.peek_messages(32)]
    assert b"fail" in bodies


def test_a_message_that_is_no_base64_ends_in_poison_and_the_host_lives(
    queue_host: RunningHost, azurite_server: Azurite, certificates: Certificates
) -> None:
    with client(azurite_server, certificates, "inbound") as queue:
        with suppress(ResourceExistsError):
            queue.create_queue()
        queue.send_message("%%% no base64")
    until(lambda: queue_host.log.read_text().count("is not base64 text") >= 5, 30)
    assert queue_host.call("GET", "/api/hello").status == 200


def test_a_full_batch_of_messages_is_handled(
    queue_host: RunningHost, azurite_server: Azurite, certificates: Certificates
) -> None:
    with client(azurite_server, certificates, "inbound") as queue:
        with suppress(ResourceExistsError):
            queue.create_queue()
        for _ in range(32):
            queue.send_message(base64.b64encode(b"many").decode())
    until(lambda: len(messages(queue_host, "many")) == 32, 30)
