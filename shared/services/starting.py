"""Builds of Cloud PCs: starting those that a record asks for, and starting broken-off ones again."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from shared.contracts.provisioning import (
    PROVISION,
    REPLACE,
    ProvisionOrder,
    order_for,
    provisioning_instance,
    replacement_order,
    replacing_instance,
)
from shared.contracts.step_waits import wait_of_build
from shared.dependencies import Dependencies
from shared.domain.cloud_pcs.build import Build
from shared.domain.cloud_pcs.cloud_pc import WAITING_TO_START, CloudPc
from shared.domain.planning.queueing import waits
from shared.services.directory_changes import report_changes
from shared.services.reconciling import SWEEP_AFTER, reconcile_users
from shared.services.stalling import AGAIN_AFTER, end_stalled
from shared.storage.due import WATCH_EVERY, Due, start_due, watch_due
from shared.workflow import DurableClient, start

_log = logging.getLogger("deskwright.sweeps")

_HELD = timedelta(minutes=10)
"""Time until the next look at a build that may not start: it is paused, or waits for a licence."""


async def start_build(
    deps: Dependencies, client: DurableClient, pc: CloudPc, order: ProvisionOrder, *, at: datetime
) -> None:
    """Start the build of *pc*, unless it runs; before that, promise that a sweep checks whether it broke off."""
    await deps.due.put_all([watch_due(pc, at)])
    await start(client, PROVISION, order, instance_id=provisioning_instance(pc))
    await deps.due.drop(start_due(pc))


async def build_due(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Have the user planned again: planning starts a saved build that was not begun.

    Users who wait for their turn are planned together: each plan reads everybody who waits.
    """
    found = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    if found is None or not waits(found.value) or found.value.current.generation != due.generation:
        return None
    now, user_ids = deps.clock.now(), (found.value.user.id,)
    if found.value.current.reason != WAITING_TO_START:
        await report_changes(deps, client, due.tenant_id, user_ids, now)
        return now + _HELD
    origin = f"start/{due.subject_id}/{due.generation}/{now.isoformat()}"
    await reconcile_users(deps, client, due.tenant_id, user_ids, origin=origin)
    return now + SWEEP_AFTER


async def resume_build(deps: Dependencies, client: DurableClient, due: Due) -> datetime | None:
    """Start a build again that broke off, or stands still; one that goes on is left alone.

    It repeats the attempt that broke off, and first cleans up what that one left.
    """
    found = await deps.cloud_pcs.find(due.tenant_id, due.subject_id)
    tenant = await deps.tenants.find(due.tenant_id)
    pc = found.value if found else None
    build = pc.build(due.generation) if pc else None
    if tenant is None or pc is None or build is None or not _is_being_built(pc, build):
        return None
    connection = await deps.connections.find(due.tenant_id, build.snapshot.connection_id) if build.snapshot else None
    site = await deps.sites.find(due.tenant_id, connection.value.site_id) if connection else None
    if connection is not None and site is not None:
        if (replacing := replacing_instance(pc)) is not None and build is pc.replacement:
            workflow, instance_id = REPLACE, replacing
            order = replacement_order(pc, tenant.value, site.value, connection.value)
        else:
            workflow, instance_id = PROVISION, provisioning_instance(pc)
            order = order_for(pc, build, tenant.value, site.value, connection.value)
        if order is not None:
            longest = wait_of_build(build.step, order)
            now = deps.clock.now()
            if pc.held_back is not None and now < pc.held_back.next_at + WATCH_EVERY:
                return now + WATCH_EVERY  # it waits for a cloud that does not answer, and says so every few minutes
            if await end_stalled(client, workflow, instance_id, deps.clock.now(), longest):
                return deps.clock.now() + AGAIN_AFTER
            order = order.but(attempt=max(1, build.attempt), parked_since=build.parked_since)
            if await start(client, workflow, order, instance_id=instance_id):
                _log.warning("the build of %s/%s had broken off; started again", due.tenant_id, pc.id)
    return deps.clock.now() + WATCH_EVERY


def _is_being_built(pc: CloudPc, build: Build) -> bool:
    """Whether a build has not come to its end; also that of a replacement which has no place to take any more."""
    return pc.goes_on(build) or (build is pc.replacement and build.unfinished)
