"""Who may start to be built: first come, first served, within the licences there are and what nobody has paused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence

from shared.domain.cloud_pc import TURN, CloudPc
from shared.domain.lifecycle import Status
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
        if pc.status in _ACTIVE or (pc.status is Status.PENDING_PROVISION and pc.attempt)
        for plan_id in (pc.claims if pc.status is Status.RESIZING else {pc.plan.id})
    )
    return {plan_id: max(0, bought - active[plan_id]) for plan_id, bought in units.items()}


def waits(pc: CloudPc) -> bool:
    """Whether *pc* was planned and not begun: it stands in line."""
    return pc.status is Status.PENDING_PROVISION and pc.attempt == 0


class Queue(Value):
    """New records to write; older ones whose reason has changed; the ids that may start."""

    new: tuple[CloudPc, ...]
    changed: tuple[CloudPc, ...]
    start: tuple[str, ...]


def queue_up(
    line: tuple[Sequence[CloudPc], Sequence[CloudPc], Sequence[CloudPc]],
    free: Mapping[str, int],
    held: Callable[[CloudPc], str | None],
    renewed: Container[str] = (),
) -> Queue:
    """Return who of the *line* may start, and what the others wait for.

    *line*: who is new; who was planned before; who was, too, and is not looked at now: he keeps his place in the line.
    *renewed*: those of the second (ids) that are not as their records are.
    *free*: how many more Cloud PCs of a plan (id) its licences allow. *held*: why one may not be built now.
    """
    new, planned, others = line
    left, position = dict(free), dict.fromkeys(free, 0)
    reasons: dict[str, str] = {}
    for pc in sorted((*planned, *new, *others), key=_turn):
        if why := held(pc):
            reasons[pc.id] = why
        elif left.get(pc.plan.id, 1) <= 0:
            position[pc.plan.id] += 1
            place = position[pc.plan.id]
            reasons[pc.id] = f"no licence of {pc.plan.display_name} is free; position {place} in the queue"
        elif pc.plan.id in left:
            left[pc.plan.id] -= 1
    said = {pc.id: reasons.get(pc.id, TURN) for pc in (*new, *planned)}
    return Queue(
        new=tuple(pc.but(reason=said[pc.id]) for pc in new),
        changed=tuple(pc.but(reason=said[pc.id]) for pc in planned if pc.reason != said[pc.id] or pc.id in renewed),
        start=tuple(pc.id for pc in _in_turn((*planned, *new)) if pc.id not in reasons),
    )


def _in_turn(pcs: Iterable[CloudPc]) -> list[CloudPc]:
    return sorted(pcs, key=_turn)


def _turn(pc: CloudPc) -> tuple[str, str]:
    return pc.created_date_time.isoformat(), pc.id
