"""Do something to the machine of a version that is customised: connect, disconnect, reboot, shut down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from orchestrators.parts.machines.computer_accounts import remove_carrier
from orchestrators.parts.work import Work, WorkFailedError
from shared.contracts.image_versions import (
    BEGIN_ADMINISTRATOR,
    CLOSE_WAY_IN,
    FORGET_SECRET,
    OPEN_WAY_IN,
    READ_ADMINISTRATOR,
    RECORD_VERSION_ACTION,
    RUN_VERSION_ACTION,
    WAY_IN_POLL,
    AdministratorOrder,
    SecretOrder,
    VersionActionEnded,
    VersionActionOrder,
    VersionActionRecord,
    WayIn,
    WayInOrder,
)
from shared.contracts.images import VALIDATION_POLL
from shared.contracts.joining import CONNECT
from shared.contracts.machines import AGENT_POLL, BEGIN_DEALLOCATE, DELETE_POLL, POLL_AGENT, VM_POLL
from shared.contracts.remote_actions import BEGIN_RESTART, BEGIN_START
from shared.domain.cloud_pcs.build import Failure
from shared.domain.spot.images.image_version import VersionActionName
from shared.workflow import Blueprint, Context, Steps, call, orchestrates

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(RUN_VERSION_ACTION)
def run_version_action(ctx: Context, order: VersionActionOrder) -> Steps[VersionActionEnded]:
    """Do an action: (1) its steps, (2) where one failed leave no way in, (3) record how it ended.

    Started again after it broke off, it does its steps once more; each finds what is done already.
    """
    work = Work(ctx)
    way_in, failure = None, None
    try:
        way_in = yield from _PROCEDURES[order.name](work, order)  # (1)
    except WorkFailedError as failed:
        failure = failed.failure
        left = yield from work.try_all([close_way_in(work, order), *_forgetting(work, order)])  # (2)
        if left:
            failure = failure.but(evidence="; ".join(each.failure.message for each in left))
    yield from record(ctx, order, way_in, failure)  # (3)
    return VersionActionEnded(outcome="failed" if failure else "succeeded")


def connect(work: Work, order: VersionActionOrder) -> Steps[WayIn | None]:
    """Start the machine, set the administrator's chosen password, delete the stored copies, and open the way in."""
    machine = order.machine
    yield from work.finish(machine, (yield from work.do(BEGIN_START, machine)), VM_POLL)
    yield from work.wait(POLL_AGENT, machine, AGENT_POLL)
    administrator = AdministratorOrder(machine=machine, secret_url=str(order.secret_url))
    operation = yield from work.do(BEGIN_ADMINISTRATOR, administrator)
    yield from work.finish(machine, operation, VALIDATION_POLL)
    yield from work.wait(READ_ADMINISTRATOR, administrator, VALIDATION_POLL)
    for forgetting in _forgetting(work, order):
        yield from forgetting
    yield from remove_carrier(work.ctx, machine, CONNECT)  # where it stays, it goes with the machine
    return (yield from work.wait(OPEN_WAY_IN, WayInOrder(machine=machine, address=str(order.address)), WAY_IN_POLL))


def _forgetting(work: Work, order: VersionActionOrder) -> list[Steps[object]]:
    if order.secret_url is None:
        return []
    return [work.do(FORGET_SECRET, SecretOrder(tenant_id=order.tenant_id, secret_url=order.secret_url))]


def close_way_in(work: Work, order: VersionActionOrder) -> Steps[WayIn | None]:
    """Take away the rule, and the public address if there is one."""
    yield from work.wait(CLOSE_WAY_IN, order.machine, WAY_IN_POLL)
    return None


def reboot(work: Work, order: VersionActionOrder) -> Steps[WayIn | None]:
    """Restart the machine, and wait until it answers."""
    yield from work.finish(order.machine, (yield from work.do(BEGIN_RESTART, order.machine)), VM_POLL)
    yield from work.wait(POLL_AGENT, order.machine, AGENT_POLL)
    return None


def shut_down(work: Work, order: VersionActionOrder) -> Steps[WayIn | None]:
    """Close the way in and release the machine; its disk stays."""
    yield from close_way_in(work, order)
    yield from work.finish(order.machine, (yield from work.do(BEGIN_DEALLOCATE, order.machine)), DELETE_POLL)
    return None


def record(ctx: Context, order: VersionActionOrder, way_in: WayIn | None, failure: Failure | None) -> Steps[None]:
    """Record the end of the action; then the next one may begin."""
    what = VersionActionRecord(
        tenant_id=order.tenant_id,
        version_id=order.version_id,
        operation_id=order.operation_id,
        name=order.name,
        way_in=way_in,
        failure=failure,
    )
    yield from call(ctx, RECORD_VERSION_ACTION, what)


_PROCEDURES: Mapping[VersionActionName, Callable[[Work, VersionActionOrder], Steps[WayIn | None]]] = MappingProxyType(
    {
        VersionActionName.CONNECT: connect,
        VersionActionName.DISCONNECT: close_way_in,
        VersionActionName.REBOOT: reboot,
        VersionActionName.SHUT_DOWN: shut_down,
    }
)
