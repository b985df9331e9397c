"""Take a Cloud PC out of use when its grace period has ended, or when nobody wants it any more before it works."""

from __future__ import annotations

from orchestrators.accounts import disable_accounts
from orchestrators.cleaning import Cleaning
from shared.contracts.cleaning import CleanUpOrder
from shared.contracts.deprovisioning import (
    BEGIN_DEPROVISIONING,
    BUILD_END_POLL,
    DEPROVISION,
    POLL_END_OF_BUILD,
    RECORD_DEPROVISIONED,
    SIGN_OFF,
    Built,
    Deprovisioned,
    DeprovisionedRecord,
    DeprovisionOrder,
)
from shared.contracts.desktops import REVOKE_SIGN_IN, ForgetSessionHostOrder
from shared.contracts.machines import BEGIN_DEALLOCATE
from shared.contracts.outcomes import Refused, Superseded
from shared.workflow import Blueprint, Context, Steps, call, orchestrates, wait_for

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(DEPROVISION)
def deprovision_cloud_pc(ctx: Context, order: DeprovisionOrder) -> Steps[Deprovisioned]:
    """Take a Cloud PC out of use.

    (1) Its grace period is over, or it was cancelled: from here on nothing brings it back. (2) A build that still
    runs comes to its end. (3) The user is signed off and cannot sign in again, and the machine stops. (4) Say so:
    what is left is cleaned up three hours later, or at once if the user is to have a new one.
    """
    if isinstance((yield from call(ctx, BEGIN_DEPROVISIONING, order)), Superseded):  # (1)
        return Deprovisioned(outcome="notNow")
    built = yield from wait_for(ctx, POLL_END_OF_BUILD, order, BUILD_END_POLL)  # (2)
    if not isinstance(built, Built):
        return Deprovisioned(outcome="notNow")
    left: tuple[Refused, ...] = ()
    for remains in built.remains:
        left += yield from close(ctx, remains)  # (3)
    record = DeprovisionedRecord(
        tenant_id=order.tenant_id, cloud_pc_id=order.cloud_pc_id, generation=order.generation, left=left
    )
    yield from call(ctx, RECORD_DEPROVISIONED, record)  # (4)
    return Deprovisioned(outcome="deprovisioned", left=left)


def close(ctx: Context, remains: CleanUpOrder) -> Steps[tuple[Refused, ...]]:
    """Sign the user off, take his right to sign in, stop the machine; return what could not be done.

    The computer account is disabled before the machine stops: afterwards nothing is there to do it from.
    """
    machine = remains.machine()
    closing = Cleaning(ctx, machine)
    host = ForgetSessionHostOrder(machine=machine, host_pool_id=remains.host_pool_id)
    yield from closing.do(SIGN_OFF, host)
    yield from closing.do(REVOKE_SIGN_IN, host)
    yield from disable_accounts(ctx, remains)
    yield from closing.do(BEGIN_DEALLOCATE, machine)
    return tuple(closing.left)
