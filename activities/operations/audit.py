"""Records of a change for people: its audit event, its operation, and the cloud that it waits for.

Both are written after the record and from the record, under keys that follow from it: a repeated activity writes them
again, and they are there once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from shared.contracts.calls import RECORD_SILENCE, SilenceRecord, is_overtaken, moment
from shared.contracts.outcomes import Done
from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.build import Failure
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.destroying import HeldBack
from shared.domain.operations.operation import SYSTEM, AuditEvent, Operation, OperationStatus
from shared.domain.operations.usage import TOOK
from shared.domain.owner import OwnerKind
from shared.errors import NotFoundError
from shared.services.policies.reconciling import RECONCILE_OPERATION
from shared.telemetry import measure_provisioning
from shared.workflow import Blueprint, implements

_UNFINISHED = {Status.PENDING_PROVISION, Status.PROVISIONING}
_ENDED = {Status.PROVISIONED, Status.PROVISIONED_WITH_WARNINGS, Status.FAILED}


async def record_status_change(before: CloudPc, after: CloudPc) -> None:
    """Write the change of a Cloud PC's status to the audit log; measure a build that has ended."""
    took = await _build_took(before, after)
    event = status_event(before, after)
    if took is not None:
        event = event.but(after={**(event.after or {}), TOOK: int(took.total_seconds())})
    await dependencies().audit.append(event)
    if took is not None and after.current.snapshot is not None:
        measure_provisioning(
            took,
            tenant_id=after.tenant_id,
            policy_id=after.current.snapshot.policy_id,
            outcome=after.status.value,
            code=after.current.last_error.code if after.status is Status.FAILED and after.current.last_error else "",
        )


async def _build_took(before: CloudPc, after: CloudPc) -> timedelta | None:
    """Return how long the build took that has ended with the change, None where none has."""
    if before.status not in _UNFINISHED or after.status not in _ENDED:
        return None
    entries = await dependencies().timeline.entries(after.tenant_id, after.id)
    starts = [entry.started_at for entry in entries if entry.generation == after.current.generation]
    return after.last_modified_date_time - min(starts, default=after.last_modified_date_time)


def status_event(before: CloudPc | None, after: CloudPc) -> AuditEvent:
    """Return the event of a changed status; *before* is None for a new record."""
    run = [str(after.current.generation), str(after.current.attempt), after.status.value]
    if after.swap is not None:  # it may be resized more than once, and waits in between
        run.append(after.swap.operation_id)
    changed = before is not None and before.status is not after.status
    return AuditEvent(
        id=naming.derived_id("audit", after.tenant_id, after.id, *run),
        tenant_id=after.tenant_id,
        activity="Microsoft.CloudPC/cloudPCs/updateStatus",
        activity_date_time=after.last_modified_date_time,
        actor=SYSTEM,
        resource_type="cloudPC",
        resource_id=after.id,
        before={"status": before.status.value} if before and changed else None,
        after={"status": after.status.value, "generation": after.current.generation, "attempt": after.current.attempt},
        correlation_id=after.current.operation_id,
    )


async def record_audit_event(
    tenant_id: str, resource: tuple[str, str], verb: str, after: dict[str, Any], *, at: datetime, run: str
) -> None:
    """Write to the audit log that Deskwright did *verb* to *resource* (type, id); *run* tells repetitions apart.

    Its moment is that of the running order, so that an order that is delivered again adds no second event; *at*: of an
    act that nobody ordered.
    """
    event = AuditEvent.of_service(tenant_id, resource, verb, after, at=moment(at), run=run)
    await dependencies().audit.append(event)


async def update_operation(tenant_id: str, operation_id: str | None, edit: Callable[[Operation], Operation]) -> None:
    """Change the operation that a caller waits for, if there is one."""
    if operation_id is None:
        return
    with suppress(NotFoundError):
        await dependencies().operations.change(tenant_id, operation_id, edit)


async def begin_operation_step(
    tenant_id: str, operation_id: str | None, step: str, titles: Mapping[str, str], *, percent: int
) -> None:
    """Record that the operation that a caller waits for, if there is one, begins a step."""
    at = dependencies().clock.now()
    await update_operation(tenant_id, operation_id, lambda there: at_step(there, step, titles, percent=percent, at=at))


def at_step(operation: Operation, step: str, titles: Mapping[str, str], *, percent: int, at: datetime) -> Operation:
    """Return an operation at a step, unless a later one has begun since the order for this one was given."""
    if is_overtaken(operation.step_began_at, dependencies().clock.now()):
        return operation
    return operation.at_step(step, titles, percent=percent, at=at)


async def fail_operation(tenant_id: str, operation_id: str | None, failure: Failure, at: datetime) -> None:
    """End the operation that a caller waits for as failed, if there is one."""
    await update_operation(tenant_id, operation_id, lambda operation: operation.failed(failure, at))


async def succeed_operation(tenant_id: str, operation_id: str | None, result: dict[str, Any], at: datetime) -> None:
    """End the operation that a caller waits for as succeeded, if there is one."""
    await update_operation(tenant_id, operation_id, lambda operation: operation.succeeded(result, at))


bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(RECORD_SILENCE)
async def record_silence(record: SilenceRecord) -> Done:
    """Record that work waits for a cloud, why, since when and until when; or that the cloud answers again."""
    work, deps = record.work, dependencies()
    if work.owner.kind is OwnerKind.CLOUD_PC:
        with suppress(NotFoundError):
            await deps.machines.change(work.tenant_id, work.owner.id, lambda pc: _marked(pc, record))
    run = f"silence/{record.since.isoformat()}/{record.next_at is None}"
    said = {"act": work.doing, "why": record.why, "since": record.since.isoformat()}
    verb = "goOn" if record.next_at is None else "wait"
    await record_audit_event(
        work.tenant_id, (work.owner.kind.value, work.owner.id), verb, said, at=deps.clock.now(), run=run
    )
    return Done()


def _marked(pc: CloudPc, record: SilenceRecord) -> CloudPc:
    if record.next_at is None:
        return pc.but(held_back=None)
    waits = HeldBack(act=record.work.doing, why=record.why, since=record.since, next_at=record.next_at)
    return pc.but(held_back=waits)


async def update_covered(tenant_id: str, upto: datetime | None, edit: Callable[[Operation], Operation]) -> None:
    """Change every open reconcile operation that was requested at *upto* or before; *upto* None changes nothing."""
    if upto is None:
        return
    operations = dependencies().operations
    for status in (OperationStatus.NOT_STARTED, OperationStatus.RUNNING):
        waiting = operations.each(tenant_id, kind=RECONCILE_OPERATION, status=status.value)
        for each in [stored.value async for stored in waiting]:
            if each.created_date_time <= upto:
                await operations.change(tenant_id, each.id, edit)
