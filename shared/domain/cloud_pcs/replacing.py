"""Replacing the machine of a Cloud PC: another one is built and takes the place of the current one. Pure."""

from __future__ import annotations

from datetime import datetime

from shared.domain.cloud_pcs.build import Build, Failure, Resources, Warn
from shared.domain.cloud_pcs.cloud_pc import WAITING_TO_START, CloudPc
from shared.domain.cloud_pcs.lifecycle import REPLACEABLE, Event, Phase
from shared.domain.machines.service_plan import ServicePlan
from shared.domain.naming import other_slot
from shared.domain.policies.policy import Snapshot


def begin_replacement(
    pc: CloudPc,
    snapshot: Snapshot,
    group_id: str | None,
    operation_id: str,
    at: datetime,
    *,
    plan: ServicePlan | None = None,
) -> CloudPc:
    """Return *pc* with a replacement planned; its build first cleans up the remains of an earlier one.

    *plan*: the hardware it is built with; the current machine keeps its own, and the record's, until it is replaced.
    """
    earlier = pc.replacement or Build(resources=Resources(slot=other_slot(pc.current.slot)))
    planned = Build(
        generation=pc.next_generation,
        reason=WAITING_TO_START,
        snapshot=snapshot,
        subscription_id=pc.current.subscription_id or pc.current.resources.subscription_id,
        new_plan=None if plan == pc.plan else plan,
        group_id=group_id,
        resources=earlier.resources,
        operation_id=operation_id,
        restore_points=earlier.restore_points,
        disks=earlier.disks,
    )
    return pc.but(replacement=planned, highest_generation=planned.generation, last_modified_date_time=at)


def replaced(
    pc: CloudPc, resources: Resources, warnings: tuple[Warn, ...], *, at: datetime, clean_up_at: datetime
) -> CloudPc:
    """Return *pc* with its replacement as the current build; the one that was current is cleaned up at *clean_up_at*.

    The user has the new machine by now: so it is whatever has become of the Cloud PC meanwhile.
    """
    old, new = pc.current, pc.replacement
    if new is None or not new.unfinished:
        return pc
    current = Build(
        generation=new.generation,
        attempt=new.attempt,
        phase=Phase.BUILT,
        reason=old.reason,  # of a Cloud PC that is taken out of use meanwhile
        snapshot=new.snapshot,
        subscription_id=new.subscription_id,
        group_id=new.group_id,
        resources=new.resources.with_found(resources),
        warnings=warnings,
        operation_id=new.operation_id,
    )
    leaving = Build(
        generation=old.generation,
        attempt=old.attempt,
        phase=Phase.LEAVING,
        reason="another machine has taken its place",
        snapshot=old.snapshot,
        resources=old.resources.but(joined_at=None),
        clean_up_at=clean_up_at,
        restore_points=old.restore_points,
        disks=old.disks,
    )
    named = pc.named_for(new.snapshot) if new.snapshot else pc.display_name
    after = pc.but(
        plan=new.new_plan or pc.plan,
        current=current,
        replacement=leaving,
        display_name=named,
        provisioned_date_time=at,
        last_modified_date_time=at,
    )
    event = Event.REPLACED_WITH_WARNINGS if warnings else Event.REPLACED
    return after.after(event, at=at) if pc.status in REPLACEABLE else after


def abandoned(pc: CloudPc, failure: Failure, *, at: datetime, clean_up_at: datetime) -> CloudPc:
    """Return *pc* with its replacement given up: its resources are removed, the current machine stays."""
    if pc.replacement is None or not pc.replacement.unfinished:
        return pc
    given_up = pc.replacement.but(
        phase=Phase.FAILED, last_error=failure, reason=failure.message, clean_up_at=clean_up_at, parked_since=None
    )
    return pc.with_build(given_up).but(last_modified_date_time=at)
