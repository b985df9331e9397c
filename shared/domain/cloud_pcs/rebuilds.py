"""The ways to build a Cloud PC again, and when each is possible. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import TRANSITIONS, Event, Status


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A kind of rebuild: its name, its event in the life cycle, and the condition of the event, in words."""

    name: str
    event: Event
    wants: str

    def allows(self, status: Status) -> bool:
        """Whether the life cycle has this rebuild of a Cloud PC of *status*."""
        return (status, self.event) in TRANSITIONS


RETRY = Rebuild("retry", Event.RETRIED, "only a failed Cloud PC can be retried")
REPROVISION = Rebuild(
    "reprovision", Event.REPROVISIONED, "only a Cloud PC that is provisioned or failed can be reprovisioned"
)


def not_rebuildable(pc: CloudPc, kind: Rebuild) -> str | None:
    """Return why *pc* cannot be rebuilt by its record, None when it can."""
    if not kind.allows(pc.status):
        return f"{kind.wants}; this one is {pc.status.value}"
    if why := pc.occupied:
        return why
    current = pc.current
    being_cleaned = (
        pc.status is Status.FAILED and current.clean_up_at is None and current.resources.computer_name is not None
    )
    return f"its remains are being removed just now; {kind.name} it when that is done" if being_cleaned else None
