"""Decisions: rules that change with the business, made in activities so that an edit strands no running work."""

from __future__ import annotations

from activities.alternates import moved_to_alternate
from activities.audit import note_status, tell
from activities.building import change, present
from shared.contracts.attempts import BEGIN_ATTEMPT, AttemptOrder
from shared.contracts.outcomes import Done, NoCapacity, Superseded
from shared.dependencies import dependencies
from shared.domain.cloud_pc import CloudPc
from shared.domain.connection import Connection, HealthStatus
from shared.domain.lifecycle import Event, Status
from shared.workflow import Blueprint, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(BEGIN_ATTEMPT)
async def begin_attempt(order: AttemptOrder) -> Done | NoCapacity | Superseded:
    """Begin an attempt, if the record still wants it and its connection may be used."""
    found = await present(order)
    if found is None or not _wanted(found.value, order):
        return Superseded()
    connection = await dependencies().connections.find(order.tenant_id, order.connection_id)
    at = dependencies().clock.now()
    if connection is None or not connection.value.usable:
        if not found.beside and await moved_to_alternate(found.value, at):
            return Superseded()
        return _unusable(order, connection.value if connection else None)

    def edit(pc: CloudPc) -> CloudPc | None:
        if not _wanted(pc, order) or (pc.status is Status.PROVISIONING and pc.attempt == order.attempt):
            return None
        return pc.after(
            Event.STARTED,
            at=at,
            attempt=order.attempt,
            reason=None,
            step=None,
            step_started_at=None,
            resumed_at=order.resumes_at,
            clean_up_at=None,
        )

    begun = await change(order, edit, found)
    if begun is None or not _wanted(begun, order):
        return Superseded()
    if found.value.parked_since is None and not found.beside:  # looking for room again every ten minutes is no news
        await note_status(found.value, begun)
    await tell(order.tenant_id, begun.operation_id, lambda operation: operation.running(at))
    return Done()


def _wanted(pc: CloudPc, order: AttemptOrder) -> bool:
    building = pc.status in {Status.PENDING_PROVISION, Status.PROVISIONING}
    return building and pc.generation == order.generation and pc.attempt <= order.attempt


def _unusable(order: AttemptOrder, connection: Connection | None) -> NoCapacity:
    if connection is None:
        message = f"the connection {order.connection_id} is gone"
        return NoCapacity(code="connectionUnhealthy", message=message, elsewhere=False)
    failed = next((c for c in connection.health_checks if c.status is HealthStatus.FAILED), None)
    why = f": {failed.display_name}: {failed.additional_detail or failed.error_type}" if failed else ""
    message = f"the connection {connection.display_name} is {connection.health_check_status.value}{why}"
    return NoCapacity(code="connectionUnhealthy", message=message, elsewhere=False)
