"""Waiting for a cloud that does not answer, shown to people: the record of its Cloud PC, and the audit log."""

from __future__ import annotations

from contextlib import suppress

from activities.audit import record_audit_event
from shared.contracts.outcomes import Done
from shared.contracts.silences import RECORD_SILENCE, SilenceRecord
from shared.dependencies import dependencies
from shared.domain.asking import HeldBack
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.owner import OwnerKind
from shared.errors import NotFoundError
from shared.workflow import Blueprint, implements

bp = Blueprint()


@bp.activity_trigger(input_name="payload")
@implements(RECORD_SILENCE)
async def record_silence(record: SilenceRecord) -> Done:
    """Record that work waits for a cloud, why, since when and until when; or that the cloud answers again."""
    work, deps = record.work, dependencies()
    if work.owner.kind is OwnerKind.CLOUD_PC:
        with suppress(NotFoundError):
            await deps.cloud_pcs.change(work.tenant_id, work.owner.id, lambda pc: _marked(pc, record))
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
