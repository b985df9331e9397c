"""Holding back acts that cannot be undone while a question about them has no answer: visibly, and asked again."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.dependencies import Dependencies
from shared.domain.asking import HeldBack, held_back
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.destroying import Act
from shared.domain.operations.operation import AuditEvent
from shared.domain.spot.host import SessionHost

ASK_AGAIN = timedelta(minutes=10)
"""Time until an unanswered question is asked again."""


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
    await _note(deps, pc.tenant_id, ("cloudPC", pc.id), after.held_back, at)
    return next_at


async def hold_back_host(deps: Dependencies, host: SessionHost, act: Act, why: str) -> None:
    """Record that *act* on a host that is kept waits, and why: it is kept until it is asked about again."""
    at = deps.clock.now()
    next_at = at + ASK_AGAIN

    def edit(there: SessionHost) -> SessionHost | None:
        if there.kept_until is None or there.work is not None:
            return None
        return there.but(
            kept_until=next_at, held_back=held_back(there.held_back, act.value, why, at=at, next_at=next_at)
        )

    await note_host(deps, await deps.session_hosts.change(host.tenant_id, host.id, edit), at)


async def note_host(deps: Dependencies, host: SessionHost, at: datetime) -> None:
    """Write to the audit log that something about a host begins to wait now."""
    await _note(deps, host.tenant_id, ("sessionHost", host.id), host.held_back, at)


async def _note(
    deps: Dependencies, tenant_id: str, resource: tuple[str, str], waits: HeldBack | None, at: datetime
) -> None:
    """Write to the audit log that something begins to wait now."""
    if waits is None or waits.since != at:
        return
    after = {"act": waits.act, "why": waits.why}
    await deps.audit.append(AuditEvent.of_service(tenant_id, resource, "holdBack", after, at=at, run=at.isoformat()))
