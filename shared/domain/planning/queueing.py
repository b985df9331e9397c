"""Builds that may start: first come, first served, within the licences there are and where nothing is paused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from shared.domain.cloud_pcs.cloud_pc import WAITING_TO_START, CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.values import Value

_ACTIVE = frozenset(
    {
        Status.PROVISIONING,
        Status.PROVISIONED,
        Status.PROVISIONED_WITH_WARNINGS,
        Status.IN_GRACE_PERIOD,
        Status.DEPROVISIONING,
        Status.RESTORING,
        Status.RESIZE_PENDING_LICENSE,
        Status.RESIZING,
    }
)


def free_licences(units: Mapping[str, int], cloud_pcs: Iterable[CloudPc]) -> dict[str, int]:
    """Return how many more Cloud PCs each plan (id) allows: *units* bought, less those that are active.

    A Cloud PC in its grace period counts, and so does one that is parked (docs/notes/windows365.md 2.2); one that is
    being resized counts for both of its plans.
    """
    active = Counter(
        plan_id
        for pc in cloud_pcs
        if pc.status in _ACTIVE or (pc.status is Status.PENDING_PROVISION and pc.current.attempt)
        for plan_id in (pc.claims if pc.status is Status.RESIZING else {pc.plan.id})
    )
    return {plan_id: max(0, bought - active[plan_id]) for plan_id, bought in units.items()}


def waits(pc: CloudPc) -> bool:
    """Whether *pc* was planned and not begun: it is in the queue."""
    return pc.status is Status.PENDING_PROVISION and pc.current.attempt == 0


class Queue(Value):
    """New records to write; older ones whose reason has changed; the ids that may start."""

    new: tuple[CloudPc, ...]
    changed: tuple[CloudPc, ...]
    start: tuple[str, ...]


def queue_up(
    queue: tuple[Sequence[CloudPc], Sequence[CloudPc], Sequence[CloudPc]],
    free: Mapping[str, int],
    pause_reason: Callable[[CloudPc], str | None],
    renewed: Container[str] = (),
) -> Queue:
    """Return the Cloud PCs of the *queue* that may start, and the reasons for which the others wait.

    *queue*: the new Cloud PCs; those that were planned before; and those that were planned before and are not part of
    this plan, which keep their places in the queue. *renewed*: ids of the second that differ from their records.
    *free*: the number of further Cloud PCs that the licences of a plan (id) allow. *pause_reason*: returns the reason
    for which a Cloud PC may not be built now.
    """
    new, planned, others = queue
    left, position = dict(free), dict.fromkeys(free, 0)
    reasons: dict[str, str] = {}
    for pc in sorted((*planned, *new, *others), key=_position):
        if why := pause_reason(pc):
            reasons[pc.id] = why
        elif left.get(pc.plan.id, 1) <= 0:
            position[pc.plan.id] += 1
            place = position[pc.plan.id]
            reasons[pc.id] = f"no licence of {pc.plan.display_name} is free; position {place} in the queue"
        elif pc.plan.id in left:
            left[pc.plan.id] -= 1
    texts = {pc.id: reasons.get(pc.id, WAITING_TO_START) for pc in (*new, *planned)}
    return Queue(
        new=tuple(pc.with_current(reason=texts[pc.id]) for pc in new),
        changed=tuple(
            pc.with_current(reason=texts[pc.id])
            for pc in planned
            if pc.current.reason != texts[pc.id] or pc.id in renewed
        ),
        start=tuple(pc.id for pc in sorted((*planned, *new), key=_position) if pc.id not in reasons),
    )


def _position(pc: CloudPc) -> tuple[str, str]:
    return pc.created_date_time.isoformat(), pc.id
