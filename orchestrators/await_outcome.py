"""Wait for the outcome of a poll."""

from __future__ import annotations

from datetime import timedelta

from shared.contracts.calls import AWAIT_OUTCOME, POLLS_PER_EXECUTION, WaitOrder
from shared.contracts.definitions import Json, Retry
from shared.contracts.outcomes import Pending
from shared.workflow import Blueprint, Context, Steps, call_raw, continue_as_new, orchestrates, pause

bp = Blueprint()

_SHORT = timedelta(minutes=2)
"""Usual longest time of the answer to a poll."""


@bp.orchestration_trigger(context_name="context")
@orchestrates(AWAIT_OUTCOME)
def await_outcome(ctx: Context, order: WaitOrder) -> Steps[Json]:
    """Poll until there is an outcome, or the time is up.

    (1) Sleep until the next poll, (2) poll, (3) return the outcome unless it is pending and there is time: while a
    cloud is silent the time stands still; (4) after ten polls go on with an empty history: its replay costs grow with
    the square of its length.
    """
    next_poll, until = order.next_poll, order.until
    for _ in range(POLLS_PER_EXECUTION):
        yield from pause(ctx, next_poll - ctx.current_utc_datetime)  # (1)
        asked = ctx.current_utc_datetime
        outcome = yield from call_raw(
            ctx, order.activity, order.payload, Retry(), order.waiting, order.confirmation
        )  # (2)
        now = ctx.current_utc_datetime
        if order.waiting is not None and now - asked > _SHORT:
            until += now - asked
        if outcome["kind"] != "pending" or now >= until:  # (3)
            return outcome
        pending = Pending.model_validate(outcome)
        interval = timedelta(seconds=pending.after) if pending.after else order.interval
        next_poll = min(now + interval, until)
    continue_as_new(order.but(next_poll=next_poll, until=until))  # (4)
