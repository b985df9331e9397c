"""Remove everything that was made for a Cloud PC."""

from __future__ import annotations

from orchestrators.parts.machines.cleaning import Cleaning
from orchestrators.parts.machines.computer_accounts import disable_accounts
from shared.contracts.builds import CLEAN_UP, RECORD_CLEANED, CleanedUp, CleanUpOrder, KeepOrder, LeftRecord
from shared.contracts.desktops import DELETE_SESSION_HOST, REVOKE_SIGN_IN, ForgetSessionHostOrder
from shared.contracts.joining import DELETE_DEVICE, DELETE_MANAGED_DEVICE, ForgetDeviceOrder
from shared.contracts.machines import BEGIN_VM_DELETE, DELETE_DISK, DELETE_NIC
from shared.contracts.remote_actions import DELETE_RESTORE_POINTS, RestorePointsOrder
from shared.domain.owner import Owner
from shared.workflow import Blueprint, Context, Steps, call, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(CLEAN_UP)
def clean_up_cloud_pc(ctx: Context, order: CleanUpOrder) -> Steps[CleanedUp]:
    """Remove everything that was made for a Cloud PC; list failed removals, and continue with the next.

    (0) Where its disk is kept it is copied; without a copy nothing is removed.
    (1) The session host leaves its pool before its machine goes, (2) the user's right to sign in, and
    the computer's account in a domain, which is disabled from the machine while there is one,
    (3) the Intune object, (4) the Entra device, (5) the VM, (6) its network interface, which Azure holds for three
    minutes after the VM, (7) its disk, (8) its restore points. Network security groups stay: others may rely on them.
    Each of these asks again where the answer that it may go is old by then; it stops where that is no answer.
    """
    clean = Cleaning(ctx, order.machine(), waits=not order.standing_alone, confirmation=order.confirmation)
    if order.keeping is not None:
        kept = KeepOrder(
            machine=order.machine(),
            disks=order.disks,
            joined_domain=order.domain_connection_id is not None,
            keeping=order.keeping,
        )
        yield from clean.keep(kept)  # (0)
    session_host = ForgetSessionHostOrder(machine=order.machine(), host_pool_id=order.host_pool_id)
    for name in order.computer_names:
        host = ForgetSessionHostOrder(machine=order.machine(name), host_pool_id=order.host_pool_id)
        yield from clean.do(DELETE_SESSION_HOST, host)  # (1)
    yield from clean.do(REVOKE_SIGN_IN, session_host)  # (2)
    if not clean.held:
        yield from disable_accounts(ctx, order)  # (2)
    owner = Owner.cloud_pc(order.cloud_pc_id)
    for name in order.computer_names:
        device = ForgetDeviceOrder(tenant_id=order.tenant_id, owner=owner, computer_name=name)
        yield from clean.do(DELETE_MANAGED_DEVICE, device)  # (3)
        yield from clean.do(DELETE_DEVICE, device)  # (4)
    yield from clean.do(BEGIN_VM_DELETE, order.machine())  # (5)
    yield from clean.wait(DELETE_NIC, order.machine())  # (6)
    yield from clean.wait(DELETE_DISK, order.machine())  # (7)
    if order.restore_points or order.disks:
        rest = RestorePointsOrder(machine=order.machine(), restore_point_ids=order.restore_points, disks=order.disks)
        yield from clean.wait(DELETE_RESTORE_POINTS, rest)  # (8)
    if order.standing_alone:
        record = LeftRecord(
            tenant_id=order.tenant_id,
            cloud_pc_id=order.cloud_pc_id,
            generation=order.generation,
            left=tuple(clean.left),
        )
        _ = yield from call(ctx, RECORD_CLEANED, record)  # superseded: the next build has cleaned up, or will
    return CleanedUp(left=tuple(clean.left))
