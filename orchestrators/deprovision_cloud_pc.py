"""Take a Cloud PC out of use when its grace period has ended, or when nobody wants it any more before it works."""

from __future__ import annotations

from orchestrators.parts.cloud_pcs.warning import warn
from orchestrators.parts.machines.cleaning import close
from shared.contracts.desktops import (
    BEGIN_DEPROVISIONING,
    BUILD_END_POLL,
    DEPROVISION,
    POLL_END_OF_BUILD,
    RECORD_DEPROVISIONED,
    Built,
    Deprovisioned,
    DeprovisionedRecord,
    DeprovisionOrder,
)
from shared.contracts.outcomes import HELD_BACK, Refused, Superseded
from shared.workflow import Blueprint, Context, Steps, call, continue_as_new, orchestrates, wait_for

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(DEPROVISION)
def deprovision_cloud_pc(ctx: Context, order: DeprovisionOrder) -> Steps[Deprovisioned]:
    """Take a Cloud PC out of use.

    (1) Its grace period is over, or it was cancelled. (2) A build that still runs comes to its end; then the directory
    is asked once more, and who has come back keeps the Cloud PC. (3) The user is warned and signed off, from where on
    nothing brings it back, and cannot sign in again, and the machine stops; where the answer is old by then, begin
    again.
    (4) Record it: what is left is cleaned up three hours later, or at once if the user is to have a new one.
    """
    if isinstance((yield from call(ctx, BEGIN_DEPROVISIONING, order)), Superseded):  # (1)
        return Deprovisioned(outcome="notNow")
    built = yield from wait_for(ctx, POLL_END_OF_BUILD, order, BUILD_END_POLL)  # (2)
    if not isinstance(built, Built):
        return Deprovisioned(outcome="notNow")
    left: tuple[Refused, ...] = ()
    for warning in built.warnings:
        yield from warn(ctx, warning)  # (3)
    for remains in built.remains:
        left += yield from close(ctx, remains, built.confirmation)  # (3)
    if any(refused.code == HELD_BACK for refused in left):
        continue_as_new(order)
    record = DeprovisionedRecord(
        tenant_id=order.tenant_id, cloud_pc_id=order.cloud_pc_id, generation=order.generation, left=left
    )
    _ = yield from call(ctx, RECORD_DEPROVISIONED, record)  # (4); superseded: it is recorded already
    return Deprovisioned(outcome="deprovisioned", left=left)
