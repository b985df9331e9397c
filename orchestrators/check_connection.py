"""Check a connection before a Cloud PC depends on it."""

from __future__ import annotations

from shared.contracts.connections import (
    CHECK_CONNECTION,
    CHECK_PATIENCE,
    CHECKS,
    RECORD_CONNECTION,
    RUN_CHECK,
    CheckConnectionOrder,
    CheckOrder,
    ConnectionRecord,
)
from shared.contracts.machines import PREPARE_HOSTED_NETWORK, NetworkReady
from shared.contracts.outcomes import NoRoom, Pending, Refused
from shared.domain.connection import HealthCheck, HealthStatus, overall
from shared.workflow import Blueprint, CallFailedError, Context, Steps, call, call_all, orchestrates, wait_for

bp = Blueprint()


@bp.orchestration_trigger(context_name="context")
@orchestrates(CHECK_CONNECTION)
def check_connection(ctx: Context, order: CheckConnectionOrder) -> Steps[ConnectionRecord]:
    """Check a connection: (1) say so, (2) prepare its hosted network, (3) make all checks, (4) write down the findings.

    A check that cannot be made is a failed check: a connection that nobody could look at is not used.
    """
    record = ConnectionRecord(
        tenant_id=order.tenant_id,
        connection_id=order.connection_id,
        operation_id=order.operation_id,
        status=HealthStatus.RUNNING,
    )
    yield from call(ctx, RECORD_CONNECTION, record)  # (1)
    network = yield from prepare_network(ctx, order)  # (2)
    orders = [CheckOrder(tenant_id=order.tenant_id, connection_id=order.connection_id, check=check) for check in CHECKS]
    try:
        made = yield from call_all(ctx, RUN_CHECK, orders)  # (3)
        findings = (*network, *(c.finding for c in made if c.finding))
    except CallFailedError as error:
        findings = (*network, _finding("serviceHealth", "internalServerUnknownError", error.reason))
    record = record.but(status=overall(findings), findings=findings)
    yield from call(ctx, RECORD_CONNECTION, record)  # (4)
    return record


def prepare_network(ctx: Context, order: CheckConnectionOrder) -> Steps[tuple[HealthCheck, ...]]:
    """Prepare the hosted network and say how that went; nothing to say for a customer's own."""
    if order.hosted_network is None:
        return ()
    try:
        ready = yield from wait_for(ctx, PREPARE_HOSTED_NETWORK, order.hosted_network, CHECK_PATIENCE)
    except CallFailedError as error:
        return (_finding("hostedNetwork", "internalServerErrorAllocateResourceFailed", error.reason),)
    match ready:
        case NetworkReady():
            return (HealthCheck(display_name="hostedNetwork", status=HealthStatus.PASSED),)
        case Refused(message=detail) | NoRoom(message=detail):
            return (_finding("hostedNetwork", "internalServerErrorAllocateResourceFailed", detail),)
        case Pending(note=note):
            return (_finding("hostedNetwork", "internalServerErrorVMDeploymentTimeout", note),)
    return ()


def _finding(name: str, error_type: str, detail: str) -> HealthCheck:
    return HealthCheck(
        display_name=name,
        status=HealthStatus.FAILED,
        error_type=error_type,
        additional_detail=detail,
        recommended_action="See the detail; correct it in Azure and run the health checks again.",
    )
