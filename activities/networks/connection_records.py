"""The record of a connection's health: the findings of its checks, and the time of the next ones."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from types import MappingProxyType
from typing import Any

from activities.operations.audit import begin_operation_step, record_audit_event, update_operation
from shared.contracts.calls import is_overtaken, moment
from shared.contracts.connections import RECORD_CONNECTION, ConnectionRecord
from shared.contracts.outcomes import Done
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.build import Failure
from shared.domain.networks.connection import USABLE, Connection, HealthCheck, HealthStatus, check_again_after, overall
from shared.domain.networks.health import LEFT, PROBE_CHECKS
from shared.domain.operations.operation import SYSTEM, AuditEvent, Operation, OperationStep
from shared.errors import NotFoundError
from shared.storage.due import DueKind
from shared.workflow import Blueprint, implements

bp = Blueprint()
_log = logging.getLogger("deskwright.connections")

_CHECK = MappingProxyType({"check": "Make the checks"})


@bp.activity_trigger(input_name="payload")
@implements(RECORD_CONNECTION)
async def record_connection(record: ConnectionRecord) -> Done:
    """Record that the checks run, or their findings.

    While they run, the findings before them stay: checking a connection in use does not make it unusable.
    """
    at = dependencies().clock.now()
    if record.status is HealthStatus.RUNNING:
        await _change(record, lambda connection: _running(connection, record, at))
        await begin_operation_step(record.tenant_id, record.operation_id, "check", _CHECK, percent=0)
        return Done()
    tenant = await dependencies().tenants.find(record.tenant_id)
    before = await dependencies().connections.find(record.tenant_id, record.connection_id)
    if tenant is None or before is None:
        return Done()
    # Before the record: a connection without its next check would stay as it is for ever.
    findings = with_last_probe(before.value, record)
    if _checked(before.value, record, at) is not None:
        again_at = at + check_again_after(overall(findings), tenant.value.settings.connection_recheck)
        await dependencies().due.put(DueKind.RECHECK, again_at, record.tenant_id, record.connection_id)
    checked = await _change(record, lambda connection: _checked(connection, record, at))
    await update_operation(
        record.tenant_id, record.operation_id, lambda operation: _ended(operation, record, findings, at)
    )
    if checked is not None:
        await _record_change(checked)
        if record.operation_id is not None:
            resource, after = ("onPremisesConnection", checked.id), {"healthCheckStatus": overall(findings).value}
            made_at = checked.checked_date_time or at
            await record_audit_event(
                record.tenant_id, resource, "runHealthChecks", after, at=made_at, run=record.operation_id
            )
    return Done()


def with_last_probe(connection: Connection, record: ConnectionRecord) -> tuple[HealthCheck, ...]:
    """Return the findings of *record* and the findings of the last probe that *record* does not replace."""
    if record.probed:
        return record.findings
    new = {finding.display_name for finding in record.findings}
    cleaned = {LEFT} if record.joined is not None else set()
    stands = PROBE_CHECKS - new - cleaned
    return (*record.findings, *(each for each in connection.health_checks if each.display_name in stands))


async def _change(record: ConnectionRecord, edit: Callable[[Connection], Connection | None]) -> Connection | None:
    try:
        return await dependencies().connections.change(record.tenant_id, record.connection_id, edit)
    except NotFoundError:
        return None


def _running(connection: Connection, record: ConnectionRecord, at: datetime) -> Connection | None:
    if is_overtaken(connection.checking_since, at) or is_overtaken(connection.checked_date_time, at):
        return None
    status = connection.health_check_status if connection.usable else record.status
    names = connection.probe_computer_names if record.joined is None else record.joined
    unsettled = connection.probe_accounts_unsettled if record.unsettled is None else record.unsettled
    return connection.but(
        health_check_status=status,
        checking_since=moment(at),  # delivered again, the order does not begin these checks anew
        probe_computer_names=names,
        probe_accounts_unsettled=unsettled,
    )


def _checked(connection: Connection, record: ConnectionRecord, at: datetime) -> Connection | None:
    if connection.checking_since is None and connection.checked_date_time is not None:
        return None  # recorded before, by the first run of this activity
    if is_overtaken(connection.checking_since, at):
        return None  # checks that were begun later run
    findings = with_last_probe(connection, record)
    status = overall(findings)
    changes: dict[str, Any] = {
        "health_check_status": status,
        "health_checks": findings,
        "closed_subscription_ids": record.closed or (),
        "checking_since": None,
        "check_began_date_time": connection.checking_since,
        "checked_date_time": at,
    }
    if connection.usable is not (status in USABLE) or connection.checked_date_time is None:
        changes |= {"health_changed_date_time": at, "health_before": connection.health_check_status}
    if record.joined is not None:
        changes["probe_computer_names"] = record.joined
    if record.unsettled is not None:
        changes["probe_accounts_unsettled"] = record.unsettled
    if record.subnets:
        changes |= {"subnets": record.subnets, "subnets_seen_at": at}
    return connection.but(**changes)


async def _record_change(connection: Connection) -> None:
    """Record that a connection has become healthy or unhealthy: builds that wait for it continue, or begin to wait."""
    at, before = connection.health_changed_date_time, connection.health_before
    if at is None or before is None or at != connection.checked_date_time:
        return
    status = connection.health_check_status.value
    level = logging.INFO if connection.usable else logging.WARNING
    _log.log(level, "connection %s/%s is %s", connection.tenant_id, connection.id, status)
    event = AuditEvent(
        id=naming.derived_id("audit", connection.tenant_id, connection.id, "health", at.isoformat()),
        tenant_id=connection.tenant_id,
        activity="Microsoft.CloudPC/onPremisesConnections/updateHealth",
        activity_date_time=at,
        actor=SYSTEM,
        resource_type="onPremisesConnection",
        resource_id=connection.id,
        before={"healthCheckStatus": before.value},
        after={"healthCheckStatus": status, "failed": _failed(connection.health_checks)},
    )
    await dependencies().audit.append(event)


def _failed(findings: tuple[HealthCheck, ...]) -> list[str]:
    return [f"{f.display_name}: {f.error_type}" for f in findings if f.status is HealthStatus.FAILED]


def _ended(
    operation: Operation, record: ConnectionRecord, findings: tuple[HealthCheck, ...], at: datetime
) -> Operation:
    """Return the operation with a step for each check, and its finding as outcome."""
    status = overall(findings)
    if operation.ended:
        return operation
    known = {step.name: step for step in operation.steps}
    checks = tuple(
        OperationStep(
            name=finding.display_name,
            title=f"Check {finding.display_name}",
            started_at=finding.start_date_time or (known["check"].started_at if "check" in known else at),
            ended_at=finding.end_date_time or at,
            outcome=finding.status.value,
            detail=finding.additional_detail or finding.error_type,
        )
        for finding in findings
    )
    operation = operation.but(steps=(*operation.steps, *checks))
    if status is not HealthStatus.FAILED:
        result = {
            "connectionId": record.connection_id,
            "healthCheckStatus": status.value,
            "checks": {finding.display_name: finding.status.value for finding in findings},
        }
        return operation.succeeded(result, at)
    bad = next((finding for finding in findings if finding.status is HealthStatus.FAILED), None)
    failure = Failure(
        code=(bad.error_type if bad else None) or "healthChecksFailed",
        message=f"{bad.display_name}: {bad.additional_detail or bad.error_type}" if bad else "no check was made",
        advice=bad.recommended_action if bad else None,
    )
    return operation.failed(failure, at)
