"""Scheduled restore points: made as often as a user's settings say, else their tenant's; removed when they expire.

Each Cloud PC has a due row of its own, so that a sweep reads only those whose time has come. None of this has an
operation: nobody waits for one, and a fleet would fill the table with them.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from shared.contracts.tickets import on_behalf_of
from shared.dependencies import Dependencies
from shared.domain import naming
from shared.domain.cloud_pcs.cloud_pc import CloudPc
from shared.domain.cloud_pcs.lifecycle import WORKING, Status
from shared.domain.cloud_pcs.remote_action import Remote, RemoteAction
from shared.domain.cloud_pcs.remote_action_run import begun
from shared.domain.cloud_pcs.user_setting import own_frequencies
from shared.domain.machines.restore_points import is_time, next_moment, obsolete
from shared.domain.tenants.tenant import Tenant
from shared.errors import NotFoundError, RefusedError, UnavailableError
from shared.services.remote import RemoteActionRequest, refusal, start_action
from shared.services.user_settings import setting_among
from shared.storage.due import ACT_EVERY, EVERYBODY, Due, DueKind, restore_point_due
from shared.workflow import DurableClient

_log = logging.getLogger("deskwright.sweeps")
_LATER = timedelta(minutes=15)
"""Time until the next look at a Cloud PC on which another action runs, or whose user's groups cannot be read."""

_LOOK_AGAIN = timedelta(days=1)
"""Time until the next look at a Cloud PC without restore points, while settings of other users have an interval."""

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
    try:
        every, others = await _frequency(deps, tenant, pc)
    except (UnavailableError, RefusedError) as error:
        _log.warning("the groups of the user of %s/%s could not be read: %s", pc.tenant_id, pc.id, error)
        return now + _LATER
    name = _what(pc, every, now)
    if name is not None:
        if refusal(pc, RemoteActionRequest(name)) is not None:
            return now + _LATER
        await _begin(deps, client, pc, name, due)
    again = every or (_LOOK_AGAIN if others else None)
    return next_moment(pc.id, again, now) if again else None


async def _frequency(deps: Dependencies, tenant: Tenant, pc: CloudPc) -> tuple[timedelta | None, bool]:
    """Return how often one of *pc* is made (None: never), and whether settings of any users say how often.

    The directory is asked only where they do. Raises: as the directory.
    """
    usual = tenant.settings.restore_point_every
    settings = [stored.value async for stored in deps.user_settings.each(tenant.id)]
    if not own_frequencies(settings):
        return usual, False
    try:
        with on_behalf_of(tenant.id):
            setting = await setting_among(deps, tenant, pc.user.id, settings)
    except NotFoundError:  # nobody of this id is in the directory any more
        return usual, True
    return (setting.restore_point_setting.frequency_type.every if setting else None) or usual, True


def _what(pc: CloudPc, every: timedelta | None, now: datetime) -> Remote | None:
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


async def shortest_frequency(deps: Dependencies, tenant: Tenant) -> timedelta | None:
    """Return the shortest time between restore points of any user of a tenant; None: no user has them."""
    settings = [stored.value async for stored in deps.user_settings.each(tenant.id)]
    usual = tenant.settings.restore_point_every
    return min([*own_frequencies(settings), *([usual] if usual else [])], default=None)


async def _promise_all(deps: Dependencies, tenant: Tenant, now: datetime) -> None:
    """Promise the next restore point of every Cloud PC there is, as after a change of a setting."""
    every = await shortest_frequency(deps, tenant)
    built = [stored.value async for stored in deps.cloud_pcs.each(tenant.id) if stored.value.status in _BUILT]
    await deps.due.put_all([restore_point_due(pc, every, now) for pc in built] if every else [])
