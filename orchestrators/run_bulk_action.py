"""Do one action to many Cloud PCs: first to one, then to some at a time, and no further when too many fail."""

from __future__ import annotations

from shared.contracts.remote_actions import (
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

    (1) Get the next wave: it is empty while the action is paused, and when it is over. (2) Begin with all of the wave
    at once. (3) Wait until each has ended, and count. (4) Continue with the next wave.
    """
    wave = yield from call(ctx, NEXT_WAVE, order)  # (1)
    if not wave.positions:
        return Worked(waves=order.wave)
    items = [
        ItemOrder(tenant_id=order.tenant_id, bulk_id=order.bulk_id, position=position) for position in wave.positions
    ]
    yield from call_all(ctx, ACT_ON_ITEM, items)  # (2)
    started = WaveOrder(tenant_id=order.tenant_id, bulk_id=order.bulk_id, positions=wave.positions)
    _ = yield from wait_for(ctx, POLL_WAVE, started, WAVE_POLL)  # (3); what is pending after a day delays no other
    continue_as_new(order.but(wave=order.wave + 1))  # (4)
