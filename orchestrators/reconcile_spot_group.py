"""Reconcile a Spot Group with its members, settings and schedule."""

from __future__ import annotations

from orchestrators.parts.work import Work, WorkFailedError
from shared.contracts.outcomes import Refused
from shared.contracts.reconciling import NewerRequest
from shared.contracts.spot_groups import (
    CLOSE_SPOT_RECONCILE,
    GRANT_POLL,
    GRANT_SPOT_MEMBERS,
    PLAN_SPOT_MEMBERS,
    PREPARE_SPOT_POOL,
    READ_SPOT_REQUEST,
    RECONCILE_SPOT_GROUP,
    REMOVE_SPOT_GROUP,
    REVOKE_SPOT_MEMBERS,
    SPOT_REMOVAL_POLL,
    MemberRightsOrder,
    SpotGroupOrder,
    SpotGroupReconciled,
    SpotPool,
    SpotReconciledOrder,
)
from shared.workflow import Blueprint, Context, Steps, call, continue_as_new, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(RECONCILE_SPOT_GROUP)
def reconcile_spot_group(ctx: Context, order: SpotGroupOrder) -> Steps[SpotGroupReconciled]:
    """Reconcile a Spot Group with its members, settings and schedule.

    (1) Note what was requested up to now. (2) Make sure that its host pool is as the settings say. (3) Plan who has a
    place, (4) take the rights of those who have lost theirs, (5) plan again where that made places free, and (6) give
    the members their rights. (7) Of a group that is deleted remove everything. (8) Start again when something was
    requested meanwhile.
    """
    work = Work(ctx)
    requested = yield from call(ctx, READ_SPOT_REQUEST, order)  # (1)
    if isinstance(requested, Refused):
        return SpotGroupReconciled(refused=requested)
    try:
        outcome = yield from keep_members(work, order)
    except WorkFailedError as failed:
        why = failed.failure
        refused = Refused(code=why.code, message=why.message, advice=why.advice, final=not why.retriable)
        outcome = SpotGroupReconciled(refused=refused)
    closing = SpotReconciledOrder(
        tenant_id=order.tenant_id,
        spot_group_id=order.spot_group_id,
        requested_at=requested.at,
        waiting=outcome.waiting,
        refused=outcome.refused,
    )
    if isinstance((yield from call(ctx, CLOSE_SPOT_RECONCILE, closing)), NewerRequest):  # (8)
        continue_as_new(order.but(round=order.round + 1))
    return outcome


def keep_members(work: Work, order: SpotGroupOrder) -> Steps[SpotGroupReconciled]:
    """Grant rights to members who have a place, and revoke them from all others. Raises: WorkFailedError."""
    pool = yield from work.do(PREPARE_SPOT_POOL, order)  # (2)
    plan = yield from work.do(PLAN_SPOT_MEMBERS, order)  # (3)
    revoked = sum(map(len, plan.revocations))
    yield from work.do_all(REVOKE_SPOT_MEMBERS, rights_orders(order, pool, plan.revocations))  # (4)
    if revoked:
        plan = yield from work.do(PLAN_SPOT_MEMBERS, order)  # (5)
    granting = rights_orders(order, pool, plan.grants)
    yield from work.wait_all(GRANT_SPOT_MEMBERS, granting, GRANT_POLL)  # (6)
    granted = sum(map(len, plan.grants))
    if pool.removing:
        yield from work.wait(REMOVE_SPOT_GROUP, order, SPOT_REMOVAL_POLL)  # (7)
    return SpotGroupReconciled(granted=granted, revoked=revoked, waiting=plan.waiting)


def rights_orders(
    order: SpotGroupOrder, pool: SpotPool, groups: tuple[tuple[str, ...], ...]
) -> list[MemberRightsOrder]:
    """Return an order for each group of members."""
    return [
        MemberRightsOrder(tenant_id=order.tenant_id, spot_group_id=order.spot_group_id, member_ids=ids, pool=pool)
        for ids in groups
    ]
