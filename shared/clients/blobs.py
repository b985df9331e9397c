"""One blob container: whole blobs with a few facts about each, made when it is first missed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from shared.errors import UnavailableError

if TYPE_CHECKING:  # loaded when first used: cold start
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.blob.aio import ContainerClient

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """A blob that is there, and the facts it was put with."""

    name: str
    facts: Mapping[str, str]


class Blobs:
    """The container; *options* go to the SDK's client. Whatever is asked raises UnavailableError without an answer."""

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
        """Write a blob in place of what is there. *facts*: values of ASCII, none of them empty."""
        from azure.core.exceptions import ResourceNotFoundError

        async def upload() -> None:
            await self._client().upload_blob(name, content, overwrite=True, metadata=dict(facts or {}))

        try:
            await self._asked(upload)
        except ResourceNotFoundError:
            await self._asked(self._make)
            await self._asked(upload)

    async def get(self, name: str) -> bytes | None:
        """Return what a blob holds, None if it is not there."""

        async def download() -> bytes:
            return await (await self._client().download_blob(name)).readall()

        return await self._unless_missing(download, None)

    async def folder(self, name: str) -> list[Found]:
        """Return the blobs of a folder, sorted by name."""

        async def listed() -> list[Found]:
            blobs = self._client().list_blobs(name_starts_with=f"{name}/", include=["metadata"])
            return sorted([Found(blob.name, dict(blob.metadata or {})) async for blob in blobs], key=lambda b: b.name)

        return await self._unless_missing(listed, [])

    async def folders(self) -> list[str]:
        """Return the folders at the top."""

        async def walked() -> list[str]:
            entries = self._client().walk_blobs(delimiter="/")
            return sorted([entry.name.rstrip("/") async for entry in entries if entry.name.endswith("/")])

        return await self._unless_missing(walked, [])

    async def delete(self, name: str) -> None:
        """Remove a blob, if it is there."""

        async def deleted() -> None:
            await self._client().delete_blob(name)

        await self._unless_missing(deleted, None)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._made is not None:
            await self._made.close()
            self._made = None

    async def _make(self) -> None:
        from azure.core.exceptions import ResourceExistsError

        try:
            await self._client().create_container()
        except ResourceExistsError:
            return

    async def _unless_missing(self, ask: Callable[[], Awaitable[T]], otherwise: T) -> T:
        from azure.core.exceptions import ResourceNotFoundError

        try:
            return await self._asked(ask)
        except ResourceNotFoundError:
            return otherwise

    async def _asked(self, ask: Callable[[], Awaitable[T]]) -> T:
        from azure.core.exceptions import AzureError, ResourceNotFoundError

        try:
            return await ask()
        except ResourceNotFoundError:
            raise
        except AzureError as error:
            said = getattr(error, "error_code", None) or type(error).__name__
            raise UnavailableError(f"container {self._name} did not answer as it should: {said}") from error

    def _client(self) -> ContainerClient:
        """Return the client, made when first asked for: it belongs to the loop that runs then."""
        if self._made is None:
            from azure.core.pipeline.transport import AioHttpTransport
            from azure.storage.blob.aio import ContainerClient

            options = {"transport": AioHttpTransport(use_env_settings=False), **self._options}
            self._made = ContainerClient(
                self._url,
                self._name,
                credential=self._credential(),
                retry_total=3,
                initial_backoff=0,  # the SDK's own 15 seconds would use up the night's ten minutes
                increment_base=1,
                random_jitter_range=1,
                **options,
            )
        return self._made
