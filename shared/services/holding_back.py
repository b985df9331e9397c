"""Holding back what cannot be undone while whoever is asked about it does not answer: visibly, and asked again."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.asking import held_back
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.destroying import Act
from shared.domain.operations.operation import SYSTEM, AuditEvent

ASK_AGAIN = timedelta(minutes=10)
"""When what was not answered is asked again."""


async def hold_back(deps: Dependencies, pc: CloudPc, act: Act, why: str, *, again: timedelta = ASK_AGAIN) -> datetime:
    """Record that *act* on *pc* waits, and why; return when to ask again. The audit log has when it began to wait.

    Write the due row first: a record that waits for nothing waits for ever.
    """
    at = deps.clock.now()
    next_at = at + again

    def edit(there: CloudPc) -> CloudPc | None:
        if (there.current.generation, there.status) != (pc.current.generation, pc.status):
            return None
        return there.but(held_back=held_back(there.held_back, act.value, why, at=at, next_at=next_at))

    after = await deps.cloud_pcs.change(pc.tenant_id, pc.id, edit)
    if after.held_back is not None and after.held_back.since == at:
        await deps.audit.append(
            AuditEvent(
                id=naming.derived_id("audit", pc.tenant_id, pc.id, "holdBack", at.isoformat()),
                tenant_id=pc.tenant_id,
                activity="Microsoft.CloudPC/cloudPCs/holdBack",
                activity_date_time=at,
                actor=SYSTEM,
                resource_type="cloudPC",
                resource_id=pc.id,
                after={"act": act.value, "why": why},
            )
        )
    return next_at
