"""The entries in a Cloud PC's timeline of remote actions that keep its user out for a while."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from shared.contracts.remote_actions import RemoteEnd, RemoteStep
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Step, TimelineEntry
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.remote_action import Remote
from shared.storage.cloud_pcs import StepEnd

_IN_TIMELINE: Mapping[Remote, tuple[Step, str]] = MappingProxyType(
    {
        Remote.RESTORE: (Step.RESTORE, "stop"),
        Remote.RESIZE: (Step.RESIZE, "findRoom"),
        Remote.RESIZE_TEMPORARILY: (Step.RESIZE, "findRoom"),
    }
)
"""The actions that keep a user out for a while, and the step from which they do."""


async def open_entry(pc: CloudPc, record: RemoteStep, at: datetime) -> None:
    """Begin an entry of the timeline for the act that keeps the user out."""
    step, first = _IN_TIMELINE.get(record.name, (None, ""))
    if step is not None and record.step == first:
        entry = TimelineEntry(
            generation=pc.current.generation,
            attempt=pc.current.attempt,
            step=step,
            started_at=at,
            run=record.operation_id,
        )
        await dependencies().timeline.begin(pc.tenant_id, pc.id, entry)


async def close_entry(pc: CloudPc, record: RemoteEnd, at: datetime) -> None:
    """End the entry of the timeline, with the sizes that a resize has changed."""
    step, _ = _IN_TIMELINE.get(record.name, (None, ""))
    if step is None:
        return
    end = StepEnd(
        generation=pc.current.generation,
        attempt=pc.current.attempt,
        step=step,
        at=at,
        outcome="failed" if record.failure else "succeeded",
        error=record.failure,
        note=_sizes(pc) if step is Step.RESIZE else None,
        run=record.operation_id,
    )
    await dependencies().timeline.end(pc.tenant_id, pc.id, end)


def _sizes(pc: CloudPc) -> str | None:
    """Return the plans whose hardware a resize changes, None where they are not known."""
    own, size = pc.plan.display_name, pc.current.temporary_size
    if size is not None and pc.action is not None and pc.action.name is Remote.RESIZE_TEMPORARILY:
        begins, other = pc.action.temporary_size is not None, size.plan.display_name
        return f"{own} -> {other}" if begins else f"{other} -> {own}"
    return f"{own} -> {pc.swap.plan.display_name}" if pc.swap else None
