"""Exports of Cost Management: CSV files in a container that a tenant names, read and never written.

They are somebody else's files: whatever they hold, only so many bytes and rows of them are read.
"""

from __future__ import annotations

import asyncio
import csv
import gzip
import io
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any, TypeVar

from shared.domain.cost.export import ExportFile
from shared.errors import UnavailableError

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.blob.aio import ContainerClient

_MOST_FILES = 5_000
_MOST_BYTES, _MOST_UNPACKED_BYTES = 512 * 1024**2, 4 * 1024**3
_MOST_ROWS = 5_000_000
_LONGEST_LINE = 1024**2
T = TypeVar("T")


class CostExport:
    """The files of an export. Raises: UnavailableError where they cannot be read."""

    def __init__(
        self,
        account: str,
        container: str,
        folder: str,
        credential: AsyncTokenCredential,
        **options: Any,  # noqa: ANN401 - the SDK's
    ) -> None:
        from azure.storage.blob.aio import ContainerClient

        from shared.clients.pipeline import TIMEOUTS

        self._folder = folder
        settings = {**TIMEOUTS, **options}
        self._container: ContainerClient = ContainerClient(account, container, credential=credential, **settings)

    async def close(self) -> None:
        """Close the connections."""
        await self._container.close()

    async def files(self) -> list[ExportFile]:
        """Return the files below the folder, at most some thousand."""
        from azure.core.exceptions import AzureError

        found: list[ExportFile] = []
        try:
            async for blob in self._container.list_blobs(name_starts_with=self._folder):
                found.append(ExportFile(str(blob.name), blob.last_modified, int(blob.size or 0)))
                if len(found) > _MOST_FILES:
                    raise UnavailableError(f"the folder has more than {_MOST_FILES} files: name that of one export")
        except AzureError as error:
            raise UnavailableError(f"the container cannot be read: {_code(error)}") from error
        return found

    async def read(self, file: ExportFile, take: Callable[[Iterator[Sequence[str]]], T]) -> T:
        """Give the lines of a file to *take*, in a thread. Raises: UnavailableError and the errors of *take*."""
        from azure.core.exceptions import AzureError

        if file.size > _MOST_BYTES:
            raise UnavailableError(
                f"{file.name} is larger than {_MOST_BYTES // 1024**2} MB: let the export partition it"
            )
        with tempfile.TemporaryFile() as here:
            try:
                stream = await self._container.download_blob(file.name)
                async for chunk in stream.chunks():
                    here.write(chunk)
                    if here.tell() > _MOST_BYTES:
                        raise UnavailableError(f"{file.name} has grown while it was read")
            except AzureError as error:
                raise UnavailableError(f"{file.name} cannot be read: {_code(error)}") from error
            here.seek(0)
            return await asyncio.to_thread(_taken, here, file.name, take)


def _taken(stored: IO[bytes], name: str, take: Callable[[Iterator[Sequence[str]]], T]) -> T:
    try:
        if not name.lower().endswith(".gz"):
            return take(csv.reader(_lines(stored, name)))
        with gzip.open(stored) as content:
            return take(csv.reader(_lines(content, name)))
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        raise UnavailableError(f"{name} is damaged: {error}") from error


def _lines(content: IO[bytes] | gzip.GzipFile, name: str) -> Iterator[str]:
    """Yield the lines of a file. Raises: UnavailableError for more than any export has."""
    size, number = 0, 0
    while raw := content.readline(_LONGEST_LINE):
        size, number = size + len(raw), number + 1
        if len(raw) >= _LONGEST_LINE or size > _MOST_UNPACKED_BYTES or number > _MOST_ROWS:
            raise UnavailableError(f"{name} has a line, or more lines, than an export has")
        yield io.TextIOWrapper(io.BytesIO(raw), "utf-8-sig" if number == 1 else "utf-8", "replace").read()


def parts_of(address: str) -> tuple[str, str, str]:
    """Return the address of the account, the container, and the folder with its slash."""
    scheme, _, rest = address.partition("://")
    host, container, *folders = rest.strip("/").split("/")
    return f"{scheme}://{host}", container, "".join(f"{each}/" for each in folders)


def _code(error: Exception) -> str:
    return str(getattr(error, "error_code", None) or type(error).__name__)
