"""The grace period: a Cloud PC that has lost its licence or its policy stays usable for a while."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.domain.cloud_pcs.cloud_pc import CloudPc, Grace, RemovalCause
from shared.domain.cloud_pcs.lifecycle import Event

_USUAL_HOURS = 168


def grace_of(pc: CloudPc) -> timedelta:
    """Return how long a grace period of *pc* is, as the snapshot of its policy says."""
    snapshot = pc.current.snapshot
    return timedelta(hours=snapshot.configuration.grace_period_in_hours if snapshot else _USUAL_HOURS)


def begin_grace(pc: CloudPc, cause: RemovalCause, at: datetime) -> CloudPc:
    """Return *pc* with its grace period begun, as long as the snapshot of its policy says."""
    confirmed_by = pc.removal.confirmed_by if pc.removal else None
    grace = Grace(cause=cause, started_at=at, ends_at=at + grace_of(pc), confirmed_by=confirmed_by)
    return pc.after(Event.LOST, at=at, grace=grace, removal=None)


def reprieve(pc: CloudPc, at: datetime) -> CloudPc:
    """Return *pc* in its status before the grace period, or failed if it has lost its machine."""
    if pc.lost_in_grace:
        return without_machine(pc, at)
    event = Event.REPRIEVED_WITH_WARNINGS if pc.current.warnings else Event.REPRIEVED
    return pc.after(event, at=at, grace=None, removal=None)


def without_machine(pc: CloudPc, at: datetime) -> CloudPc:
    """Return *pc* failed, because its machine is gone: its ``last_error`` says how that was found.

    What else was made for it, restore points before all, stays as long as a grace period.
    """
    kept = pc.with_current(clean_up_at=at + grace_of(pc))
    return kept.after(Event.MACHINE_GONE, at=at, grace=None, removal=None, action=None)


def expire(pc: CloudPc, at: datetime) -> CloudPc:
    """Return *pc* with its grace period ended: it is removed, which cannot be undone."""
    return pc.with_current(reason="its grace period has ended", clean_up_at=None).after(Event.EXPIRED, at=at)
