"""The timeline of every Cloud PC: one entry for each step of each attempt, however often a crash repeats the work."""

from __future__ import annotations

from datetime import datetime

from shared.domain.cloud_pc import Failure, TimelineEntry
from shared.domain.steps import Step
from shared.domain.values import Value
from shared.errors import ConflictError, NotFoundError
from shared.storage.repository import Repository, Shape
from shared.storage.tables import Tables


class _Line(Value):
    tenant_id: str
    cloud_pc_id: str
    entry: TimelineEntry


class StepEnd(Value):
    """How a step of an attempt ended. *outcome*: ``succeeded``, ``failed``, ``parked`` or ``warned``."""

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
    model=_Line,
    place=lambda line: (_partition(line.tenant_id, line.cloud_pc_id), _key(line.entry)),
)


class Timeline:
    """The timelines."""

    def __init__(self, tables: Tables) -> None:
        self._rows = Repository(tables, _SHAPE)

    async def begin(self, tenant_id: str, cloud_pc_id: str, entry: TimelineEntry) -> None:
        """Open the entry of a step; one that ended (the step is tried at another place) is open again."""
        line = _Line(tenant_id=tenant_id, cloud_pc_id=cloud_pc_id, entry=entry)
        try:
            await self._rows.insert(line)
        except ConflictError:
            await self._rows.change(_partition(tenant_id, cloud_pc_id), _key(entry), _reopened)

    async def end(self, tenant_id: str, cloud_pc_id: str, end: StepEnd) -> None:
        """Close the entry of a step; one that was closed keeps its time."""
        try:
            await self._rows.change(_partition(tenant_id, cloud_pc_id), _key(end), lambda there: _closed(there, end))
        except NotFoundError:
            opened = TimelineEntry(
                generation=end.generation, attempt=end.attempt, step=end.step, started_at=end.at, run=end.run
            )
            line = _Line(tenant_id=tenant_id, cloud_pc_id=cloud_pc_id, entry=opened)
            await self._rows.insert(_closed(line, end))

    async def entries(self, tenant_id: str, cloud_pc_id: str) -> list[TimelineEntry]:
        """Return all entries, oldest first."""
        lines = [stored.value.entry async for stored in self._rows.each(_partition(tenant_id, cloud_pc_id))]
        return sorted(lines, key=lambda entry: (entry.generation, entry.attempt, entry.started_at, _key(entry)))


def _reopened(line: _Line) -> _Line:
    return line.but(entry=line.entry.but(ended_at=None, outcome=None, error=None))


def _closed(line: _Line, end: StepEnd) -> _Line:
    entry = line.entry.but(
        ended_at=line.entry.ended_at or end.at,
        outcome=end.outcome,
        resource_ids=tuple(dict.fromkeys((*line.entry.resource_ids, *end.resource_ids))),
        error=end.error or line.entry.error,
        note=end.note or line.entry.note,
    )
    return line.but(entry=entry)
