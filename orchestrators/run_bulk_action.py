"""Do one action to many Cloud PCs: first to one, then to some at a time, and no further when too many fail."""

from __future__ import annotations

from shared.contracts.bulk import (
    ACT_ON_ITEM,
    BULK,
    NEXT_WAVE,
    POLL_WAVE,
    WAVE_POLL,
    BulkOrder,
    ItemOrder,
    WaveOrder,
    Worked,
)
from shared.workflow import Blueprint, Context, Steps, call, call_all, continue_as_new, orchestrates, wait_for

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(BULK)
def run_bulk_action(ctx: Context, order: BulkOrder) -> Steps[Worked]:
    """Do one action to many Cloud PCs. One execution of this is one wave.

    (1) Ask whose turn it is: nobody's while it is paused, and none is left when it is over. (2) Begin with all of
    them at once. (3) Wait until each has come to its end, and count. (4) Go on with the next wave.
    """
    wave = yield from call(ctx, NEXT_WAVE, order)  # (1)
    if not wave.positions:
        return Worked(waves=order.wave)
    of = {"tenant_id": order.tenant_id, "bulk_id": order.bulk_id}
    yield from call_all(ctx, ACT_ON_ITEM, [ItemOrder(**of, position=each) for each in wave.positions])  # (2)
    yield from wait_for(ctx, POLL_WAVE, WaveOrder(**of, positions=wave.positions), WAVE_POLL)  # (3)
    answer: Worked = continue_as_new(ctx, order.but(wave=order.wave + 1))  # (4)
    return answer
