"""The alternates of a policy: the connection of a build that has not begun when its own becomes unhealthy."""

from __future__ import annotations

from datetime import datetime

from activities.audit import record_audit_event
from shared.dependencies import dependencies
from shared.domain.cloud_pcs.build import Resources
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import Status
from shared.domain.networks.connection import Connection
from shared.errors import NotFoundError
from shared.storage.due import DueKind


async def moved_to_alternate(pc: CloudPc, at: datetime) -> bool:
    """Have a Cloud PC of which nothing is built yet built through the next connection of its policy that is healthy.

    It becomes a build of its own: this one is superseded, and the sweep has the next one started within a minute.
    False: something is built, or no alternate is healthy; then it waits for its connection.
    """
    if not _unbuilt(pc) or (alternate := await _alternate(pc)) is None:
        return False
    generation = pc.next_generation
    # Before the record: a build that was saved and never started would wait for ever.
    await dependencies().due.put(DueKind.START, at, pc.tenant_id, pc.id, generation)

    def move(there: CloudPc) -> CloudPc | None:
        snapshot = there.current.snapshot
        if there.current.generation != pc.current.generation or not _unbuilt(there) or snapshot is None:
            return None
        through = snapshot.but(
            connection_id=alternate.id, connection_name=alternate.display_name, join_type=alternate.join_type
        )
        reason = f"its connection {snapshot.connection_name} is unhealthy; built through {alternate.display_name}"
        moved = there.with_current(
            snapshot=through,
            generation=generation,
            attempt=0,
            reason=reason,
            parked_since=None,
            step=None,
            step_started_at=None,
            resources=Resources(),
        )
        return moved.but(last_modified_date_time=at)

    try:
        moved = await dependencies().cloud_pcs.change(pc.tenant_id, pc.id, move)
    except NotFoundError:
        return False
    if moved.current.generation != generation:
        return False
    after = {"onPremisesConnectionId": alternate.id, "generation": generation}
    run = f"alternate/{generation}"
    await record_audit_event(
        pc.tenant_id, ("cloudPC", pc.id), "useAlternate", after, at=moved.last_modified_date_time, run=run
    )
    return True


def _unbuilt(pc: CloudPc) -> bool:
    made = pc.current.resources
    unmade = not (made.vm_id or made.nic_id or made.entra_device_id)
    return pc.status is Status.PENDING_PROVISION and pc.current.attempt <= 1 and unmade


async def _alternate(pc: CloudPc) -> Connection | None:
    """Return the first healthy connection of the Cloud PC's policy, None when there is none or no such policy."""
    if pc.current.snapshot is None:
        return None
    policy = await dependencies().policies.find(pc.tenant_id, pc.current.snapshot.policy_id)
    for connection_id in policy.value.connection_ids if policy else ():
        found = await dependencies().connections.find(pc.tenant_id, connection_id)
        if found is not None and found.value.usable:
            return found.value
    return None
