"""What a change leaves behind for people: the audit event of it, and the operation somebody waits for.

Both are written after the record and say what the record says, under keys that follow from it: a repeated activity
writes them again, and they are there once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from shared.dependencies import dependencies
from shared.domain import naming
from shared.domain.cloud_pc import CloudPc
from shared.domain.lifecycle import Status
from shared.domain.operation import SYSTEM, AuditEvent, Operation
from shared.errors import NotFoundError
from shared.telemetry import measure_provisioning

_BUILDING = {Status.PENDING_PROVISION, Status.PROVISIONING}
_BUILT = {Status.PROVISIONED, Status.PROVISIONED_WITH_WARNINGS, Status.FAILED}


async def note_status(before: CloudPc, after: CloudPc) -> None:
    """Note in the audit log that a Cloud PC's status has changed; measure a build that has come to its end."""
    await dependencies().audit.append(status_event(before, after))
    if before.status in _BUILDING and after.status in _BUILT and after.snapshot is not None:
        entries = await dependencies().timeline.entries(after.tenant_id, after.id)
        begun = [entry.started_at for entry in entries if entry.generation == after.generation]
        measure_provisioning(
            after.last_modified_date_time - min(begun, default=after.last_modified_date_time),
            tenant_id=after.tenant_id,
            policy_id=after.snapshot.policy_id,
            outcome=after.status.value,
        )


def status_event(before: CloudPc | None, after: CloudPc) -> AuditEvent:
    """Return the event of a status that has changed; *before* None: there was no record."""
    run = [str(after.generation), str(after.attempt), after.status.value]
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
        after={"status": after.status.value, "generation": after.generation, "attempt": after.attempt},
        correlation_id=after.operation_id,
    )


async def note(
    tenant_id: str, resource: tuple[str, str], verb: str, after: dict[str, Any], *, at: datetime, run: str
) -> None:
    """Note that Deskwright did *verb* to *resource* (type, id); *run* tells one time from the next."""
    resource_type, resource_id = resource
    event = AuditEvent(
        id=naming.derived_id("audit", tenant_id, resource_id, verb, run),
        tenant_id=tenant_id,
        activity=f"Microsoft.CloudPC/{resource_type}s/{verb}",
        activity_date_time=at,
        actor=SYSTEM,
        resource_type=resource_type,
        resource_id=resource_id,
        after=after,
        correlation_id=run,
    )
    await dependencies().audit.append(event)


async def tell(tenant_id: str, operation_id: str | None, edit: Callable[[Operation], Operation]) -> None:
    """Change the operation that somebody waits for, if there is one."""
    if operation_id is None:
        return
    try:
        await dependencies().operations.change(tenant_id, operation_id, edit)
    except NotFoundError:
        return
