"""The queues of an Azurite for a host with a managed identity, and for the test beside it."""

import base64
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, urlparse

from azure.core.credentials import AccessToken
from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueClient

_HEADER = "only-this-test"
_TENANT = "5d0f6a0e-93f4-4f0a-9a53-1f1fd5d4c0de"


class Emulator(Protocol):
    """Azurite over TLS with ``--oauth basic``, which accepts bearer tokens."""

    @property
    def queues_url(self) -> str: ...

    @property
    def blobs_url(self) -> str: ...

    @property
    def tables_url(self) -> str: ...


class Certificates(Protocol):
    """The authority that signed the emulator's certificate."""

    @property
    def bundle(self) -> Path: ...

    def environment(self) -> Mapping[str, str]: ...


def _token(resource: str) -> AccessToken:
    """Make a token for a resource; Azurite checks the claims and no signature."""
    now = int(time.time())
    claims = {"iss": f"https://sts.windows.net/{_TENANT}/", "aud": resource, "tid": _TENANT}
    claims_and_times = {**claims, "iat": now, "nbf": now - 300, "exp": now + 3600}
    parts = ({"alg": "RS256", "typ": "JWT"}, claims_and_times, "signature")
    encoded = (base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts)
    return AccessToken(".".join(encoded), now + 3600)


class _IdentityEndpoint(BaseHTTPRequestHandler):
    """The managed identity endpoint of App Service, as far as a client needs it."""

    def do_GET(self) -> None:
        assert self.headers["X-IDENTITY-HEADER"] == _HEADER
        resource = parse_qs(urlparse(self.path).query)["resource"][0]
        token = _token(resource)
        body = {"access_token": token.token, "expires_on": str(token.expires_on)}
        body |= {"resource": resource, "token_type": "Bearer"}
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        pass


class _Credential:
    def get_token(self, *scopes: str, **_: object) -> AccessToken:
        return _token(scopes[0].removesuffix("/.default"))


class StorageAccount:
    """One storage account: the settings with which a host uses it, and its queues."""

    def __init__(self, emulator: Emulator, certificates: Certificates, endpoint: str) -> None:
        self._url, self._bundle = emulator.queues_url, str(certificates.bundle)
        self.environ = {
            **certificates.environment(),
            "AzureWebJobsStorage": "",
            "AzureWebJobsStorage__queueServiceUri": self._url,
            "IDENTITY_ENDPOINT": endpoint,
            "IDENTITY_HEADER": _HEADER,
        }

    @contextmanager
    def queue(self, name: str) -> Iterator[QueueClient]:
        """Open a queue, created when it is not there."""
        with QueueClient(self._url, name, credential=_Credential(), connection_verify=self._bundle) as queue:
            with suppress(ResourceExistsError):
                queue.create_queue()
            yield queue

    def send(self, name: str, *bodies: str) -> None:
        """Send messages as the binding writes them."""
        with self.queue(name) as queue:
            for body in bodies:
                queue.send_message(base64.b64encode(body.encode()).decode())

    def message_count(self, name: str) -> int:
        """Count the messages of a queue, invisible ones too."""
        with self.queue(name) as queue:
            return queue.get_queue_properties().approximate_message_count or 0

    def poisoned(self, name: str) -> list[str]:
        """Read the contents of the poison queue, as they were sent."""
        with self.queue(f"{name}-poison") as queue:
            return [str(one.content) for one in queue.peek_messages(32)]


@contextmanager
def with_identity(emulator: Emulator, certificates: Certificates) -> Iterator[StorageAccount]:
    """Serve an identity for as long as the account is used."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _IdentityEndpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield StorageAccount(emulator, certificates, f"http://127.0.0.1:{server.server_port}/msi/token")
    finally:
        server.shutdown()
        server.server_close()
