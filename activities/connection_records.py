"""The record of a connection's health: what the checks found, and when they are made again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from activities.trail import note, tell
from shared.contracts.connections import RECORD_CONNECTION, ConnectionRecord
from shared.contracts.outcomes import Done
from shared.domain.cloud_pc import Failure
from shared.domain.connection import Connection, HealthStatus
from shared.domain.operation import Operation
from shared.errors import NotFoundError
from shared.storage.due import DueKind
from shared.wiring import services
from shared.workflow import Blueprint, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(RECORD_CONNECTION)
async def record_connection(record: ConnectionRecord) -> Done:
    """Say that the checks run, or what they found.

    While they run, what they found before stands: a connection in use is not closed by a look at it.
    """
    at = services().clock.now()
    if record.status is HealthStatus.RUNNING:
        await _change(record, lambda connection: _running(connection, record))
        await tell(record.tenant_id, record.operation_id, lambda operation: operation.running(at))
        return Done()
    tenant = await services().tenants.find(record.tenant_id)
    if tenant is None:
        return Done()
    # Before the record: a connection that nobody looks at again would stay as it is for ever.
    again_at = at + tenant.value.settings.connection_recheck
    await services().due.put(DueKind.RECHECK, again_at, record.tenant_id, record.connection_id)
    checked = await _change(record, lambda connection: _checked(connection, record, at))
    await tell(record.tenant_id, record.operation_id, lambda operation: _ended(operation, record, at))
    if checked is not None and record.operation_id is not None:
        await note(
            record.tenant_id,
            ("onPremisesConnection", record.connection_id),
            "runHealthChecks",
            {"healthCheckStatus": record.status.value},
            at=checked.checked_date_time or at,
            run=record.operation_id,
        )
    return Done()


async def _change(record: ConnectionRecord, edit: Callable[[Connection], Connection | None]) -> Connection | None:
    try:
        return await services().connections.change(record.tenant_id, record.connection_id, edit)
    except NotFoundError:
        return None


def _running(connection: Connection, record: ConnectionRecord) -> Connection | None:
    return None if connection.usable else connection.but(health_check_status=record.status)


def _checked(connection: Connection, record: ConnectionRecord, at: datetime) -> Connection:
    return connection.but(health_check_status=record.status, health_checks=record.findings, checked_date_time=at)


def _ended(operation: Operation, record: ConnectionRecord, at: datetime) -> Operation:
    result = {"connectionId": record.connection_id, "healthCheckStatus": record.status.value}
    bad = next((finding for finding in record.findings if finding.status is HealthStatus.FAILED), None)
    if record.status is not HealthStatus.FAILED:
        return operation.succeeded(result, at)
    failure = Failure(
        code=(bad.error_type if bad else None) or "healthChecksFailed",
        message=f"{bad.display_name}: {bad.additional_detail or bad.error_type}" if bad else "no check was made",
        advice=bad.recommended_action if bad else None,
    )
    return operation.failed(failure, at)
