"""The front door that is not HTTP: the storage queue, with the managed identity's own token."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueServiceClient

from local.stack import Stack
from tests.e2e.identity import token_for

QUEUE = "directory-changes"
_RESOURCE = "https://storage.azure.com"


class Minted:
    """A credential of the SDKs: tokens of the managed identity, from the simulated cloud's identity endpoint."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken(*token_for(self._stack, _RESOURCE))


def _service(stack: Stack) -> QueueServiceClient:
    bundle = str(stack.certificates.bundle)
    return QueueServiceClient(stack.addresses.queues, credential=Minted(stack), connection_verify=bundle)


def put_change(stack: Stack, message: dict[str, Any]) -> None:
    """Put one message on ``directory-changes``, as a directory connector does."""
    put_texts(stack, json.dumps(message))


def put_texts(stack: Stack, *messages: str) -> None:
    """Put messages on ``directory-changes`` as they are, readable or not."""
    with _service(stack) as service:
        queue = service.get_queue_client(QUEUE)
        with suppress(ResourceExistsError):
            queue.create_queue()
        for message in messages:
            queue.send_message(base64.b64encode(message.encode()).decode())


def peek(stack: Stack, name: str) -> list[str]:
    """Return the texts of the first messages of a queue, which comes to be with the first of them."""
    with _service(stack) as service, suppress(ResourceNotFoundError):
        return [str(message.content) for message in service.get_queue_client(name).peek_messages(32)]
    return []


def count(stack: Stack, name: str) -> int:
    """Return how many messages a queue has, with those that somebody is working on."""
    with _service(stack) as service:
        return int(service.get_queue_client(name).get_queue_properties().approximate_message_count or 0)


def texts(stack: Stack) -> list[tuple[str, str]]:
    """Return (queue, text) of the first messages of every queue, the text as it was sent."""
    with _service(stack) as service:
        names = [str(queue.name) for queue in service.list_queues()]
    return [(name, base64.b64decode(text).decode(errors="replace")) for name in names for text in peek(stack, name)]
