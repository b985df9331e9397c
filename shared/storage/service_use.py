"""The use of the service itself by hour and process, and the prices of its region: they belong to no tenant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import cached_property

from shared.domain.cost.prices import RegionPrices
from shared.domain.cost.service_use import ServiceUse, hour_key
from shared.domain.usage import Interval
from shared.metering import Totals
from shared.storage.purging import Chunk, purge
from shared.storage.repository import Repository, Shape, Stored
from shared.storage.tables import Table, Tables

SERVICE = "service"
"""The partition of all rows."""

_USE = Shape(table="serviceuse", noun="use of the service", model=ServiceUse, place=lambda use: (SERVICE, use.id))
_PRICES = Shape(
    table="serviceprices", noun="price of the service", model=RegionPrices, place=lambda prices: (SERVICE, prices.id)
)
_AT_ONCE = 1000


class ServiceUses(Repository[ServiceUse]):
    """The use by hour and process: each row is written by its process alone."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables, _USE)
        self._rows = Table(tables, _USE.table)

    async def within(self, first: datetime, last: datetime) -> list[ServiceUse]:
        """Return the rows of the hours from *first* to *last*."""
        keys = (hour_key(first), f"{hour_key(last)}~~")
        return [stored.value async for _, stored in self.between(SERVICE, keys, _AT_ONCE)]

    async def delete_before(self, before: datetime, chunk: Chunk) -> int:
        """Delete the rows of earlier hours; return their number."""
        return await purge(self._rows, "RowKey lt @end", {"end": hour_key(before)}, chunk)


class UseRecorder:
    """Records the totals of this process: the row of an hour has the counts since the last record before it."""

    def __init__(self, uses: ServiceUses, now: Callable[[], datetime], process: str) -> None:
        self._uses, self._now, self._process = uses, now, process
        self._hour: datetime | None = None
        self._base, self._last = Totals(), Totals()

    async def record(self, totals: Totals) -> None:
        """Write the row of this hour, with everything that it has so far: writing it twice changes nothing."""
        hour = Interval.HOUR.begin(self._now())
        if hour != self._hour:
            self._hour, self._base = hour, self._last
        base = self._base
        row = ServiceUse(
            hour=hour,
            process=self._process,
            executions=dict(Counter(totals.executions) - base.executions),
            active_seconds=round(totals.active_s - base.active_s, 3),
            table_requests=totals.table_requests - base.table_requests,
        )
        await self._uses.save_all([Stored(row, "*")])
        self._last = totals


class ServiceUseRecords:
    """The use of the service itself, and the prices of it."""

    tables: Tables

    @cached_property
    def service_uses(self) -> ServiceUses:
        """The use by hour and process."""
        return ServiceUses(self.tables)

    @cached_property
    def service_prices(self) -> Repository[RegionPrices]:
        """The prices of the service's region."""
        return Repository(self.tables, _PRICES)
