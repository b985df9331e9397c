"""Run the engine of a Spot Group: look at its hosts, plan their steps, and have them done."""

from __future__ import annotations

from shared.contracts.outcomes import Refused
from shared.contracts.reconciling import NewerRequest
from shared.contracts.spot_groups import (
    BALANCE_SPOT_POOL,
    CLOSE_SPOT_ENGINE,
    OBSERVE_SPOT_HOSTS,
    PLAN_SPOT_HOSTS,
    RUN_SPOT_ENGINE,
    STEPS_TOGETHER,
    TAKE_HOST_STEPS,
    BalancingOrder,
    EngineClosing,
    EngineOrder,
    EngineRun,
    HostPlanOrder,
    HostsPlanned,
    HostStepsOrder,
)
from shared.workflow import Blueprint, Context, Steps, call, call_all, continue_as_new, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(RUN_SPOT_ENGINE)
def run_spot_engine(ctx: Context, order: EngineOrder) -> Steps[EngineRun]:
    """Run the engine of a Spot Group once; the plan says when it runs again.

    (1) Look at the hosts and their sessions. (2) Plan, which saves what is decided and when to look again. (3) Write to
    the pool how sessions are distributed, where that changes, and (4) take the steps, in groups that do not wait for
    each other: what cannot be taken is planned anew later. Tasks of hosts are begun and not waited for. (5) Run again
    when something was requested meanwhile.
    """
    seen = yield from call(ctx, OBSERVE_SPOT_HOSTS, order)  # (1)
    if isinstance(seen, Refused):
        return EngineRun(refused=seen)
    group = {"tenant_id": order.tenant_id, "spot_group_id": order.spot_group_id}
    plan = yield from call(ctx, PLAN_SPOT_HOSTS, HostPlanOrder(**group, observed=seen))  # (2)
    if isinstance(plan, Refused):
        return EngineRun(refused=plan)
    refused = None
    if plan.balancing is not None:
        balanced = yield from call(ctx, BALANCE_SPOT_POOL, BalancingOrder(**group, balancing=plan.balancing))  # (3)
        refused = balanced if isinstance(balanced, Refused) else None
    counted = yield from call_all(ctx, TAKE_HOST_STEPS, step_orders(order, plan))  # (4)
    closing = EngineClosing(**group, requested_at=seen.requested_at)
    if isinstance((yield from call(ctx, CLOSE_SPOT_ENGINE, closing)), NewerRequest):  # (5)
        continue_as_new(order.but(round=order.round + 1))
    taken = [each for each in counted if not isinstance(each, Refused)]
    return EngineRun(taken=sum(each.taken for each in taken), left=sum(each.left for each in taken), refused=refused)


def step_orders(order: EngineOrder, plan: HostsPlanned) -> list[HostStepsOrder]:
    """Return an order for each group of steps; they stay in the order of the plan."""
    return [
        HostStepsOrder(
            tenant_id=order.tenant_id, spot_group_id=order.spot_group_id, steps=plan.steps[at : at + STEPS_TOGETHER]
        )
        for at in range(0, len(plan.steps), STEPS_TOGETHER)
    ]
