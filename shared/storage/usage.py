"""The recorded usage, one row for each subject and day; and the latest overview of each tenant."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from shared.domain.operations.overview import TenantOverview
from shared.domain.usage import DaysByCloudPc, Point, Span, UsageDay, day_id
from shared.errors import ConflictError
from shared.storage.purging import Chunk, purge
from shared.storage.repository import Repository, Shape, Stored
from shared.storage.tables import Read, Tables, Write

_SHAPE = Shape(
    table="usage",
    noun="usage",
    model=UsageDay,
    place=lambda of_day: (of_day.tenant_id, of_day.id),
    columns={"subject": lambda of_day: of_day.subject, "day": lambda of_day: of_day.day.isoformat()},
)
_OVERVIEWS = Shape(
    table="overviews",
    noun="overview",
    model=TenantOverview,
    place=lambda overview: (overview.tenant_id, overview.id),
)
_AT_ONCE = 1000
_DAY = timedelta(days=1)
_KEYS = ("PartitionKey", "RowKey")


def overviews(tables: Tables) -> Repository[TenantOverview]:
    """Return the repository of the latest overview of each tenant."""
    return Repository(tables, _OVERVIEWS)


class UsageDays(Repository[UsageDay]):
    """The recorded usage of Spot Groups and tenants."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables, _SHAPE)

    async def add(self, tenant_id: str, subject: str, point: Point) -> None:
        """Record a point with one read and one write; an existing point is not changed."""
        day = point.at.date()
        stored = await self.find(tenant_id, day_id(subject, day))
        if stored is None:
            first = UsageDay(tenant_id=tenant_id, subject=subject, day=day).with_points(point)
            with suppress(ConflictError):
                await self.insert(first)
                return
        await self.change(tenant_id, day_id(subject, day), lambda there: there.with_points(point), known=stored)

    async def within(self, tenant_id: str, subject: str, span: Span) -> list[Point]:
        """Return the points of the days of a period, in order."""
        first, last = span.days
        keys = (day_id(subject, first - _DAY), day_id(subject, last + _DAY))
        found = self.between(tenant_id, keys, _AT_ONCE)
        return [point async for _, stored in found for point in stored.value.points()]

    async def by_cloud_pc(
        self, tenant_id: str, kind: DaysByCloudPc[Any], first: date, last: date
    ) -> list[Stored[UsageDay]]:
        """Return the rows of a kind from one day to another, in order."""
        return [stored async for _, stored in self.between(tenant_id, kind.keys(first, last), _AT_ONCE)]

    async def delete_of(self, tenant_id: str, subject: str | None = None) -> None:
        """Remove everything of a subject, or with None of a tenant."""
        where, parameters = self._where(tenant_id, {"subject": subject})
        await self._delete([each async for each in self._table.query(where, parameters, select=_KEYS)])

    async def delete_before(self, day: date, chunk: Chunk) -> int:
        """Remove the usage of all tenants of earlier days; return the number of rows."""
        where = "PartitionKey ge @first and day lt @day"
        return await purge(self._table, where, {"first": "", "day": day.isoformat()}, chunk)

    async def _delete(self, rows: list[Read]) -> int:
        by_tenant = sorted(rows, key=lambda each: str(each.row["PartitionKey"]))
        for _, group in groupby(by_tenant, key=lambda each: str(each.row["PartitionKey"])):
            await self._table.write_all([Write(each.row, each.etag, gone=True) for each in group])
        return len(rows)
