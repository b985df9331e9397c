"""Scheduled restore points: made of every Cloud PC as often as its tenant's settings say, removed when they expire.

Each Cloud PC has a due row of its own, so that a sweep reads only those whose time has come. None of this has an
operation: nobody waits for one, and a fleet would fill the table with them.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING, Status
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.cloud_pcs.remote_action_run import begun
from shared.domain.machines.restore_points import is_time, next_moment, obsolete
from shared.domain.tenants.tenant import Tenant
from shared.services.remote import RemoteActionRequest, refusal, start_action
from shared.storage.due import ACT_EVERY, EVERYBODY, Due, DueKind, restore_point_due
from shared.workflow import DurableClient

_BUSY = timedelta(minutes=15)
"""When to look again at a Cloud PC on which another action runs."""

_BUILT = WORKING | {Status.RESTORING, Status.RESIZING}


async def restore_points_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Make a restore point that is due, or remove those that have expired; return when to look again."""
    found = await deps.tenants.find(due.tenant_id)
    if found is None:
        return None
    tenant, now = found.value, deps.clock.now()
    if due.subject_id == EVERYBODY:
        await _promise_all(deps, tenant, now)
        return None
    stored = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    if stored is None or stored.value.status not in _BUILT:  # the next build promises the next restore point
        return None
    pc = stored.value
    name = _what(tenant, pc, now)
    if name is not None:
        if refusal(pc, RemoteActionRequest(name)) is not None:
            return now + _BUSY
        await _begin(deps, client, pc, name, due)
    every = tenant.settings.restore_point_every
    return next_moment(pc.id, every, now) if every else None


def _what(tenant: Tenant, pc: CloudPc, now: datetime) -> Remote | None:
    every = tenant.settings.restore_point_every
    if every is not None and is_time(pc.current.restore_points, every, now):
        return Remote.CREATE_SNAPSHOT
    return Remote.DELETE_SNAPSHOTS if obsolete(pc.current.restore_points, now) else None


async def _begin(deps: Dependencies, client: DurableClient, pc: CloudPc, name: Remote, due: Due) -> None:
    now, seed = deps.clock.now(), (pc.tenant_id, pc.id, due.at.isoformat())
    action = RemoteAction(
        name=name,
        operation_id=naming.derived_id("automatic", *seed),
        begun_at=now,
        restore_point_id=naming.derived_id("restorePoint", *seed) if name is Remote.CREATE_SNAPSHOT else None,
        automatic=True,
    )
    await deps.due.put(DueKind.ACT, now + ACT_EVERY, pc.tenant_id, pc.id, pc.current.generation)

    def edit(there: CloudPc) -> CloudPc | None:
        if there.current.generation != pc.current.generation or refusal(there, RemoteActionRequest(name)) is not None:
            return None
        return begun(there, action)

    await start_action(client, await deps.cloud_pcs.change(pc.tenant_id, pc.id, edit))


async def _promise_all(deps: Dependencies, tenant: Tenant, now: datetime) -> None:
    """Promise the next restore point of every Cloud PC there is, as after a change of the tenant's setting."""
    every = tenant.settings.restore_point_every
    built = [stored.value async for stored in deps.cloud_pcs.each(tenant.id) if stored.value.status in _BUILT]
    await deps.due.put_all([restore_point_due(pc, every, now) for pc in built] if every else [])
