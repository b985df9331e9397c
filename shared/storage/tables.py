"""Table Storage for the repositories: rows with ETags, pages, batches, and Deskwright's own exceptions."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from shared.domain import pages as page_tokens
from shared.errors import (
    ConflictError,
    DeskwrightError,
    InvalidError,
    NotFoundError,
    Problem,
    StaleError,
    TooLargeError,
    UnavailableError,
)
from shared.metering import METER

if TYPE_CHECKING:  # loaded when first used: cold start
    from collections.abc import Iterator

    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.exceptions import AzureError
    from azure.data.tables.aio import TableClient, TableServiceClient

T = TypeVar("T")

Row = dict[str, str | int | bool]
Parameters = Mapping[str, str | int | bool]
BATCH = 100
"""Rows of one transaction, all of one partition (Table Storage's limit)."""
_BATCH_BYTES = 800_000  # 4 MiB are allowed, but aiohttp warns of bodies over 1 MiB: they block the event loop
_TOO_LARGE = {"RequestBodyTooLarge", "EntityTooLarge", "PropertyValueTooLarge", "KeyValueTooLarge"}
_MEANINGS: dict[int | None, tuple[Callable[[str], DeskwrightError], str]] = {
    400: (lambda words: InvalidError(Problem("", words)), "no record can have such a value"),
    404: (NotFoundError, "there is no such record"),
    409: (ConflictError, "the record exists already"),
    412: (StaleError, "the record has changed since it was read"),
}


@dataclass(frozen=True, slots=True)
class Read:
    """A row from the table, with its ETag."""

    row: Row
    etag: str


@dataclass(frozen=True, slots=True)
class Write:
    """A row to write; *seen* is the ETag it replaces, None inserts, ``*`` inserts or replaces.

    *gone*: the row with the ETag *seen* is removed. *tied*: it is written in the same transaction as the one before it.
    """

    row: Row
    seen: str | None
    gone: bool = False
    tied: bool = False


class Announcer(Protocol):
    """Receives the tables whose transactions include rows of events."""

    async def promise(self, table: str, tenant_id: str) -> None:
        """Promise, before events are written, that a crash does not lose them."""

    def written(self, table: str, tenant_id: str) -> None:
        """Announce events that were written."""


class Tables:
    """The tables of one storage account; one object for each process.

    *prefix* is put before the name of every table; *options* go to the SDK's client. Whoever sets ``on_write`` is told
    the table, partition and key of each row that was written; ``announcer`` is told of rows of events.
    """

    def __init__(
        self,
        url: str,
        credential: Callable[[], AsyncTokenCredential],
        *,
        prefix: str = "",
        **options: Any,  # noqa: ANN401 - the SDK's
    ) -> None:
        self._url, self._credential, self.prefix, self._options = url, credential, prefix, options
        self._service: TableServiceClient | None = None
        self.on_write: Callable[[str, str, str], None] = _tell_nobody
        self.announcer: Announcer | None = None

    def service(self) -> TableServiceClient:
        """Return the client, created at its first use: it belongs to the event loop that runs then."""
        if self._service is None:
            from azure.core.pipeline.transport import AioHttpTransport
            from azure.data.tables.aio import TableServiceClient

            # Looking up the environment's proxies would use a thread for every request. A transport that is given has
            # its own time-outs, whatever the client is told.
            transport: Any = AioHttpTransport(use_env_settings=False, connection_timeout=5, read_timeout=30)
            options = {"transport": transport, **self._options}
            self._service = TableServiceClient(
                self._url,
                credential=self._credential(),
                retry_total=3,
                retry_backoff_factor=0.2,
                **options,
            )
        return self._service

    async def close(self) -> None:
        """Close the connections."""
        if self._service is not None:
            await self._service.close()
            self._service = None


class Table:
    """One table, created when it is found missing."""

    def __init__(self, tables: Tables, name: str) -> None:
        self._tables, self._plain_name, self._name = tables, name, tables.prefix + name
        self._client: tuple[TableServiceClient, TableClient] | None = None

    async def read(self, partition: str, key: str) -> Read:
        """Return one row. Raises: NotFoundError."""
        return _read(await self._do(lambda table: table.get_entity(partition, key)))

    async def insert(self, row: Row) -> str:
        """Add *row*, return its ETag. Raises: ConflictError if its key exists."""
        etag = await self._write(Write(row, None))
        self._tell(row)
        return etag

    async def replace(self, row: Row, *, seen: str, told: bool = True) -> str:
        """Replace the row that has the ETag *seen*; *told*: ``on_write`` is, too. Raises: StaleError, NotFoundError."""
        etag = await self._update(row, seen)
        if told:
            self._tell(row)
        return etag

    async def put(self, row: Row) -> str:
        """Insert or replace *row*, return its ETag."""
        etag = await self._write(Write(row, "*"))
        self._tell(row)
        return etag

    async def delete(self, partition: str, key: str, *, seen: str | None = None) -> None:
        """Remove a row, if it exists. Raises: StaleError if it no longer has the ETag *seen*."""
        from azure.core import MatchConditions

        condition = MatchConditions.IfNotModified if seen else MatchConditions.Unconditionally
        await self._do(lambda table: table.delete_entity(partition, key, etag=seen, match_condition=condition))
        self._tell({"PartitionKey": partition, "RowKey": key})

    async def query(
        self, where: str, parameters: Parameters, *, select: Sequence[str] | None = None
    ) -> AsyncIterator[Read]:
        """Yield every row that matches *where*; ``@name`` in it is a parameter. *select*: only these properties."""
        token: str | None = None
        while True:
            rows, token = await self.page(where, parameters, token=token, select=select)
            for row in rows:
                yield row
            if token is None:
                return

    async def page(
        self,
        where: str,
        parameters: Parameters,
        *,
        top: int | None = None,
        token: str | None = None,
        select: Sequence[str] | None = None,
    ) -> tuple[list[Read], str | None]:
        """Return at most *top* rows from *token* on, and the token of the page after it, None at the end.

        Raises: InvalidError if *token* is not valid.
        """
        start = _continuation(self._name, token)

        async def one_page(table: TableClient) -> tuple[list[Read], str | None]:
            found = table.query_entities(
                where, parameters=dict(parameters), results_per_page=top, select=list(select) if select else None
            )
            pages = found.by_page(start)  # type: ignore[arg-type] # the SDK's token is a dict
            async for page in pages:
                rows = [_read(entity) async for entity in page]
                return rows, _token(self._name, pages.continuation_token)  # type: ignore[attr-defined] # AsyncPageIterator has it
            return [], None

        return await self._do(one_page)

    async def page_dated(self, parameters: Parameters, dates: list[str]) -> None:
        """Read one row of a partition, to measure the storage; add the ``Date`` of its answer to *dates*."""

        def note(response: Any) -> None:  # noqa: ANN401 - the SDK's pipeline
            dates.append(str(response.http_response.headers["Date"]))

        async def one_page(table: TableClient) -> None:
            where = "PartitionKey eq @partition"
            found = table.query_entities(where, parameters=dict(parameters), results_per_page=1, raw_response_hook=note)
            async for _ in found.by_page():
                return

        await self._do(one_page)

    async def write_all(self, writes: Sequence[Write]) -> list[str]:
        """Write rows of one partition in transactions of at most 100; return their ETags in order, empty: removed.

        One that fails ends the call; those before it stay committed.
        Raises: StaleError, ConflictError, NotFoundError.
        """
        etags: list[str] = []
        for batch in _batches(writes):
            if len(batch) == 1 and not batch[0].gone:  # a transaction costs the CPU of five requests
                etags.append(await self._write(batch[0]))
            else:
                written = await self._do(lambda table, batch=batch: table.submit_transaction(map(_operation, batch)))  # type: ignore[misc]
                etags += [str(one.get("etag", "")) for one in written]
            for write in batch:
                self._tell(write.row)
        return etags

    async def _write(self, write: Write) -> str:
        """Write one row, which does not go, by itself."""
        from azure.data.tables import UpdateMode

        row = write.row
        if write.seen is None:
            written = await self._do(lambda table: table.create_entity(row), adds=True)
        elif write.seen == "*":
            written = await self._do(lambda table: table.upsert_entity(row, mode=UpdateMode.REPLACE))
        else:
            return await self._update(row, write.seen)
        return str(written["etag"])

    async def _update(self, row: Row, seen: str) -> str:
        from azure.core import MatchConditions
        from azure.data.tables import UpdateMode

        condition = MatchConditions.IfNotModified
        written = await self._do(
            lambda table: table.update_entity(row, mode=UpdateMode.REPLACE, etag=seen, match_condition=condition)
        )
        return str(written["etag"])

    def _tell(self, row: Row) -> None:
        self._tables.on_write(self._plain_name, str(row["PartitionKey"]), str(row["RowKey"]))

    async def _do(self, operation: Callable[[TableClient], Awaitable[T]], *, adds: bool = False) -> T:
        """Run *operation*; if the table is missing, create it and run it again. *adds*: a 404 means nothing else."""
        table = self._table()
        METER.totals.table_requests += 1
        try:
            with _own_errors(self._name):
                return await operation(table)
        except DeskwrightError as error:
            if not isinstance(error, _MissingTableError) and not (adds and isinstance(error, NotFoundError)):
                raise
        with _own_errors(self._name):
            await self._tables.service().create_table_if_not_exists(self._name)
        with _own_errors(self._name):
            return await operation(table)

    def _table(self) -> TableClient:
        service = self._tables.service()
        if self._client is None or self._client[0] is not service:
            self._client = (service, service.get_table_client(self._name))
        return self._client[1]


def _tell_nobody(table: str, partition: str, key: str) -> None:
    """Take no notice of a row that was written."""


class _MissingTableError(UnavailableError):
    """The table does not exist yet."""


@contextmanager
def _own_errors(name: str) -> Iterator[None]:
    from azure.core.exceptions import AzureError

    try:
        yield
    except AzureError as error:
        raise _own_error(name, error) from error


def _own_error(name: str, error: AzureError) -> DeskwrightError:
    status = getattr(error, "status_code", None)
    code = getattr(error, "error_code", None)
    reason = str(getattr(code, "value", code) or type(error).__name__)
    if (status, reason) == (404, "TableNotFound"):
        return _MissingTableError(f"there is no table {name}")
    if status == 409 and reason not in {"EntityAlreadyExists", "ResourceExistsError"}:  # noqa: PLR2004 - the table is being created or deleted
        return UnavailableError(f"table {name} is not ready: {reason}")
    if status == 413 or reason in _TOO_LARGE:  # noqa: PLR2004
        return TooLargeError("what was sent is too large to be kept")
    if status in _MEANINGS and (status != 400 or code is not None):  # noqa: PLR2004 - a 400 without a code is not storage's
        kind, words = _MEANINGS[status]
        return kind(words)
    return UnavailableError(f"table {name}: the service failed: {status or ''} {reason}")


def _read(entity: Any) -> Read:  # noqa: ANN401 - the SDK's TableEntity
    return Read(dict(entity), str(entity.metadata["etag"]))


def _operation(write: Write) -> tuple[str, Row] | tuple[str, Row, dict[str, Any]]:
    from azure.core import MatchConditions
    from azure.data.tables import UpdateMode

    if write.gone:
        condition = {"etag": write.seen, "match_condition": MatchConditions.IfNotModified}
        return "delete", write.row, condition
    if write.seen is None:
        return "create", write.row
    if write.seen == "*":
        return "upsert", write.row, {"mode": UpdateMode.REPLACE}
    condition = {"etag": write.seen, "match_condition": MatchConditions.IfNotModified}
    return "update", write.row, {"mode": UpdateMode.REPLACE, **condition}


def _batches(writes: Sequence[Write]) -> Iterator[list[Write]]:
    batch: list[Write] = []
    size = 0
    for tied in _tied(writes):
        length = sum(len(value) for write in tied for value in write.row.values() if isinstance(value, str))
        if batch and (len(batch) + len(tied) > BATCH or size + length > _BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch += tied
        size += length
    if batch:
        yield batch


def _tied(writes: Iterable[Write]) -> Iterator[list[Write]]:
    """Yield the writes in groups that share a transaction."""
    together: list[Write] = []
    for write in writes:
        if together and not write.tied:
            yield together
            together = []
        together.append(write)
    if together:
        yield together


def _token(name: str, continuation: Mapping[str, str | None] | None) -> str | None:
    """Return the token of the page of the table *name* that begins at *continuation*, which may name no row."""
    if not continuation:
        return None
    return page_tokens.encoded(json.dumps([name, continuation["PartitionKey"], continuation.get("RowKey")]))


def _continuation(name: str, token: str | None) -> dict[str, str | None] | None:
    """Return the position at which a page of the table *name* begins.

    Raises: InvalidError, also for the token of another table.
    """
    if token is None:
        return None
    wrong = InvalidError(Problem("$skiptoken", page_tokens.AS_IT_IS))
    try:
        table, partition, key = json.loads(page_tokens.decoded(token))
    except (ValueError, TypeError, RecursionError) as error:
        raise wrong from error
    if table != name or not isinstance(partition, str) or not isinstance(key, str | None):
        raise wrong
    return {"PartitionKey": partition, "RowKey": key}
