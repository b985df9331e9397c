"""Swapping the licences of a Cloud PC that is resized: it waits for the new one, and releases the old one. Pure.

Its id stays; which licences it claims changes. While they are swapped it claims both: losing one does not take it from
its user, and having both does not build a second one (docs/decisions/0029).
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import datetime, timedelta

from shared.domain.cloud_pcs.build import Warn
from shared.domain.cloud_pcs.cloud_pc import CloudPc, Swap
from shared.domain.cloud_pcs.lifecycle import Event, Status
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.machines.service_plan import ServicePlan

GROW = "resizeOsPartition"
"""The post-provisioning step that makes a larger disk Windows' own."""


def request(pc: CloudPc, plan: ServicePlan, operation_id: str, hours: int, at: datetime) -> CloudPc:
    """Return *pc* waiting for the licence of *plan*, which it claims from now on."""
    swap = Swap(plan=plan, until=at + timedelta(hours=hours), hours=hours, operation_id=operation_id)
    return pc.after(Event.RESIZE_ASKED, at=at, swap=swap)


def may_begin(pc: CloudPc, licenses: Container[str]) -> bool:
    """Whether a resize that waits may begin: its licence is one of *licenses*, and nothing else is at work."""
    waits = pc.status is Status.RESIZE_PENDING_LICENSE and pc.action is None
    return waits and pc.swap is not None and pc.swap.plan.id in licenses


def begin(pc: CloudPc, at: datetime) -> CloudPc:
    """Return *pc* with the work of its resize begun. Raises: ValueError if it does not wait for one."""
    if pc.swap is None:
        raise ValueError("there is no resize to begin")
    action = RemoteAction(name=Remote.RESIZE, operation_id=pc.swap.operation_id, begun_at=at)
    return pc.after(Event.RESIZE_BEGUN, at=at, action=action, removal=None)


def moved(pc: CloudPc, size: str, warnings: tuple[Warn, ...], at: datetime) -> CloudPc:
    """Return *pc*, whose action is over, with its target plan; its old licence may be taken away now."""
    if pc.swap is None:
        return stayed(pc, size, at)
    kept = tuple(warning for warning in pc.current.warnings if warning.step != GROW)
    after = pc.but(plan=pc.swap.plan, swap=_other(pc.swap, pc.plan, at))
    return _ended(after.with_current(warnings=(*kept, *warnings)), size, at)


def stayed(pc: CloudPc, size: str, at: datetime) -> CloudPc:
    """Return *pc*, whose action is over, with the plan it had; it claims the other licence for a while longer."""
    return _ended(pc.but(swap=_other(pc.swap, pc.swap.plan, at)) if pc.swap else pc, size, at)


def with_plan_of_today(pc: CloudPc, licensed: Iterable[ServicePlan]) -> CloudPc:
    """Return *pc*, which is about to be built anew, with the hardware that its licence stands for now.

    *licensed*: the service plans that its user has. Of its two plans in a swap it gets the one that is licensed.
    """
    held, swap = {plan.id: plan for plan in licensed}, pc.swap
    if swap is not None and pc.plan.id not in held and swap.plan.id in held:
        return pc.but(plan=held[swap.plan.id], swap=swap.but(plan=pc.plan))
    today = held.get(pc.plan.id, pc.plan)
    return pc if today == pc.plan else pc.but(plan=today)


def settled(pc: CloudPc, licenses: Container[str], at: datetime, *, stays: bool = True) -> CloudPc:
    """Return *pc* as it is once its user's licences are known: a swap that is over, or has taken too long, ends.

    *stays*: whether its user keeps it; the resize of one that they are about to lose does not begin, and is late, too.
    """
    swap = pc.swap
    if swap is None or pc.status is Status.RESIZING:
        return pc
    late, there = at >= swap.until, swap.plan.id in licenses
    if pc.status is Status.RESIZE_PENDING_LICENSE:
        return pc if not late or (there and stays) else _back(pc.but(swap=None), at)
    return pc if there and not late else pc.but(swap=None, last_modified_date_time=at)


def _other(swap: Swap, plan: ServicePlan, at: datetime) -> Swap:
    return swap.but(plan=plan, until=at + timedelta(hours=swap.hours))


def _ended(pc: CloudPc, size: str, at: datetime) -> CloudPc:
    return _back(_with_size(pc, size) if size else pc, at)


def _with_size(pc: CloudPc, size: str) -> CloudPc:
    return pc.with_current(resources=pc.current.resources.but(size=size))


def _back(pc: CloudPc, at: datetime) -> CloudPc:
    return pc.after(Event.RESIZE_ENDED_WITH_WARNINGS if pc.current.warnings else Event.RESIZE_ENDED, at=at)
