"""Versions of the subjects of pages: the ETags of rows that are replaced after each write to a subject.

Each record that is written is noted in memory, and a task of the process writes what was noted: at once, and then once
a second at most, all subjects of a tenant in one request. Nobody waits for it, and it holds no lock: the rows are
replaced blindly, and their ETags are the versions. A process that ends in between loses the notes of a second; pages
read everything again from time to time (docs/decisions/0160).
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence

from shared.domain.subjects import SINGLE, SUBJECT_OF, PageSubject, share_of
from shared.errors import DeskwrightError, NotFoundError
from shared.storage.codec import escaped
from shared.storage.tables import Table, Tables, Write

_log = logging.getLogger("deskwright.records")

AT_LEAST = 1.0
"""Seconds between two writes of a process."""
_SHARE = "~"
"""Prefix of the keys of shares: they sort behind the subjects. Keys of records never begin with it."""
_PART = escaped(":")
"""Separates, in the partition of a timeline, the tenant and the Cloud PC."""


class LatestWrites:
    """The versions of the subjects of every tenant."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "latestwrites")
        self._noted: dict[str, set[str]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    def note(self, table: str, partition: str, key: str) -> None:
        """Note a write to a record. Rows beside records, of lists and names, are ignored."""
        subject = SUBJECT_OF.get(table)
        if subject is None or key.startswith(_SHARE):
            return
        tenant, _, owner = partition.partition(_PART)
        if subject is PageSubject.TENANT:
            tenant = key
        self._noted[tenant].add(subject.value)
        if subject in SINGLE:
            self._noted[tenant].add(_SHARE + share_of(subject, owner or key))
        if self._task is None or self._task.done() or self._task.get_loop() is not asyncio.get_running_loop():
            self._task = asyncio.get_running_loop().create_task(self._write_until_quiet())

    async def flush(self) -> None:
        """Write the subjects that are noted now."""
        noted, self._noted = self._noted, defaultdict(set)
        for tenant, keys in noted.items():
            try:
                rows = ({"PartitionKey": tenant, "RowKey": key} for key in sorted(keys))
                await self._table.write_all([Write(dict(row), "*") for row in rows])
            except DeskwrightError as error:  # a page is stale for some minutes: nothing is lost
                _log.warning("what was written in %s could not be noted: %s", tenant, error)

    async def versions(self, tenant_id: str, single: Sequence[tuple[PageSubject, str]]) -> Mapping[str, str]:
        """Return the versions of all subjects that were written, and of single things by their ids.

        It costs one query, and one row for each single thing. The names are ``cloudPCs`` and ``cloudPCs/{id}``.
        """
        partition = escaped(tenant_id)
        reading = asyncio.gather(*(self._share(partition, subject, of) for subject, of in single))
        kinds, shares = await asyncio.gather(self._kinds(partition), reading)
        names = (f"{subject.value}/{of}" for subject, of in single)
        return kinds | {name: etag for name, etag in zip(names, shares, strict=True) if etag}

    async def _kinds(self, partition: str) -> dict[str, str]:
        where = "PartitionKey eq @tenant and RowKey lt @end"
        rows = self._table.query(where, {"tenant": partition, "end": _SHARE})
        return {str(read.row["RowKey"]): read.etag async for read in rows}

    async def _share(self, partition: str, subject: PageSubject, of: str) -> str:
        try:
            return (await self._table.read(partition, _SHARE + share_of(subject, escaped(of)))).etag
        except NotFoundError:
            return ""

    async def _write_until_quiet(self) -> None:
        while self._noted:
            await self.flush()
            await asyncio.sleep(AT_LEAST)
