"""Table Storage in this process: requests of the SDK's pipeline are answered without a socket.

The SDK itself is the real one, with its requests, errors and pages. A request through TLS to Azurite costs both sides
some milliseconds of CPU, and a test sends dozens. That Azurite answers the same is shown by `test_memory_tables.py`,
by those tests that stay on Azurite (`conftest.py`) and by ``make long``, which runs all of them there.
"""

import asyncio
import json
import re
import time
import warnings
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest._helpers import HttpRequestBackcompatMixin
from azure.core.rest._http_response_impl_async import AsyncHttpResponseImpl  # the class of every SDK's answers
from azure.core.utils import case_insensitive_dict

from tests.integration.memory_filters import compiled

Properties = dict[str, Any]
Key = tuple[str, str]

URL = "https://memory.invalid/tests"
"""The address that clients of these tables are given."""

_PAGE = 1_000
_BATCH = 100
_LONGEST_KEY = 512
_LONGEST_TEXT = 32 * 1024
_LARGEST_ROW = 1024 * 1024
_LARGEST_BODY = 4 * _LARGEST_ROW
_PART = 1024
"""More than the headers of one change of a transaction, and its address."""
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f/\\#?]")
_WEAK = re.compile(r'[wW]/"[^"]*"')
_ADDRESS = re.compile(r"PartitionKey='((?:[^']|'')*)',RowKey='((?:[^']|'')*)'")
_IMPLIED = {"Edm.String", "Edm.Int32", "Edm.Boolean"}
"""Types that an answer does not name: JSON says them."""


class RefusedError(Exception):
    """Storage refuses a request: status, code and words as Azure has them."""

    def __init__(self, status: int, code: str, words: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.words = status, code, words or code


@dataclass
class MemoryTable:
    """The rows of one table, with their ETags; sorted when a query wants them."""

    rows: dict[Key, tuple[Properties, str]] = field(default_factory=dict)
    _sorted: list[Key] | None = None

    def put(self, key: Key, properties: Properties, etag: str) -> None:
        if key not in self.rows:
            self._sorted = None
        self.rows[key] = (properties, etag)

    def remove(self, key: Key) -> None:
        del self.rows[key]
        self._sorted = None

    def back(self, key: Key, before: tuple[Properties, str] | None) -> None:
        """Put a row back as it was."""
        if before is not None:
            self.put(key, *before)
        elif key in self.rows:
            self.remove(key)

    def keys(self) -> list[Key]:
        if self._sorted is None:
            self._sorted = sorted(self.rows)
        return self._sorted


class Store:
    """The tables of one account, by their names in small letters: storage does not tell those apart."""

    def __init__(self) -> None:
        self.tables: dict[str, tuple[str, MemoryTable]] = {}
        self._ticks = 0

    def table(self, name: str) -> MemoryTable:
        try:
            return self.tables[name.lower()][1]
        except KeyError:
            raise RefusedError(404, "TableNotFound", "The table specified does not exist.") from None

    def create(self, name: str) -> None:
        if name.lower() in self.tables:
            raise RefusedError(409, "TableAlreadyExists")
        self.tables[name.lower()] = (name, MemoryTable())

    def delete(self, name: str) -> None:
        if self.tables.pop(name.lower(), None) is None:
            raise RefusedError(404, "ResourceNotFound")

    def stamp(self) -> str:
        """Return the time of a write, later than the time of any other write."""
        self._ticks = max(self._ticks + 1, time.time_ns() // 100)
        whole = datetime.fromtimestamp(self._ticks // 10_000_000, UTC)
        return f"{whole:%Y-%m-%dT%H:%M:%S}.{self._ticks % 10_000_000:07d}Z"

    def insert(self, name: str, sent: Properties) -> str:
        table, key = self.table(name), _key_of(sent)
        if key in table.rows:
            raise RefusedError(409, "EntityAlreadyExists", "The specified entity already exists.")
        return self._write(table, key, sent)

    def replace(self, name: str, key: Key, sent: Properties, seen: str | None) -> str:
        """Replace a row that has the ETag *seen*, ``*``: any; None: insert it where there is none."""
        table = self.table(name)
        if seen is not None:
            self._expect(table, key, seen)
        return self._write(table, key, sent)

    def remove(self, name: str, key: Key, seen: str) -> None:
        table = self.table(name)
        self._expect(table, key, seen)
        table.remove(key)

    def _expect(self, table: MemoryTable, key: Key, seen: str) -> None:
        if seen != "*" and not _WEAK.fullmatch(seen):
            raise RefusedError(400, "InvalidInput")
        if key not in table.rows:
            raise RefusedError(404, "ResourceNotFound", "The specified resource does not exist.")
        if seen not in {"*", table.rows[key][1]}:
            raise RefusedError(412, "UpdateConditionNotSatisfied")

    def _write(self, table: MemoryTable, key: Key, sent: Properties) -> str:
        _check(key, sent)
        stamp = self.stamp()
        etag = f"W/\"datetime'{quote(stamp)}'\""
        kept = {name: value for name, value in sent.items() if value is not None and value not in _IMPLIED}
        table.put(key, {**kept, "PartitionKey": key[0], "RowKey": key[1], "Timestamp": stamp}, etag)
        return etag

    def page(self, name: str, asked: dict[str, str]) -> tuple[list[Properties], Key | None]:
        """Return the rows of a page, and the key of the first row of the page after it."""
        table = self.table(name)
        test, partition = compiled(asked["$filter"]) if asked.get("$filter") else (None, None)
        top = min(int(asked.get("$top", _PAGE)), _PAGE)
        chosen = asked["$select"].split(",") if asked.get("$select") else None
        found: list[Properties] = []
        for key in _from(table.keys(), asked, partition):
            row, etag = table.rows[key]
            if test is None or test(row):
                if len(found) == top:
                    return found, key
                shown = row if chosen is None else _selected(row, chosen)
                found.append({"odata.etag": etag, **shown})
        return found, None


def _from(keys: list[Key], asked: dict[str, str], partition: str | None) -> Iterator[Key]:
    """Yield the keys at which a query may find something, from where its page begins."""
    begin = tuple(b64decode(asked.get(f"Next{name}", "")).decode() for name in ("PartitionKey", "RowKey"))
    for key in keys:
        if key >= begin and (partition is None or key[0] == partition):
            yield key


def _selected(row: Properties, chosen: list[str]) -> Properties:
    wanted = {name.strip() for name in chosen}
    return {name: value for name, value in row.items() if name.partition("@")[0] in wanted}


def _key_of(sent: Properties) -> Key:
    if not isinstance(sent.get("PartitionKey"), str) or not isinstance(sent.get("RowKey"), str):
        raise RefusedError(400, "PropertiesNeedValue")
    return sent["PartitionKey"], sent["RowKey"]


def _check(key: Key, sent: Properties) -> None:
    if any(len(part) > _LONGEST_KEY or _FORBIDDEN.search(part) for part in key):
        raise RefusedError(400, "InvalidInput", "An error occurred while processing this request.")
    for value in sent.values():
        if isinstance(value, str) and len(value.encode("utf-16-le")) > 2 * _LONGEST_TEXT:
            raise RefusedError(400, "PropertyValueTooLarge")


class Answer(AsyncHttpResponseImpl):
    """An answer that is read at once. *parts*: the answers to the requests of a transaction."""

    def __init__(self, request: Any, status: int, headers: dict[str, str], body: Any = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        kind = "application/json;odata=minimalmetadata"
        told = {"Date": f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S GMT}", "x-ms-version": "2019-02-02", **headers}
        super().__init__(
            request=request,
            internal_response=_Nothing(),
            status_code=status,
            reason=HTTPStatus(status).phrase,
            content_type=kind,
            headers=case_insensitive_dict({"Content-Type": kind, **told}),
            stream_download_generator=None,
        )
        self._content = content
        self._parts: list[Answer] = []

    def of(self, parts: list["Answer"]) -> Self:
        self._parts = parts
        return self

    async def parts(self) -> AsyncIterator["Answer"]:
        for part in self._parts:
            yield part


class _Nothing:
    """The answer of an HTTP library, which azure-core closes; here nothing is open."""

    async def close(self) -> None:
        """Close nothing."""


class MemoryTransport(AsyncHttpTransport[Any, Any]):
    """Sends the SDK's requests to a store in this process."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def open(self) -> None:
        """Nothing has to be opened."""

    async def close(self) -> None:
        """Close nothing."""

    async def __aexit__(self, *_: object) -> None:
        """Close nothing."""

    async def send(self, request: Any, **_: Any) -> Answer:
        """Answer a request; before it and behind it others may have theirs, as on a wire."""
        if _length(request) > _LARGEST_ROW:
            warnings.warn(
                "aiohttp says so: a body of more than a MiB blocks the event loop", ResourceWarning, stacklevel=1
            )
        await asyncio.sleep(0)
        answer = self._answer(request)
        await asyncio.sleep(0)
        return answer

    def _answer(self, request: Any) -> Answer:
        if urlsplit(request.url).path.endswith("/$batch"):
            return self._transaction(request)
        try:
            return self._one(request)
        except RefusedError as refused:
            return _refusal(request, refused)

    def _one(self, request: Any) -> Answer:
        split = urlsplit(request.url)
        place = unquote(split.path.rpartition("/")[2])
        name, _, rest = place.partition("(")
        asked = dict(parse_qsl(split.query, keep_blank_values=True))
        if name == "Tables":
            return self._of_tables(request, rest.rstrip(")").strip("'"), asked)
        if request.method == "POST":
            return self._inserted(request, name)
        if rest == ")":
            return self._page(request, name, asked)
        return self._of_row(request, name, _address(rest), asked)

    def _of_tables(self, request: Any, name: str, asked: dict[str, str]) -> Answer:
        if request.method == "POST":
            self.store.create(_body(request)["TableName"])
            return Answer(request, 204, {})
        if request.method == "DELETE":
            self.store.delete(name)
            return Answer(request, 204, {})
        names = sorted(shown for shown, _ in self.store.tables.values())
        test = compiled(asked["$filter"])[0] if "$filter" in asked else None
        found = [{"TableName": each} for each in names if test is None or test({"TableName": each})]
        return Answer(request, 200, {}, {"value": found})

    def _inserted(self, request: Any, name: str) -> Answer:
        if len(_content(request)) > _LARGEST_BODY:
            raise RefusedError(413, "RequestBodyTooLarge")
        return Answer(request, 204, {"ETag": self.store.insert(name, _body(request))})

    def _page(self, request: Any, name: str, asked: dict[str, str]) -> Answer:
        found, behind = self.store.page(name, asked)
        names = ("x-ms-continuation-NextPartitionKey", "x-ms-continuation-NextRowKey")
        headers = {} if behind is None else dict(zip(names, map(_header, behind), strict=True))
        return Answer(request, 200, headers, {"value": found})

    def _of_row(self, request: Any, name: str, key: Key, asked: dict[str, str]) -> Answer:
        match request.method:
            case "GET":
                found = self.store.table(name).rows.get(key)
                if found is None:
                    raise RefusedError(404, "ResourceNotFound", "The specified resource does not exist.")
                row = _selected(found[0], asked["$select"].split(",")) if "$select" in asked else found[0]
                return Answer(request, 200, {"ETag": found[1]}, {"odata.etag": found[1], **row})
            case "PUT":
                if _length(request) > _LARGEST_ROW:
                    raise RefusedError(400, "EntityTooLarge")
                etag = self.store.replace(name, key, _body(request), request.headers.get("If-Match"))
                return Answer(request, 204, {"ETag": etag})
            case "DELETE":
                self.store.remove(name, key, request.headers["If-Match"])
                return Answer(request, 204, {})
        raise AssertionError(f"the service sends no {request.method} to tables")

    def _transaction(self, request: Any) -> Answer:
        """Do all that a transaction consists of, or nothing."""
        requests = _changes(request)
        done: list[Answer] = []
        undo: list[tuple[MemoryTable, Key, tuple[Properties, str] | None]] = []
        try:
            _check_together(requests)
            for each in requests:
                table, key = self.store.table(_name_of(each)), _key_of_request(each)
                undo.append((table, key, table.rows.get(key)))
                done.append(self._one(each))
        except RefusedError as refused:
            for table, key, before in undo:
                table.back(key, before)
            done = [_refusal(request, RefusedError(refused.status, refused.code, f"{len(done)}:{refused.words}"))]
        return Answer(request, 202, {}).of(done)


def _check_together(requests: Any) -> None:
    """Refuse a transaction of too many rows, of several partitions, or with a row twice."""
    keys = [_key_of_request(each) for each in requests]
    if len(keys) > _BATCH or sum(len(_content(each)) for each in requests) > _LARGEST_BODY:
        raise RefusedError(413, "RequestBodyTooLarge")
    if len({partition for partition, _ in keys}) > 1:
        raise RefusedError(400, "CommandsInBatchActOnDifferentPartitions")
    if len(set(keys)) < len(keys):
        raise RefusedError(400, "InvalidDuplicateRow")


def _key_of_request(request: Any) -> Key:
    if request.method == "POST":
        return _key_of(_body(request))
    return _address(unquote(urlsplit(request.url).path.rpartition("/")[2]).partition("(")[2])


def _name_of(request: Any) -> str:
    return unquote(urlsplit(request.url).path.rpartition("/")[2]).partition("(")[0]


def _address(text: str) -> Key:
    found = _ADDRESS.match(text)
    assert found is not None, text
    return found[1].replace("''", "'"), found[2].replace("''", "'")


def _content(request: Any) -> bytes:
    content = request.content or b""
    return content.encode() if isinstance(content, str) else bytes(content)


def _length(request: Any) -> int:
    """Return the length of a body; a transaction counts as on a wire, which `unserialized` leaves out."""
    if not request.multipart_mixed_info:
        return len(_content(request))
    return sum(len(_content(each)) + _PART for each in _changes(request))


def _changes(request: Any) -> Any:
    ((changes,), *_) = request.multipart_mixed_info
    return changes.multipart_mixed_info[0]


@contextmanager
def unserialized() -> Iterator[None]:
    """Leave out that transactions become text, which nobody reads here: email's writer takes most of their time."""
    written = HttpRequestBackcompatMixin._prepare_multipart_body
    setattr(HttpRequestBackcompatMixin, written.__name__, lambda _, content_index=0: content_index)
    try:
        yield
    finally:
        setattr(HttpRequestBackcompatMixin, written.__name__, written)


def _body(request: Any) -> Properties:
    found: Properties = json.loads(_content(request))
    return found


def _header(text: str) -> str:
    return b64encode(text.encode()).decode()


def _refusal(request: Any, refused: RefusedError) -> Answer:
    error = {"code": refused.code, "message": {"lang": "en-US", "value": refused.words}}
    return Answer(request, refused.status, {"x-ms-error-code": refused.code}, {"odata.error": error})
