"""The rows that many tests begin with: written by the service once a session, and for each later test as they were.

Through the service an office costs some thirty requests, each with the work of an SDK's client; written again, it costs
two for each table.
"""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import ClientSession

from shared.storage.tables import Tables
from tests.identities import Identity
from tests.integration.memory_tables import Key, Properties, Store

_KEPT: dict[str, dict[tuple[str, str], list[str]]] = {}
"""Rows by the name that they were written under, as JSON, by their table without its prefix and by their partition."""

_IN_MEMORY: dict[str, dict[str, dict[Key, tuple[Properties, str]]]] = {}
"""The same for tables in memory: rows and their ETags by table."""

_NOT_KEPT = {"odata.etag", "odata.id", "odata.editLink", "odata.type", "odata.metadata", "Timestamp"}
_NO_CONTENT, _ACCEPTED = 204, 202
_BATCH = "batch_furniture"
_CHANGES = "changes_furniture"


async def names_of(tables: Tables) -> list[str]:
    """List the tables of a test with their prefix; the session's Azurite has those of all tests before it, too."""
    where = {
        "first": f"{tables.prefix}a",
        "end": f"{tables.prefix}{{",
    }  # a letter comes next: t1 is not the prefix of t10
    found = tables.service().query_tables("TableName ge @first and TableName lt @end", parameters=where)
    return [table.name async for table in found]


class MemoryFurniture:
    """The tables of one test, in memory."""

    def __init__(self, store: Store, prefix: str) -> None:
        self._store, self._prefix = store, prefix

    async def put(self, name: str, write: Callable[[], Awaitable[Any]]) -> None:
        """Write the rows of *name*: by *write* the first time, and later as they were then."""
        if name not in _IN_MEMORY:
            await write()
            tables = self._store.tables.values()
            _IN_MEMORY[name] = {shown.removeprefix(self._prefix): dict(table.rows) for shown, table in tables}
            return
        for table, rows in _IN_MEMORY[name].items():
            await self.make(table)
            self._store.table(self._prefix + table).rows.update(rows)

    async def make(self, *names: str) -> None:
        """Make tables, unless they are there."""
        for name in names:
            if (self._prefix + name).lower() not in self._store.tables:
                self._store.create(self._prefix + name)


class Furniture:
    """The tables of one test, in Azurite."""

    def __init__(self, url: str, session: ClientSession, tables: Tables) -> None:
        self._url, self._session, self._tables = url, session, tables
        self._token = ""

    async def put(self, name: str, write: Callable[[], Awaitable[Any]]) -> None:
        """Write the rows of *name*: by *write* the first time, and later as they were then."""
        if name not in _KEPT:
            await write()
            _KEPT[name] = await self._rows()
            return
        await self.make(*dict.fromkeys(table for table, _ in _KEPT[name]))
        for (table, _), rows in _KEPT[name].items():
            await self._write(table, rows)

    async def make(self, *names: str) -> None:
        """Make tables before they are found missing: that costs a test three requests for each, and an SDK's."""
        headers = await self._headers() | {"Prefer": "return-no-content"}
        for name in names:
            body = {"TableName": self._tables.prefix + name}
            async with self._session.post(f"{self._url}/Tables", json=body, headers=headers) as answer:
                assert answer.status == _NO_CONTENT, await answer.text()

    async def _rows(self) -> dict[tuple[str, str], list[str]]:
        found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        headers = await self._headers("full")
        for table in await names_of(self._tables):
            name = table.removeprefix(self._tables.prefix)
            async with self._session.get(f"{self._url}/{table}()", headers=headers) as answer:
                body = await answer.json()
                assert not any(key.startswith("x-ms-continuation") for key in answer.headers), "more than a page"
            for row in body["value"]:
                kept = {key: value for key, value in row.items() if key.partition("@")[0] not in _NOT_KEPT}
                found[name, row["PartitionKey"]].append(json.dumps(kept))
        return found

    async def _write(self, table: str, rows: list[str]) -> None:
        """Write the rows of one partition in one transaction."""
        address = f"{self._url}/{self._tables.prefix}{table}"
        insert = [
            f"--{_CHANGES}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
            f"POST {address} HTTP/1.1\r\nContent-Type: application/json\r\n"
            f"Accept: application/json;odata=minimalmetadata\r\nPrefer: return-no-content\r\n\r\n{row}\r\n"
            for row in rows
        ]
        start = f"--{_BATCH}\r\nContent-Type: multipart/mixed; boundary={_CHANGES}\r\n\r\n"
        body = f"{start}{''.join(insert)}--{_CHANGES}--\r\n--{_BATCH}--\r\n"
        headers = await self._headers() | {"Content-Type": f"multipart/mixed; boundary={_BATCH}"}
        async with self._session.post(f"{self._url}/$batch", data=body.encode(), headers=headers) as answer:
            said = await answer.text()
            assert answer.status == _ACCEPTED, said
            assert said.count("HTTP/1.1 204") == len(rows), said

    async def _headers(self, metadata: str = "no") -> dict[str, str]:
        if not self._token:  # a signature takes a millisecond
            self._token = (await Identity().get_token("https://storage.azure.com/.default")).token
        accept = f"application/json;odata={metadata}metadata"
        return {"Accept": accept, "x-ms-version": "2019-02-02", "Authorization": f"Bearer {self._token}"}
