"""Remove everything that was made for a Cloud PC."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.contracts.desktops import FORGET_SESSION_HOST, REVOKE_SIGN_IN, ForgetSessionHostOrder
from shared.contracts.identities import FORGET_DEVICE, FORGET_MANAGED_DEVICE, ForgetDeviceOrder
from shared.contracts.machines import (
    BEGIN_VM_DELETE,
    DELETE_DISK,
    DELETE_NIC,
    DELETE_PATIENCE,
    LOOK_AT_OPERATION,
)
from shared.contracts.outcomes import Accepted, NoRoom, Pending, Refused
from shared.contracts.provisioning import CLEAN_UP, RECORD_CLEANED, CleanedUp, CleanUpOrder, LeftRecord
from shared.contracts.shape import Activity
from shared.workflow import Blueprint, CallFailedError, Context, Steps, call, orchestrates, wait_for

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(CLEAN_UP)
def clean_up_cloud_pc(ctx: Context, order: CleanUpOrder) -> Steps[CleanedUp]:
    """Remove everything that was made for a Cloud PC; what cannot be removed is listed, and does not stop the rest.

    (1) The session host leaves its pool before its machine goes, (2) the user's right to sign in,
    (3) the Intune object, (4) the Entra device, (5) the VM, (6) its network interface, which Azure holds for three
    minutes after the VM, (7) its disk. Network security groups stay: others may rely on them.
    """
    clean = _Cleaning(ctx, order)
    session_host = ForgetSessionHostOrder(machine=order.machine(), host_pool_id=order.host_pool_id)
    for name in order.computer_names:
        host = ForgetSessionHostOrder(machine=order.machine(name), host_pool_id=order.host_pool_id)
        yield from clean.do(FORGET_SESSION_HOST, host)  # (1)
    yield from clean.do(REVOKE_SIGN_IN, session_host)  # (2)
    for name in order.computer_names:
        device = ForgetDeviceOrder(tenant_id=order.tenant_id, cloud_pc_id=order.cloud_pc_id, computer_name=name)
        yield from clean.do(FORGET_MANAGED_DEVICE, device)  # (3)
        yield from clean.do(FORGET_DEVICE, device)  # (4)
    yield from clean.do(BEGIN_VM_DELETE, order.machine())  # (5)
    yield from clean.wait(DELETE_NIC, order.machine())  # (6)
    yield from clean.wait(DELETE_DISK, order.machine())  # (7)
    if order.standing_alone:
        record = LeftRecord(
            tenant_id=order.tenant_id,
            cloud_pc_id=order.cloud_pc_id,
            generation=order.generation,
            left=tuple(clean.left),
        )
        yield from call(ctx, RECORD_CLEANED, record)
    return CleanedUp(left=tuple(clean.left))


class _Cleaning:
    """Goes on whatever happens, and keeps what could not be removed."""

    def __init__(self, ctx: Context, order: CleanUpOrder) -> None:
        self.ctx, self.order, self.left = ctx, order, list[Refused]()

    def do(self, activity: Activity[Any, Any], order: Any) -> Steps[None]:  # noqa: ANN401 - any of the contracts above
        yield from self._keep(activity.name, lambda: self._done(activity, order))

    def wait(self, activity: Activity[Any, Any], order: Any) -> Steps[None]:  # noqa: ANN401 - any of the contracts above
        yield from self._keep(activity.name, lambda: wait_for(self.ctx, activity, order, DELETE_PATIENCE))

    def _done(self, activity: Activity[Any, Any], order: Any) -> Steps[Any]:  # noqa: ANN401 - as above
        outcome = yield from call(self.ctx, activity, order)
        if isinstance(outcome, Accepted):
            look = self.order.machine().look_at(outcome)
            outcome = yield from wait_for(self.ctx, LOOK_AT_OPERATION, look, DELETE_PATIENCE)
        return outcome

    def _keep(self, name: str, remove: Callable[[], Steps[Any]]) -> Steps[None]:
        try:
            outcome = yield from remove()
        except CallFailedError as error:
            self.left.append(Refused(code="serviceUnavailable", message=error.reason, evidence=name))
            return
        match outcome:
            case Refused():
                self.left.append(outcome)
            case NoRoom(code=code, message=message):
                self.left.append(Refused(code=code, message=message, evidence=name))
            case Pending(note=note):
                self.left.append(Refused(code="notRemovedInTime", message=note or name, evidence=name))
