"""The queues of an Azurite for a host with a managed identity, and for the test beside it."""

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient
from azure_simulator.certificates import Certificates

from local.azurite import Azurite
from tests.identities import Identity

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


class _SyncIdentity:
    def get_token(self, *scopes: str, **_: object) -> object:
        return asyncio.run(Identity().get_token(*scopes))


class Account:
    """One storage account: how a host reaches it, and its queues."""

    def __init__(self, azurite: Azurite, certificates: Certificates, endpoint: str) -> None:
        self._azurite, self._certificates = azurite, certificates
        self.environ = {
            **certificates.environment(),
            "AzureWebJobsStorage": "",
            "AzureWebJobsStorage__queueServiceUri": azurite.queues_url,
            "IDENTITY_ENDPOINT": endpoint,
            "IDENTITY_HEADER": HEADER,
        }

    @contextmanager
    def queue(self, name: str) -> Iterator[QueueClient]:
        """Open a queue, made when it is not there."""
        bundle = str(self._certificates.bundle)
        url = self._azurite.queues_url
        with QueueClient(url, name, credential=_SyncIdentity(), connection_verify=bundle) as queue:  # type: ignore[arg-type]
            with suppress(ResourceExistsError):
                queue.create_queue()
            yield queue

    def send(self, name: str, *bodies: str) -> None:
        """Send messages as the binding writes them."""
        with self.queue(name) as queue:
            for body in bodies:
                queue.send_message(base64.b64encode(body.encode()).decode())

    def left(self, name: str) -> int:
        """Count the messages of a queue, hidden ones too."""
        with self.queue(name) as queue:
            return queue.get_queue_properties().approximate_message_count or 0

    def poisoned(self, name: str) -> list[str]:
        """Read the contents that lie in the poison queue, as they were sent."""
        with self.queue(f"{name}-poison") as queue:
            return [str(one.content) for one in queue.peek_messages(32)]


@contextmanager
def opened(azurite: Azurite, certificates: Certificates) -> Iterator[Account]:
    """Serve an identity for as long as somebody uses the account."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Account(azurite, certificates, f"http://127.0.0.1:{server.server_port}/msi/token")
    finally:
        server.shutdown()
        server.server_close()
