"""Wait for the outcome of a poll."""

from __future__ import annotations

from datetime import timedelta

from shared.contracts.definitions import Json, Retry
from shared.contracts.outcomes import Pending
from shared.contracts.waiting import AWAIT_OUTCOME, POLLS_PER_EXECUTION, WaitOrder
from shared.workflow import Blueprint, Context, Steps, call_raw, continue_as_new, orchestrates, pause

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(AWAIT_OUTCOME)
def await_outcome(ctx: Context, order: WaitOrder) -> Steps[Json]:
    """Poll until there is an outcome, or the time is up.

    (1) Sleep until the next poll, (2) poll, (3) return the outcome unless it is pending and there is time;
    (4) after ten polls go on with an empty history: its replay costs grow with the square of its length.
    """
    next_poll = order.next_poll
    for _ in range(POLLS_PER_EXECUTION):
        yield from pause(ctx, next_poll - ctx.current_utc_datetime)  # (1)
        outcome = yield from call_raw(ctx, order.activity, order.payload, Retry())  # (2)
        now = ctx.current_utc_datetime
        if outcome["kind"] != "pending" or now >= order.until:  # (3)
            return outcome
        pending = Pending.model_validate(outcome)
        interval = timedelta(seconds=pending.after) if pending.after else order.interval
        next_poll = min(now + interval, order.until)
    continue_as_new(order.but(next_poll=next_poll))  # (4)
