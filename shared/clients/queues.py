"""Storage queues, with messages encoded as the Functions host expects them: text in base64."""

from __future__ import annotations

import base64
import binascii
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.queue.aio import QueueClient

_MOST_AT_ONCE = 32  # what Azure gives in one answer


def queue_client(credential: AsyncTokenCredential, queues_url: str, name: str) -> QueueClient:
    """Return the client of one queue, to which it sends plain text; base64 is added.

    What others have put there is read as it is: it may be no base64.
    """
    from azure.storage.queue import TextBase64EncodePolicy
    from azure.storage.queue.aio import QueueClient

    from shared.clients.pipeline import TIMEOUTS

    return QueueClient(
        queues_url,
        name,
        credential,
        **TIMEOUTS,
        message_encode_policy=TextBase64EncodePolicy(),
        retry_total=3,
        initial_backoff=0,  # the SDK's default of 15 seconds would hold a timer for more than a minute
        increment_base=1,
        random_jitter_range=1,
    )


async def oldest(queue: QueueClient) -> timedelta:
    """Return how long the first message has been on a queue, by the queue's own clock; nothing where there is none.

    A message that somebody is working on is not seen.
    """
    from azure.core.exceptions import ResourceNotFoundError

    asked: list[datetime] = []

    def note(response: Any) -> None:  # noqa: ANN401 - the SDK's pipeline
        asked.append(parsedate_to_datetime(response.http_response.headers["Date"]))

    try:
        found = await queue.peek_messages(max_messages=1, raw_response_hook=note)
    except ResourceNotFoundError:
        return timedelta()
    put = [message.inserted_on for message in found if message.inserted_on is not None]
    return max(asked[-1] - put[0], timedelta()) if put else timedelta()


async def first_texts(queue: QueueClient) -> list[str]:
    """Return the texts of the first messages of a queue, at most 32, without those that are no text in base64."""
    from azure.core.exceptions import ResourceNotFoundError

    texts: list[str] = []
    with suppress(ResourceNotFoundError):
        for message in await queue.peek_messages(max_messages=_MOST_AT_ONCE):
            with suppress(binascii.Error, ValueError):
                texts.append(base64.b64decode(str(message.content), validate=True).decode())
    return texts


async def send(queue: QueueClient, text: str) -> None:
    """Put a message on a queue, which is created when it is not there."""
    from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

    try:
        await queue.send_message(text)
    except ResourceNotFoundError:
        with suppress(ResourceExistsError):
            await queue.create_queue()
        await queue.send_message(text)
