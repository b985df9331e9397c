"""The timeline of every Cloud PC: one entry for each step of each attempt, even if a crash repeats the work."""

from __future__ import annotations

from datetime import datetime

from shared.domain.cloud_pcs.build import Failure, TimelineEntry
from shared.domain.cloud_pcs.steps import Step
from shared.domain.values import Value
from shared.errors import ConflictError, NotFoundError
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables


class _Row(Value):
    tenant_id: str
    cloud_pc_id: str
    entry: TimelineEntry


class StepEnd(Value):
    """End of a step of an attempt. *outcome*: ``succeeded``, ``failed``, ``parked`` or ``warned``."""

    generation: int
    attempt: int
    step: Step
    at: datetime
    outcome: str
    resource_ids: tuple[str, ...] = ()
    error: Failure | None = None
    note: str | None = None
    run: str | None = None


def _partition(tenant_id: str, cloud_pc_id: str) -> str:
    return f"{tenant_id}:{cloud_pc_id}"  # its own partition, so that reading one timeline reads nothing else


def _key(of: TimelineEntry | StepEnd) -> str:
    run = f"-{of.run}" if of.run else ""
    return f"{of.generation:06d}-{of.attempt:04d}-{list(Step).index(of.step):02d}-{of.step.value}{run}"


_SHAPE = Shape(
    table="timeline",
    model=_Row,
    place=lambda row: (_partition(row.tenant_id, row.cloud_pc_id), _key(row.entry)),
)


class Timeline:
    """The timelines."""

    def __init__(self, tables: Tables) -> None:
        self._rows = Repository(tables, _SHAPE)

    async def begin(self, tenant_id: str, cloud_pc_id: str, entry: TimelineEntry) -> None:
        """Open the entry of a step; an entry that has ended (the step is tried in another place) is reopened."""
        row = _Row(tenant_id=tenant_id, cloud_pc_id=cloud_pc_id, entry=entry)
        try:
            await self._rows.insert(row)
        except ConflictError:
            await self._rows.change(_partition(tenant_id, cloud_pc_id), _key(entry), _reopened)

    async def end(self, tenant_id: str, cloud_pc_id: str, end: StepEnd) -> None:
        """Close the entry of a step; an entry that was closed keeps its end time."""
        try:
            await self._rows.change(_partition(tenant_id, cloud_pc_id), _key(end), lambda row: _closed(row, end))
        except NotFoundError:
            opened = TimelineEntry(
                generation=end.generation, attempt=end.attempt, step=end.step, started_at=end.at, run=end.run
            )
            row = _Row(tenant_id=tenant_id, cloud_pc_id=cloud_pc_id, entry=opened)
            await self._rows.insert(_closed(row, end))

    async def entries(self, tenant_id: str, cloud_pc_id: str) -> list[TimelineEntry]:
        """Return all entries, oldest first."""
        entries = [stored.value.entry async for stored in self._rows.each(_partition(tenant_id, cloud_pc_id))]
        return sorted(entries, key=lambda entry: (entry.generation, entry.attempt, entry.started_at, _key(entry)))


def _reopened(row: _Row) -> _Row:
    return row.but(entry=row.entry.but(ended_at=None, outcome=None, error=None))


def _closed(row: _Row, end: StepEnd) -> _Row:
    entry = row.entry.but(
        ended_at=row.entry.ended_at or end.at,
        outcome=end.outcome,
        resource_ids=tuple(dict.fromkeys((*row.entry.resource_ids, *end.resource_ids))),
        error=end.error or row.entry.error,
        note=end.note or row.entry.note,
    )
    return row.but(entry=entry)
