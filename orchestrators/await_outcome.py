"""Wait for something that an activity can look at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.contracts.definitions import Retry
from shared.contracts.waiting import AWAIT_OUTCOME, LOOKS_PER_EXECUTION, WaitOrder
from shared.workflow import Blueprint, Context, Steps, call_raw, continue_as_new, orchestrates, pause

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(AWAIT_OUTCOME)
def await_outcome(ctx: Context, order: WaitOrder) -> Steps[dict[str, Any]]:
    """Look until there is an outcome, or the time is up.

    (1) Sleep until the next look, (2) look, (3) answer what was seen unless it is pending and there is time;
    (4) after ten looks go on with an empty history: its replay costs grow with the square of its length.
    """
    next_look = order.next_look
    for _ in range(LOOKS_PER_EXECUTION):
        yield from pause(ctx, next_look - ctx.current_utc_datetime)  # (1)
        seen = yield from call_raw(ctx, order.activity, order.payload, Retry())  # (2)
        now = ctx.current_utc_datetime
        if seen["kind"] != "pending" or now >= order.until:  # (3)
            return seen
        every = timedelta(seconds=seen["after"]) if seen.get("after") else order.every
        next_look = min(now + every, order.until)
    answer: dict[str, Any] = continue_as_new(ctx, order.but(next_look=next_look))  # (4)
    return answer
