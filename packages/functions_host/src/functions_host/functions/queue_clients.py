"""Queue clients for a connection name, by connection string or by identity."""

import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # half a second of imports, which only apps with queues need
    from azure.storage.queue.aio import QueueClient, QueueServiceClient

from functions_host.errors import ConfigError
from functions_host.settings.config import resolve

_IDENTIFYING = {"accountname", "queueendpoint", "usedevelopmentstorage"}
_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")


_EXPRESSION = re.compile(r"\{([^}]*)\}")


def queue_name(binding: Mapping[str, Any], environ: Mapping[str, str], data: Mapping[str, str] | None = None) -> str:
    """Read a binding's queue name, in lower case as Azure's binding makes it; ``ConfigError`` for an invalid one.

    *data*: what expressions in it stand for; None: it is not called yet, and a name with an expression is not judged.
    """
    name = resolve(str(binding["queueName"]), environ).lower()
    if data is None and _EXPRESSION.search(name):
        return name
    name = _EXPRESSION.sub(lambda match: (data or {}).get(match[1], ""), name).lower()
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is not a queue name: 3-63 letters, digits and single hyphens, hyphens inside only")
    return name


def address_of(connection: str, environ: Mapping[str, str]) -> tuple[str | None, str]:
    """Find (connection string, address) of a connection name, one of them set; ``ConfigError`` if there is none.

    A name is a connection string, or the prefix of ``__queueServiceUri`` or ``__accountName``.
    """
    text = environ.get(connection) or environ.get(f"AzureWebJobs{connection}")
    if text:
        parts = [part.partition("=") for part in text.strip().strip(";").split(";")]
        if not all(sign for _, sign, _ in parts) or not {name.lower() for name, _, _ in parts} & _IDENTIFYING:
            raise ConfigError(f"the setting {connection} is not a connection string of a storage account")
        return text, ""
    uri = environ.get(f"{connection}__queueServiceUri")
    account = environ.get(f"{connection}__accountName")
    if uri is None and account is not None:
        uri = f"https://{account}.queue.core.windows.net"
    if uri is None:
        raise ConfigError(
            f"no setting defines the connection {connection}: set {connection} to a connection string, "
            f"or {connection}__queueServiceUri"
        )
    return None, uri


def queue_service(connection: str, environ: Mapping[str, str]) -> "QueueServiceClient":
    """Open the account that a connection name stands for (``address_of``), with ``__clientId`` as another identity.

    Without the SDK's retries: the poller backs off by itself.
    """
    from azure.storage.queue.aio import QueueServiceClient

    # The host's own polls are in no log of the app's on Azure; what the app's clients say is, and so it is here.
    own = logging.getLogger("functions_host.storage")
    own.setLevel(logging.WARNING)
    policies: dict[str, Any] = {"retry_total": 0, "connection_timeout": 10, "read_timeout": 60, "logger": own}
    text, uri = address_of(connection, environ)
    if text:
        return QueueServiceClient.from_connection_string(text, **policies)
    from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential

    client_id = environ.get(f"{connection}__clientId")
    managed = "IDENTITY_ENDPOINT" in environ or client_id is not None
    credential = ManagedIdentityCredential(client_id=client_id) if managed else DefaultAzureCredential()
    return QueueServiceClient(uri, credential=credential, **policies)


async def send(queue: "QueueClient", text: str) -> None:
    """Send a message; create the queue when it is not there, which another process may do at the same time."""
    from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

    try:
        await queue.send_message(text)
    except ResourceNotFoundError:
        with suppress(ResourceExistsError):
            await queue.create_queue()
        await queue.send_message(text)
