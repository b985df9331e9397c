"""Health reports and settings, the last run of each timer, stalled work, and a measurement of the storage."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from statistics import median
from timeit import default_timer

from shared.domain.health.report import HealthReport, HealthSettings
from shared.errors import ConflictError
from shared.storage.audit import EVERYWHERE
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Table, Tables

_REPORTS = Shape(
    table="healthreports",
    noun="health report",
    model=HealthReport,
    place=lambda report: (report.tenant_id, report.id),
)
_SETTINGS = Shape(
    table="healthsettings",
    noun="health settings",
    model=HealthSettings,
    place=lambda settings: (settings.tenant_id, settings.id),
)
_LOOKS = 5


def health_reports(tables: Tables) -> Repository[HealthReport]:
    """Return the repository of the latest health report of each tenant, and of the service."""
    return Repository(tables, _REPORTS)


class HealthSettingsRows(Repository[HealthSettings]):
    """The health settings of each tenant, and of the service; empty until they are first changed."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables, _SETTINGS)

    async def of(self, tenant_id: str) -> HealthSettings:
        """Return the settings of a tenant, or of the service."""
        found = await self.find(tenant_id, tenant_id)
        return found.value if found else HealthSettings(tenant_id=tenant_id)

    async def edit(self, tenant_id: str, edit: Callable[[HealthSettings], HealthSettings | None]) -> HealthSettings:
        """Read, edit, write, as ``Repository.change`` does; settings that were never changed are written first."""
        if await self.find(tenant_id, tenant_id) is None:
            with suppress(ConflictError):  # another worker was first
                await self.insert(HealthSettings(tenant_id=tenant_id))
        return await self.change(tenant_id, tenant_id, edit)


class TimerTicks:
    """The moment at which each timer last ended well: one row for each timer, written by the last run."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "timerticks")

    async def note(self, timer: str, at: datetime) -> None:
        """Record that a timer has ended well."""
        await self._table.put({"PartitionKey": EVERYWHERE, "RowKey": timer, "at": at.astimezone(UTC).isoformat()})

    async def all(self) -> dict[str, datetime]:
        """Return the last time of each timer."""
        where = "PartitionKey eq @partition"
        return {
            str(read.row["RowKey"]): datetime.fromisoformat(str(read.row["at"]))
            async for read in self._table.query(where, {"partition": EVERYWHERE})
        }

    async def look(self) -> tuple[float, datetime | None]:
        """Return the median latency of five reads in milliseconds, and the storage's own time if it told it."""
        took, dates = list[float](), list[str]()
        await self._table.page_dated({"partition": EVERYWHERE}, dates)  # the first may open a connection
        for _ in range(_LOOKS):
            began = default_timer()
            await self._table.page_dated({"partition": EVERYWHERE}, dates)
            took.append((default_timer() - began) * 1000)
        return median(took), parsedate_to_datetime(dates[-1]) if dates else None


class StalledWork:
    """The latest instance of each workflow that stood still: one row for each workflow."""

    def __init__(self, tables: Tables) -> None:
        self._table = Table(tables, "stalledwork")

    async def note(self, workflow: str, instance_id: str, at: datetime) -> None:
        """Record that an instance has stood still and was ended."""
        row = {"PartitionKey": EVERYWHERE, "RowKey": workflow, "at": at.astimezone(UTC).isoformat()}
        await self._table.put({**row, "instance": instance_id})

    async def all(self) -> dict[str, tuple[datetime, str]]:
        """Return the time and the instance of each workflow."""
        where = "PartitionKey eq @partition"
        return {
            str(read.row["RowKey"]): (datetime.fromisoformat(str(read.row["at"])), str(read.row["instance"]))
            async for read in self._table.query(where, {"partition": EVERYWHERE})
        }
