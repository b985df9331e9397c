"""Storage queues, with messages encoded as the Functions host expects them: text in base64."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.queue.aio import QueueClient


def queue_client(credential: AsyncTokenCredential, queues_url: str, name: str) -> QueueClient:
    """Return the client of one queue; its messages are plain text; base64 is added and removed."""
    from azure.storage.queue import TextBase64DecodePolicy, TextBase64EncodePolicy
    from azure.storage.queue.aio import QueueClient

    return QueueClient(
        queues_url,
        name,
        credential,
        message_encode_policy=TextBase64EncodePolicy(),
        message_decode_policy=TextBase64DecodePolicy(),
    )


async def send(queue: QueueClient, text: str) -> None:
    """Put a message on a queue, which is created when it is not there."""
    from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

    try:
        await queue.send_message(text)
    except ResourceNotFoundError:
        with suppress(ResourceExistsError):
            await queue.create_queue()
        await queue.send_message(text)
