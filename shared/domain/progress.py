"""How far a Cloud PC is, and when it should be ready. Pure; feeds screens, never a decision."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.domain.cloud_pc import CloudPc
from shared.domain.connection import JoinType
from shared.domain.lifecycle import WORKING, Status
from shared.domain.steps import ORDER, TITLES, Step, percent, seconds_left
from shared.domain.values import Value

_DONE = 100


class Progress(Value):
    """Where a Cloud PC stands. *estimated_end_date_time* is None when nothing can be promised."""

    step: Step | None = None
    title: str
    percent_complete: int
    estimated_end_date_time: datetime | None = None
    attempt: int = 0
    reason: str | None = None


def progress(pc: CloudPc, now: datetime) -> Progress:
    """Return how far *pc* is *now*."""
    if pc.status in WORKING:
        return Progress(title="Ready", percent_complete=_DONE, attempt=pc.attempt)
    join = pc.snapshot.join_type if pc.snapshot else JoinType.AZURE_AD_JOIN
    if pc.status is not Status.PROVISIONING:
        reason = pc.reason or (pc.last_error.message if pc.last_error else None)
        at = percent(pc.step, join) if pc.status is Status.FAILED else 0
        return Progress(step=pc.step, title=_title(pc), percent_complete=at, attempt=pc.attempt, reason=reason)
    spent = max(0.0, (now - pc.step_started_at).total_seconds()) if pc.step_started_at else 0.0
    return Progress(
        step=pc.step,
        title=TITLES[pc.step] if pc.step else "Starting",
        percent_complete=_percent(pc.step, join, spent),
        estimated_end_date_time=now + timedelta(seconds=seconds_left(pc.step, join, spent)),
        attempt=pc.attempt,
    )


def _title(pc: CloudPc) -> str:
    titles = {
        Status.FAILED: "Failed",
        Status.PENDING_PROVISION: "Waiting",
        Status.RESTORING: "Restoring",
        Status.RESIZING: "Resizing",
    }
    return titles.get(pc.status, "Not provisioned")


def _percent(step: Step | None, join: JoinType, spent: float) -> int:
    """Return the percentage *spent* seconds into *step*: it moves on within a step, never into the next one."""
    begun = percent(step, join)
    if step not in ORDER:
        return begun
    at = ORDER.index(step)
    end = percent(ORDER[at + 1], join) if at + 1 < len(ORDER) else _DONE - 1
    left, usual = seconds_left(step, join, spent), seconds_left(step, join, 0)
    after = seconds_left(ORDER[at + 1], join, 0) if at + 1 < len(ORDER) else 0
    share = (usual - left) / (usual - after) if usual > after else 0.0
    return min(end, begun + int((end - begun) * share))
