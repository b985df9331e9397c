"""Storage queues and blob containers."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar

from shared.errors import UnavailableError

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.blob.aio import ContainerClient
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
    """Return the texts of the first messages of a queue, at most 32, without those that are not valid base64 text."""
    from azure.core.exceptions import ResourceNotFoundError

    texts: list[str] = []
    with suppress(ResourceNotFoundError):
        for message in await queue.peek_messages(max_messages=_MOST_AT_ONCE):
            with suppress(binascii.Error, ValueError):
                texts.append(base64.b64decode(str(message.content), validate=True).decode())
    return texts


async def send(queue: QueueClient, text: str, *, after: timedelta = timedelta()) -> None:
    """Put a message on a queue, which is created when it is not there; nobody sees it before the time *after*."""
    from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

    hidden: dict[str, Any] = {"visibility_timeout": int(after.total_seconds())} if after else {}
    try:
        await queue.send_message(text, **hidden)
    except ResourceNotFoundError:
        with suppress(ResourceExistsError):
            await queue.create_queue()
        await queue.send_message(text, **hidden)


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FoundBlob:
    """A blob of the container, and its metadata."""

    name: str
    facts: Mapping[str, str]


class Blobs:
    """The container; *options* go to the SDK's client. Every method raises UnavailableError if the service fails."""

    def __init__(
        self,
        url: str,
        credential: Callable[[], AsyncTokenCredential],
        container: str,
        **options: Any,  # noqa: ANN401 - the SDK's
    ) -> None:
        self._url, self._credential, self._name, self._options = url, credential, container, options
        self._made: ContainerClient | None = None

    async def put(self, name: str, content: bytes, facts: Mapping[str, str] | None = None) -> None:
        """Write a blob, replacing an existing one. *facts*: its metadata, of non-empty ASCII values."""
        from azure.core.exceptions import ResourceNotFoundError

        async def upload() -> None:
            await self._client().upload_blob(name, content, overwrite=True, metadata=dict(facts or {}))

        try:
            await self._call(upload)
        except ResourceNotFoundError:
            await self._call(self._create)
            await self._call(upload)

    async def get(self, name: str) -> bytes | None:
        """Return the content of a blob, None if there is none."""

        async def download() -> bytes:
            return await (await self._client().download_blob(name)).readall()

        return await self._unless_missing(download, None)

    async def folder(self, name: str) -> list[FoundBlob]:
        """Return the blobs of a folder, sorted by name."""

        async def listed() -> list[FoundBlob]:
            blobs = self._client().list_blobs(name_starts_with=f"{name}/", include=["metadata"])
            return sorted(
                [FoundBlob(blob.name, dict(blob.metadata or {})) async for blob in blobs], key=lambda b: b.name
            )

        return await self._unless_missing(listed, [])

    async def folders(self) -> list[str]:
        """Return the names of the folders at the top level."""

        async def walked() -> list[str]:
            entries = self._client().walk_blobs(delimiter="/")
            return sorted([entry.name.rstrip("/") async for entry in entries if entry.name.endswith("/")])

        return await self._unless_missing(walked, [])

    async def delete(self, name: str) -> None:
        """Delete a blob, if it exists."""

        async def deleted() -> None:
            await self._client().delete_blob(name)

        await self._unless_missing(deleted, None)

    async def close(self) -> None:
        """Close the connections."""
        if self._made is not None:
            await self._made.close()
            self._made = None

    async def _create(self) -> None:
        from azure.core.exceptions import ResourceExistsError

        try:
            await self._client().create_container()
        except ResourceExistsError:
            return

    async def _unless_missing(self, operation: Callable[[], Awaitable[T]], otherwise: T) -> T:
        from azure.core.exceptions import ResourceNotFoundError

        try:
            return await self._call(operation)
        except ResourceNotFoundError:
            return otherwise

    async def _call(self, operation: Callable[[], Awaitable[T]]) -> T:
        from azure.core.exceptions import AzureError, ResourceNotFoundError

        try:
            return await operation()
        except ResourceNotFoundError:
            raise
        except AzureError as error:
            code = getattr(error, "error_code", None) or type(error).__name__
            raise UnavailableError(f"container {self._name} failed: {code}") from error

    def _client(self) -> ContainerClient:
        """Return the client, created at its first use: it belongs to the event loop that runs then."""
        if self._made is None:
            from azure.storage.blob.aio import ContainerClient

            from shared.clients.pipeline import transport

            options = {"transport": transport(), **self._options}
            self._made = ContainerClient(
                self._url,
                self._name,
                credential=self._credential(),
                retry_total=3,
                initial_backoff=0,  # the SDK's default of 15 seconds would use up the ten minutes of the timer function
                increment_base=1,
                random_jitter_range=1,
                **options,
            )
        return self._made
