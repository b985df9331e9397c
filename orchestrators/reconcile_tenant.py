"""Reconcile a tenant with its directory, licences and policies."""

from __future__ import annotations

from shared.contracts.desktops import START_DEPROVISIONING
from shared.contracts.outcomes import Refused
from shared.contracts.reconciling import (
    CLOSE_RECONCILE,
    PLAN_TENANT,
    RECONCILE,
    START_PROVISIONING,
    NewerRequest,
    Reconciled,
    ReconciledOrder,
    ReconcileOrder,
    StartOrder,
)
from shared.workflow import Blueprint, Context, Steps, call, call_all, continue_as_new, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(RECONCILE)
def reconcile_tenant(ctx: Context, order: ReconcileOrder) -> Steps[Reconciled]:
    """Reconcile a tenant with its directory, licences and policies.

    (1) Plan: who is licensed and in an assigned group, and has no Cloud PC yet; and who has lost the one they have.
    The plan is saved before anything starts: grace periods have begun with it. (2) Start every build at once, in groups
    that do not wait for each other. (3) Take out of use what was being built for somebody who has lost it. (4) Start
    again when something changed meanwhile.
    """
    plan = yield from call(ctx, PLAN_TENANT, order)  # (1)
    if isinstance(plan, Refused):
        return Reconciled(started=0, listed=0, removals_seen=0, refused=plan)
    orders = [StartOrder(tenant_id=order.tenant_id, cloud_pc_ids=group) for group in plan.groups]
    started = yield from call_all(ctx, START_PROVISIONING, orders)  # (2)
    lost = [StartOrder(tenant_id=order.tenant_id, cloud_pc_ids=group) for group in plan.removals]
    yield from call_all(ctx, START_DEPROVISIONING, lost)  # (3)
    if order.user_ids is None:
        asked = ReconciledOrder(tenant_id=order.tenant_id, requested_at=plan.requested_at)
        if isinstance((yield from call(ctx, CLOSE_RECONCILE, asked)), NewerRequest):  # (4)
            continue_as_new(order.but(round=order.round + 1))
    return Reconciled(started=sum(s.count for s in started), listed=plan.listed, removals_seen=plan.removals_seen)
